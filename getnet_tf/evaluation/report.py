"""An evaluation as one HTML page that needs nothing else: scores, curves, and the pairs to look at."""

import base64
import html
import io
import string

import cv2
import matplotlib
import numpy as np

from getnet_tf.evaluation import plots
from getnet_tf.evaluation.scores import MEASURES, table
from getnet_tf.looks import looks

SHOWN = 8  # pairs of each kind
COARSE_PX = 100  # pictures below this side are shown with their pixels as squares
INK = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")  # of a figure

TERMS = {  # by the keys of `MEASURES`
    "pair_accuracy": "Of all pairs, the share that is judged right: same pairs called same, and different ones different. Guessing gives 50.",
    "best_pair_accuracy": "The same with the threshold that suits these very pairs best: more than can be had in advance.",
    "roc_auc": "How often a same pair is nearer than a different one, whatever the threshold: 1 is always, 0.5 is chance.",
    "eer": "Equal error rate: at the threshold where as many same pairs are missed as different ones are taken for same, their share.",
    "ap_at_10": "Of the 10 pictures nearest to a picture, the share of its own class, on average.",
    "ap_at_10_ceiling": "The most that AP@10 can be here: a class of 5 pictures has no 10.",
    "mean_iou": "How well boxes fit: the area that box and true box share, by the area that they cover together. 1 is exact.",
    "corloc": "The share of boxes with an IoU of at least 0.5.",
    "mean_iou_ceiling": "The best mean IoU that boxes of this model's kind can have here.",
    "mean_iou_constant": "The mean IoU of the best single box size at the same centres: below it, sizes were not learned.",
    "threshold": "The distance up to which a pair is called same.",
    "best_threshold": "The one that suits these pairs best.",
}

