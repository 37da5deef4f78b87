"""Folders that our own commands wrote: pictures in them are no photos, however they came among photos."""

import os
import pathlib
import re

# What is in each folder of a kind: names, all of them.
_MARKS = (
    ("labels of an earlier run", {"coco.json", "errors.csv", "labels.csv"}),
    ("a training", {"config.json", "log.csv"}),
    ("figures of an evaluation", {"distances.png", "roc.png"}),
)
_SNAPSHOT = re.compile(r"\d{8}T\d{6}\.\d{3}Z-.+\.jpg")  # as edge_demo.outputs.snapshots names them
_JOURNAL = b'{"version": '  # begins the journal of labels that were not finished


def results_in(folder):
    """What of ours a folder holds, in words; "" if it is none of ours. Raises OSError if it can't be read."""
    with os.scandir(folder) as entries:
        names = {entry.name for entry in entries}
    found = next((words for words, marks in _MARKS if marks <= names), "")
    if not found and "events.jsonl" in names and any(map(_SNAPSHOT.fullmatch, names)):
        return "snapshots of what was seen"
    if not found and _begins(pathlib.Path(folder) / "journal.jsonl", _JOURNAL):
        return "labels of a run that was not finished"
    return found


def _begins(path, begin):
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(begin)) == begin
