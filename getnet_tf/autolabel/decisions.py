"""What a person decided about candidates: a file that the review page gives, and what becomes of labels.

{"kind": "getnet_tf.autolabel.decisions", "version": 1, "run": "0f...", "decisions": [
  {"path": "a/1.jpg", "name": "cup", "box_px": [308.6, 111.0, 436.1, 283.3], "accepted": true}]}

`accepted` is true if the box shows the object, false if it does not, null to take an earlier decision back. A candidate is
known by its path, name and box: a picture that is labelled anew with another box inherits nothing.
"""

import dataclasses
import hashlib
import json

from edge_demo.own_file import Damaged, is_number, read_json
from getnet_tf.errors import InputError

KIND = "getnet_tf.autolabel.decisions"
VERSION = 1


def run_of(fingerprint):
    """What tells the labels of one job from those of others: hexadecimal digits, from `Job.fingerprint`."""
    return hashlib.sha256(json.dumps(fingerprint, sort_keys=True).encode()).hexdigest()


def read(path, run):
    """Reads a file of decisions.

    Args:
        path: pathlib.Path.
        run: `run_of` the labels that they should be about.

    Returns:
        dict (path, name, box_px) -> True, False or None.

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
    if not isinstance(content, dict) or (content.get("kind"), content.get("version")) != (KIND, VERSION):
        raise InputError(
            f"{path}: expected decisions of version {VERSION}, found something else. Replace it by what review.html downloads, or remove it."
        )
    if content.get("run") != run:
        raise InputError(
            f"{path} decides about labels of another model, other references or other options. Expected those of the "
            f"review.html beside these labels."
        )
    try:
        return dict(_entry(fields) for fields in content["decisions"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InputError(
            f"{path}: expected a path, a name, a box and true, false or null in every decision, found something else. "
            f"Replace it by what review.html downloads, or remove it."
        ) from None


def text_of(run, decisions):
    """The text of a file, which `read` reads; sorted, so that equal decisions give equal bytes."""
    entries = [
        {"path": path, "name": name, "box_px": box_px, "accepted": decisions[path, name, box_px]}
        for path, name, box_px in sorted(decisions)
    ]
    lines = ",\n".join(f" {json.dumps(entry)}" for entry in entries)
    head = json.dumps({"kind": KIND, "version": VERSION, "run": run})
    return f'{head[:-1]}, "decisions": [\n{lines}\n]}}\n'


def added(earlier, later):
    """Both together: the later ones count, and those that are taken back are gone."""
    both = {**earlier, **later}
    return {key: accepted for key, accepted in both.items() if accepted is not None}


def applied(labels, decisions):
    """Labels in which what was decided is decided: a list of `Label`."""
    return [
        dataclasses.replace(
            label,
            candidates=tuple(_decided(one, decisions.get(key_of(label, one))) for one in label.candidates),
        )
        for label in labels
    ]


def key_of(label, candidate):
    """What a candidate is known by: (path, name, box_px)."""
    return label.path, candidate.name, candidate.box_px


def _decided(candidate, accepted):
    return candidate if accepted is None else dataclasses.replace(candidate, kept=accepted, decided=True)


def _entry(fields):
    """(key, accepted) of an entry of a file, checked."""
    path, name, accepted = fields["path"], fields["name"], fields["accepted"]
    box_px = fields["box_px"]
    whole = isinstance(path, str) and isinstance(name, str) and isinstance(box_px, list) and len(box_px) == 4
    if not (whole and all(map(is_number, box_px)) and (accepted is None or isinstance(accepted, bool))):
        raise ValueError
    return (path, name, tuple(map(float, box_px))), accepted