# No script and nothing from outside: the policy makes the browser hold us to it.
PAGE = string.Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>How well it tells same from different</title>
<style>
$looks
body { margin: 2rem auto; padding: 0 1rem; max-width: 62rem; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.15rem; margin-top: 2.5rem; }
.verdict { margin: 1rem 0; font-size: 1.15rem; }
p, dd { margin: .4rem 0; }
.about, small, dd { color: var(--soft); overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .3rem 1.5rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; }
th { font-weight: 500; }
dt { margin-top: .8rem; font-weight: 600; }
.curves { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.curves img { max-width: 100%; height: 20rem; object-fit: contain; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; }
figure { padding: .6rem; border: 1px solid var(--line); background: var(--panel); border-radius: 10px; }
figure div { display: flex; gap: .4rem; }
figure span { flex: 1; min-width: 0; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; border-radius: 3px; }
rect { fill: none; stroke: $box; stroke-width: 2; vector-effect: non-scaling-stroke; }
.coarse image { image-rendering: pixelated; }
figcaption { margin-top: .4rem; color: var(--soft); font-size: .85rem; }
</style>
</head>
<body>
<main>
<h1>How well it tells same from different</h1>
<p class="verdict">$verdict</p>
<p class="about">$about</p>
<div class="wide" tabindex="0" role="group" aria-label="Scores">
<table>
$rows
</table>
</div>
<p><small>$notes</small></p>
<h2>Distances</h2>
<div class="curves">$curves</div>
$sections
<h2>What the words mean</h2>
<dl>
$terms
</dl>
</main>
</body>
</html>
""")


def page(model, columns, predictions, pairs):
    """The whole page.

    Args:
        model: path of the model.
        columns: dict name -> scores, as `evaluate` gives them; the first is the model's.
        predictions: of the model, with scores.
        pairs: the `Pairs` the predictions are for.

    Returns:
        str of HTML, ASCII only.
    """
    scores = next(iter(columns.values()))
    classes = "" if pairs.labels is None else f" in {len(np.unique(pairs.labels)):,} classes"
    text = PAGE.substitute(
        looks=looks(),
        verdict=_verdict(predictions, scores),
        terms="\n".join(_terms(columns)),
        about=f"The model {_escape(model)}, on {_escape(scores['data'])}, {_escape(scores['split'])} pictures: {scores['pairs']:,} pairs of "
        f"{scores['pictures']:,} pictures{classes}, drawn with seed {scores['seed']}.",
        rows=_score_rows(columns),
        notes=_notes(columns),
        curves=_curves(predictions, scores["threshold"]),
        sections="\n".join(_sections(predictions, pairs, scores["threshold"])),
        box=plots.ORANGE,
    )
    return text.encode("ascii", "xmlcharrefreplace").decode()


def picks(label, distance, threshold, count=SHOWN):
    """The pairs worth looking at.

    Args:
        label: (N,) 1 = same, 0 = different.
        distance: (N,) float.
        threshold: float, "same" if the distance is at most this.
        count: at most so many of each kind.

    Returns:
        dict of three: "best", same pairs that match, nearest first; "false", different pairs that match, nearest
        first; "missed", same pairs that do not match, farthest first. Each (places (M,) int, how many there are).
    """
    same, match = np.asarray(label) > 0.5, np.asarray(distance, np.float64) <= threshold
    order = np.argsort(distance, kind="stable")
    chosen = {
        "best": order[(same & match)[order]],
        "false": order[(~same & match)[order]],
        "missed": order[(same & ~match)[order]][::-1],
    }
    return {name: (places[:count], len(places)) for name, places in chosen.items()}


def _verdict(predictions, scores):
    """How good the model is, in a sentence."""
    same = np.asarray(predictions.label) > 0.5
    match = np.asarray(predictions.distance) <= scores["threshold"]
    right = int((same == match).sum())
    low, high = (100 * scores[f"pair_accuracy_{end}"] for end in ("low", "high"))
    return (
        f"It judged {right:,} of {len(same):,} pairs right, {100 * right / len(same):.0f} % (of very many, it would probably be "
        f"{low:.0f} to {high:.0f} %): it took {int((same & match).sum()):,} of the {int(same.sum()):,} same pairs for same, and "
        f"{int((~same & match).sum()):,} of the {int((~same).sum()):,} different ones, too."
    )


def _terms(columns):
    """What the rows of the table mean."""
    for name, key, _ in MEASURES:
        if any(scores.get(key) is not None for scores in columns.values()):
            yield f"<dt>{_escape(name)}</dt><dd>{_escape(TERMS[key])}</dd>"


def _score_rows(columns):
    head = "".join(f"<th>{_escape(name)}</th>" for name in columns)
    lines = [f"<tr><th></th>{head}</tr>"]
    for row in table(columns):
        cells = zip(row.cells, row.intervals, strict=True)
        cells = "".join(f"<td>{cell} <small>{interval}</small></td>" for cell, interval in cells)
        lines.append(f"<tr><th>{_escape(row.name)}</th>{cells}</tr>")
    return "\n".join(lines)


def _notes(columns):
    notes = ["Small: 95 % intervals. The best threshold is chosen on these very pairs."]
    if any(scores["mean_iou"] is not None for scores in columns.values()):
        notes.append(
            "The constant size is the best single box size at the predicted centres, chosen with the true boxes."
        )
    return " ".join([*notes, "Pictures are shown as the network sees them."])


def _curves(predictions, threshold):
    label, distance = predictions.label, predictions.distance
    figures = {"Distances of same and different pairs": lambda: plots.distances(label, distance, threshold)}
    if len(np.unique(label)) == 2:
        figures["ROC"] = lambda: plots.roc({"model": (label, distance)})
    return "".join(_light_and_dark(draw, name) for name, draw in figures.items())


def _light_and_dark(draw, name):
    """A figure twice, of which the browser shows the one that suits the page."""
    light = _png_of(draw)
    with matplotlib.rc_context({key: "#dddddd" for key in INK}):
        dark = _png_of(draw)
    source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
    return f'<picture>{source}<img alt="{name}" src="{light}"></picture>'


def _sections(predictions, pairs, threshold):
    chosen = picks(predictions.label, predictions.distance, threshold)
    kinds = {
        "best": ("Best matches", "same, and called same; nearest first"),
        "false": ("False matches", "different, but called same; the most confident mistakes first"),
        "missed": ("Missed matches", "same, but called different; the most confident mistakes first"),
    }
    for name, (heading, words) in kinds.items():
        places, count = chosen[name]
        yield f"<h2>{heading}</h2>"
        if count:
            yield f"<p>{len(places)} of {count:,} pairs: {words}.</p>"
            yield f'<div class="pairs">{"".join(_figures(places, predictions, pairs))}</div>'
        else:
            yield "<p>None.</p>"


def _figures(places, predictions, pairs):
    shown = pairs.select(places)
    for k, i in enumerate(places):
        sides = []
        for side in (0, 1):
            box = None if predictions.boxes is None else predictions.boxes[side, i]
            name = _escape(shown[f"class{side}"][k])
            sides.append(f"<span>{_thumbnail(shown[f'image{side}'][k], box, name)}{name}</span>")
        numbers = f"distance {predictions.distance[i]:.3f}, score {100 * predictions.score[i]:.0f} %"
        yield f"<figure><div>{''.join(sides)}</div><figcaption>{numbers}</figcaption></figure>"


def _thumbnail(image, box_px, name):
    """A picture (H, W, C) in [0, 1] with its target area, if there is one, as an inline SVG in the picture's pixels."""
    height, width = image.shape[:2]
    rectangle = ""
    if box_px is not None:
        xmin, ymin, xmax, ymax = np.clip(box_px, 0, (width, height, width, height))
        rectangle = (
            f'<rect x="{xmin:.2f}" y="{ymin:.2f}" width="{xmax - xmin:.2f}" height="{ymax - ymin:.2f}"/>'
        )
    coarse = ' class="coarse"' if max(height, width) < COARSE_PX else ""
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{name}"{coarse}>'
        f'<image width="{width}" height="{height}" href="{_picture_of(image)}"/>{rectangle}</svg>'
    )


def _picture_of(image):
    """(H, W, C) in [0, 1] as a data URI: grey as PNG, photos as JPEG."""
    kind = "png" if image.shape[-1] == 1 else "jpeg"
    pixels = np.round(image * 255).astype(np.uint8)[..., ::-1]  # OpenCV writes BGR
    return _data_uri(kind, cv2.imencode(f".{kind}", pixels)[1].tobytes())


def _png_of(draw):
    buffer = io.BytesIO()
    draw().savefig(buffer, format="png", dpi=160, transparent=True)
    return _data_uri("png", buffer.getvalue())


def _data_uri(kind, content):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _escape(text):
    return html.escape(str(text))
