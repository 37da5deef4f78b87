"""The page on which a person decides what is doubtful: one HTML file that needs nothing else, and no network.

What it shows is data, which its script puts there as text: names and paths can't become markup.
"""

import base64
import concurrent.futures
import hashlib
import json
import pathlib
import string

from getnet_tf.autolabel import decisions
from getnet_tf.autolabel.label import DOUBTFUL
from getnet_tf.autolabel.thumbnails import thumbnails
from getnet_tf.looks import looks

SHOWN = 2000  # candidates at most, unless another number is asked for: about 50 MB, twice that where things are small
SCRIPTS = ("decisions.js", "drawing.js", "correcting.js", "review.js")


def page(root, labels, run, references, shown=SHOWN):
    """The whole page.

    Args:
        root: folder of the pictures.
        labels: list of `Label`, with what was decided so far.
        run: `decisions.run_of` them, under which a browser keeps decisions.
        references: dict name of each class -> data URIs of pictures that show the object, as `portraits.of` gives them.
        shown: at most so many candidates, the most doubtful.

    Returns:
        str of HTML, ASCII only.
    """
    pairs = by_doubt(labels)
    content = {
        "kind": decisions.KIND,
        "version": decisions.VERSIONS[-1],
        "run": run,
        "references": references,
        "total": len(pairs),
        **_shown(pathlib.Path(root), pairs[:shown]),
    }
    style, script = looks() + _part("review.css"), "".join(_part(name) for name in SCRIPTS)
    return string.Template(_part("review.html")).substitute(
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        # "<" could end the element that it is in.
        data=json.dumps(content, separators=(",", ":")).replace("<", r"\u003c"),
    )


def by_doubt(labels):
    """All (`Label`, `Candidate`), the most doubtful first."""
    pairs = [(label, candidate) for label in labels for candidate in label.candidates]
    return sorted(pairs, key=lambda pair: (-pair[1].doubt, *decisions.key_of(*pair)))


def _shown(root, pairs):
    """What the script is to show: its pictures, each once, and its cards."""
    inside = {}  # path -> places of its candidates
    for place, (label, _) in enumerate(pairs):
        inside.setdefault(label.path, []).append(place)
    cards, pictures = [None] * len(pairs), []
    with concurrent.futures.ThreadPoolExecutor() as pool:
        made = pool.map(
            lambda path: thumbnails(root / path, [pairs[place][1].box_px for place in inside[path]]), inside
        )
        for number, ((path, places), (uri, close_ups)) in enumerate(zip(inside.items(), made, strict=True)):
            label = pairs[places[0]][0]
            pictures.append({"path": path, "width": label.width, "height": label.height, "uri": uri})
            for place, close_up in zip(places, close_ups, strict=True):
                cards[place] = _card(number, pairs[place][1], close_up)
    return {"pictures": pictures, "cards": cards}


def _card(picture, candidate, close_up):
    name, box_px = candidate.found
    return {
        "picture": picture,
        "name": name,
        "box_px": box_px,
        "score": candidate.score,
        "kept": candidate.kept,
        "doubtful": candidate.doubt > DOUBTFUL,
        "decision": _decision(candidate),
        "near": None if close_up is None else {"area_px": close_up.area_px, "uri": close_up.uri},
    }


def _decision(candidate):
    """What the labels have taken over, as the file of decisions has it."""
    if not candidate.decided:
        return None
    name, box_px = candidate.found
    return {
        "accepted": candidate.kept,
        "like": candidate.like,
        "called": None if candidate.name == name else candidate.name,
        "corrected_px": None if candidate.box_px == box_px else candidate.box_px,
    }


def _part(name):
    return (pathlib.Path(__file__).parent / "page" / name).read_text(encoding="ascii")


def _hash(text):
    """Of a style or a script, by which the page's policy knows it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
