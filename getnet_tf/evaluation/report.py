"""An evaluation as one HTML page that needs nothing else: scores, curves, and the pairs to look at."""

import base64
import html
import io
import string

import cv2
import matplotlib
import numpy as np

from getnet_tf.evaluation import plots
from getnet_tf.evaluation.scores import table

SHOWN = 8  # pairs of each kind
COARSE_PX = 100  # pictures below this side are shown with their pixels as squares
INK = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")  # of a figure

# No script and nothing from outside: the policy makes the browser hold us to it.
PAGE = string.Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --text: #222; --quiet: #666; --line: #ddd; --back: #fff; --card: #f6f6f6; }
@media (prefers-color-scheme: dark) {
  :root { --text: #ddd; --quiet: #999; --line: #383838; --back: #161616; --card: #202020; }
}
body { margin: 2rem auto; padding: 0 1rem; max-width: 62rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; font-weight: 600; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; font-weight: 600; margin-top: 2.5rem; }
p, small, figcaption { color: var(--quiet); }
table { border-collapse: collapse; }
th, td { padding: .3rem 1.5rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; }
th { font-weight: 500; }
td { font-variant-numeric: tabular-nums; }
.curves { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
.curves img { max-width: 100%; height: 20rem; object-fit: contain; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .6rem; background: var(--card); border-radius: 6px; }
figure div { display: flex; gap: .4rem; }
figure span { flex: 1; min-width: 0; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; border-radius: 3px; }
rect { fill: none; stroke: $box; stroke-width: 2; vector-effect: non-scaling-stroke; }
.coarse image { image-rendering: pixelated; }
figcaption { margin-top: .4rem; font-size: .85rem; font-variant-numeric: tabular-nums; }
</style>
</head>
<body>
<h1>$title</h1>
<p>$about</p>
<table>
$rows
</table>
<p><small>$notes</small></p>
<h2>Distances</h2>
<div class="curves">$curves</div>
$sections
</body>
</html>
""")


def page(model, columns, predictions, pairs):
    """The whole page.

    Args:
        model: path of the model, for the title.
        columns: dict name -> scores, as `evaluate` gives them; the first is the model's.
        predictions: of the model, with scores.
        pairs: the `Pairs` the predictions are for.

    Returns:
        str of HTML, ASCII only.
    """
    scores = next(iter(columns.values()))
    classes = "" if pairs.labels is None else f" in {len(np.unique(pairs.labels)):,} classes"
    text = PAGE.substitute(
        title=f"Evaluation of {_escape(model)}",
        about=f"{_escape(scores['data'])}, {_escape(scores['split'])} pictures: {scores['pairs']:,} pairs of "
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
    if any("ap_at_10" in scores for scores in columns.values()):
        notes.append("AP@10: of the 10 pictures nearest to a picture, the share of its own class.")
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
