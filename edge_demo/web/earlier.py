"""What earlier runs saw, read back from a folder of snapshots."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
from collections.abc import Mapping
from pathlib import Path

from edge_demo.errors import EdgeError
from edge_demo.model.preprocess import read_picture
from edge_demo.outputs.event_log import LINES
from edge_demo.outputs.snapshot_log import LINES_BEFORE, said
from edge_demo.outputs.snapshots import is_snapshot
from edge_demo.plain_file import read_plain
from edge_demo.web.sighting import Sighting, small_jpeg

NEWEST_BYTES = 2**18  # of each log, which tells of hundreds
FORGOTTEN = "#808080"  # the colour of an object that is not known any more


@dataclasses.dataclass
class _Seen:
    """A line of the log that says that something came, and when it went."""

    name: str
    score: float
    since: datetime.datetime
    snapshot: str
    until: datetime.datetime | None = None


def earlier(folder: Path, colors: Mapping[str, str], most: int) -> list[Sighting]:
    """The newest sightings whose pictures are still there, the newest first.

    Lines and pictures that are damaged are left out. What was there when a run ended is told to have gone with its last line.

    Args:
        folder: of `--snapshots`.
        colors: of the objects that are known, by name: "#rrggbb".
        most: that are wanted.
    """
    found = []
    for seen in reversed(_seen(folder)):
        if len(found) == most:
            break
        with contextlib.suppress(EdgeError):  # it made room for a newer one
            jpeg = small_jpeg(read_picture(folder / seen.snapshot))
            color = colors.get(seen.name, FORGOTTEN)
            found.append(Sighting(0, seen.name, color, seen.score, seen.since, jpeg, seen.until))
    return [dataclasses.replace(one, number=len(found) - place) for place, one in enumerate(found)]


def _seen(folder: Path) -> list[_Seen]:
    """All that came, the oldest first, each with the time when it went."""
    seen, there, last = [], {}, None
    for line in (*_lines(folder / LINES_BEFORE), *_lines(folder / LINES)):
        event = _event(line)
        if event is None:
            continue
        kind, one = event
        last = one.since
        before = there.pop(one.name, None)
        if before is not None:
            before.until = last
        if kind == "seen" and is_snapshot(one.snapshot):
            there[one.name] = one
            seen.append(one)
    for one in there.values():
        one.until = last
    return seen


def _lines(path: Path) -> list[bytes]:
    """The last lines of a log."""
    try:
        content = read_plain(path)
    except OSError:
        return []
    lines = content[-NEWEST_BYTES:].splitlines()
    return lines[1:] if len(content) > NEWEST_BYTES else lines


def _event(line: bytes) -> tuple[str, _Seen] | None:
    """What a line says, if it is one that `Snapshots` writes."""
    told = said(line)
    if told is None:
        return None
    fields, since = told
    snapshot = fields.get("snapshot")
    return fields["event"], _Seen(
        fields["name"], fields["score"], since, snapshot if isinstance(snapshot, str) else ""
    )
