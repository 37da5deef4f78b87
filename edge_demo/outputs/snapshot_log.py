"""The log of a folder of snapshots: its lines, whose they are, and how it is cut."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from edge_demo.errors import EdgeError
from edge_demo.outputs.event_log import LINES
from edge_demo.own_file import Damaged, is_number, parsed
from edge_demo.plain_file import check_own
from edge_demo.whole_file import write_whole

LINES_BEFORE = "events-before.jsonl"
LOGS = (LINES_BEFORE, LINES)
_BEGINNINGS = (b'{"event": "seen", "name": "', b'{"event": "gone", "name": "')


def said(line: bytes) -> tuple[dict[str, Any], datetime.datetime] | None:
    """What a line says, and when that was, UTC; None if it is no line of ours, as those of recordings, which have no time."""
    try:
        fields = parsed(line)
        kind, name, score = fields["event"], fields["name"], fields["score"]
        utc = datetime.datetime.fromisoformat(fields["utc"].replace("Z", "+00:00"))
        utc = utc.astimezone(datetime.timezone.utc)
    except (Damaged, KeyError, TypeError, AttributeError, ValueError, OverflowError):
        return None
    if kind not in ("seen", "gone") or not isinstance(name, str) or not is_number(score, 0, 1):
        return None
    return fields, utc


def pictures_named(folder: Path) -> set[str]:
    """What the logs of a folder call its pictures.

    Raises:
        EdgeError: if another program wrote a log of this name, which will not be cut.
        OSError: as the system says; also if a log is a link, or no file.
    """
    names = set()
    for name in LOGS:
        check_own(folder / name)
        content = (folder / name).read_bytes() if (folder / name).exists() else b""
        *lines, half = content.split(b"\n")
        if not _is_own(lines, half):
            raise EdgeError(
                f"{folder}: expected a folder of snapshots, or none, received one whose {name} is of another program. "
                f"Choose another folder."
            )
        told = (said(line) for line in lines if b'"snapshot"' in line)
        names |= {str(one[0].get("snapshot")) for one in told if one is not None}
    return names


def tidy(path: Path, most: int) -> None:
    """Of a log, the last whole lines that fit into `most` bytes: a power cut leaves half a line, and limits are lowered."""
    if not path.exists():
        return
    content = path.read_bytes()
    kept = content[: content.rfind(b"\n") + 1]
    if len(kept) > most:
        kept = kept[len(kept) - most :]
        kept = kept[kept.find(b"\n") + 1 :]
    if kept != content:
        write_whole(path, kept)


def _is_own(lines: list[bytes], half: bytes) -> bool:
    """Whether a log is ours, by its ends: what is between may have rotted, and a power cut leaves half a line."""
    if any(said(line) is None for line in (*lines[:1], *lines[-1:])):
        return False
    return any(half[: len(begin)] == begin[: len(half)] for begin in _BEGINNINGS)
