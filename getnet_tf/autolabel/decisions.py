"""What a person decided about candidates: a file that the review page gives, and what becomes of labels.

{"kind": "getnet_tf.autolabel.decisions", "version": 2, "run": "0f...", "decisions": [
  {"path": "a/1.jpg", "name": "cup", "box_px": [308.6, 111.0, 436.1, 283.3], "accepted": true, "like": false,
   "called": "mug", "corrected_px": [305.0, 108.0, 440.0, 290.0]}]}

`accepted` is true if the box shows the object, false if it does not, null to take an earlier decision back. `like` says of one that is
rejected that it is of the object's kind, but another one. `called` and `corrected_px` are another class and another box for one that is
accepted, null where they are as they were found. A candidate is known by its path, name and box as they were found: a picture that is
labelled anew with another box inherits nothing. Version 1 has `accepted` alone.
"""

import dataclasses
import hashlib
import json

from edge_demo.own_file import Damaged, is_number, read_json
from getnet_tf.autolabel.label import Judged
from getnet_tf.errors import InputError

KIND = "getnet_tf.autolabel.decisions"
VERSIONS = (1, 2)  # that are read; the last is written
LEAST_PX = 1.0  # sides of a corrected box, within its picture


@dataclasses.dataclass(frozen=True)
class Decision:
    """About one candidate."""

    accepted: bool | None  # None: an earlier one is taken back
    like: bool = False  # rejected, but one of the object's kind
    called: str | None = None  # another class
    corrected_px: tuple[float, float, float, float] | None = None  # another box


ACCEPTED, REJECTED, TAKEN_BACK = Decision(True), Decision(False), Decision(None)


def run_of(fingerprint):
    """What tells the labels of one job from those of others: hexadecimal digits, from `Job.fingerprint`."""
    return hashlib.sha256(json.dumps(fingerprint, sort_keys=True).encode()).hexdigest()


def read(path, run, names):
    """Reads a file of decisions.

    Args:
        path: pathlib.Path.
        run: `run_of` the labels that they should be about.
        names: of the classes that there are.

    Returns:
        dict (path, name, box_px) -> `Decision`.

    Raises:
        InputError: if there is no such file, it holds something else, or it is about the labels of another run.
    """
    try:
        content = read_json(path)
    except FileNotFoundError:
        raise InputError(
            f"{path}: expected decisions, found no such file. Download them from review.html."
        ) from None
    except Damaged:
        content = None
    kinds = [(KIND, version) for version in VERSIONS]
    if not isinstance(content, dict) or (content.get("kind"), content.get("version")) not in kinds:
        raise InputError(
            f"{path}: expected decisions of version {VERSIONS[-1]}, found something else. Replace it by what review.html downloads, or remove it."
        )
    if content.get("run") != run:
        raise InputError(
            f"{path} decides about labels of another model, other references or other options. Expected those of the "
            f"review.html beside these labels."
        )
    try:
        found = dict(_entry(fields) for fields in content["decisions"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InputError(
            f"{path}: expected a path, a name, a box and true, false or null in every decision, found something else. "
            f"Replace it by what review.html downloads, or remove it."
        ) from None
    strange = next((one.called for one in found.values() if one.called not in (None, *names)), None)
    if strange is not None:
        raise InputError(
            f"{path} gives something the class {strange!r:.80}. Expected one of {', '.join(names)}."
        )
    return found


def text_of(run, decisions):
    """The text of a file, which `read` reads; sorted, so that equal decisions give equal bytes."""
    entries = [
        {"path": path, "name": name, "box_px": box_px, **dataclasses.asdict(decisions[path, name, box_px])}
        for path, name, box_px in sorted(decisions)
    ]
    lines = ",\n".join(f" {json.dumps(entry)}" for entry in entries)
    head = json.dumps({"kind": KIND, "version": VERSIONS[-1], "run": run})
    return f'{head[:-1]}, "decisions": [\n{lines}\n]}}\n'


def added(earlier, later):
    """Both together: the later ones count, and those that are taken back are gone."""
    both = {**earlier, **later}
    return {key: decision for key, decision in both.items() if decision.accepted is not None}


def applied(labels, decisions):
    """Labels in which what was decided is decided: a list of `Label`."""
    return [
        dataclasses.replace(
            label,
            candidates=tuple(
                _judged(label, one, decisions.get(key_of(label, one))) for one in label.candidates
            ),
        )
        for label in labels
    ]


def key_of(label, candidate):
    """What a candidate is known by: (path, name, box_px)."""
    return label.path, *candidate.found


def _judged(label, candidate, decision):
    if decision is None:
        return candidate
    fields = {one.name: getattr(candidate, one.name) for one in dataclasses.fields(candidate)}
    found = {"was": candidate.found, "like": decision.like, "decided": True, "kept": decision.accepted}
    if decision.called is not None:
        found["name"] = decision.called
    if decision.corrected_px is not None:
        found["box_px"] = _inside(decision.corrected_px, label)
    return Judged(**{**fields, **found})


def _inside(box_px, label):
    """A box within its picture; one that is too small there stays as large as it must be."""
    low = [
        min(max(edge, 0.0), side - LEAST_PX)
        for edge, side in zip(box_px[:2], (label.width, label.height), strict=True)
    ]
    high = [
        min(max(edge, start + LEAST_PX), float(side))
        for edge, start, side in zip(box_px[2:], low, (label.width, label.height), strict=True)
    ]
    return (*low, *high)


def _entry(fields):
    """(key, `Decision`) of an entry of a file, checked."""
    path, name, accepted = fields["path"], fields["name"], fields["accepted"]
    like, called, corrected_px = fields.get("like", False), fields.get("called"), fields.get("corrected_px")
    texts = isinstance(path, str) and isinstance(name, str) and (called is None or isinstance(called, str))
    answers = (accepted is None or isinstance(accepted, bool)) and isinstance(like, bool)
    if not (texts and answers and not (like and accepted)):
        raise ValueError
    box = None if corrected_px is None else _box(corrected_px)
    return (path, name, _box(fields["box_px"])), Decision(accepted, like, called, box)


def _box(edges):
    if not (isinstance(edges, list) and len(edges) == 4 and all(map(is_number, edges))):
        raise ValueError
    return tuple(map(float, edges))
