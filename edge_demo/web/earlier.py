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
from edge_demo.outputs.snapshots import LINES_BEFORE, is_snapshot
from edge_demo.own_file import Damaged, is_number, parsed
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
    try:
        fields = parsed(line)
        kind, name, score, snapshot = fields["event"], fields["name"], fields["score"], fields.get("snapshot")
        since = datetime.datetime.fromisoformat(fields["utc"].replace("Z", "+00:00"))
        since = since.astimezone(datetime.timezone.utc)
    except (Damaged, KeyError, TypeError, AttributeError, ValueError, OverflowError):
        return None
    if kind not in ("seen", "gone") or not isinstance(name, str) or not is_number(score, 0, 1):
        return None
    return kind, _Seen(name, score, since, snapshot if isinstance(snapshot, str) else "")
