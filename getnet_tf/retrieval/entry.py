"""What a store knows of a picture, and the line of its journal that says so."""

import dataclasses
import json
import pathlib

from edge_demo.own_file import is_int, parsed


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """A picture that was looked at; without rows, one that could not be read."""

    stamp: tuple[int, ...]  # size and time of its file; () if there was none
    first: int = 0  # of its rows: that of the whole picture, then those of its regions
    rows: int = 0
    crc: int = 0  # of them
    reason: str = ""  # why it has none


def line_of(path, entry):
    """The line, str that ends in a newline; `entry` None: the picture is forgotten."""
    fields = {"path": path}
    if entry is None:
        fields |= {"removed": True}
    elif entry.rows:
        fields |= {"file": entry.stamp, "rows": [entry.first, entry.rows], "crc": entry.crc}
    else:
        fields |= {"file": entry.stamp, "failure": entry.reason}
    return json.dumps(fields) + "\n"


def read_line(line):
    """(path, `Entry`, or None for one that is forgotten) of a line.

    Raises:
        ValueError: if it is not as `line_of` writes it.
    """
    fields = parsed(line)
    path = fields.get("path") if isinstance(fields, dict) else None
    if not _is_inside(path):
        raise ValueError(f"the path {path!r:.80}")
    if fields.get("removed") is True:
        return path, None
    stamp, place, crc = fields.get("file"), fields.get("rows"), fields.get("crc")
    if not _are_ints(stamp, (0, 2)):
        raise ValueError(f"the stamp {stamp!r:.80}")
    if _are_ints(place, (2,)) and place[0] >= 0 and place[1] >= 1 and is_int(crc, 0, 2**32 - 1):
        return path, Entry(tuple(stamp), *place, crc)
    if place is None and isinstance(fields.get("failure"), str):
        return path, Entry(tuple(stamp), reason=fields["failure"])
    raise ValueError(f"the rows {place!r:.80}")


def _is_inside(path):
    """Whether a path stays in the folder that it is relative to."""
    if not isinstance(path, str) or "\0" in path:
        return False
    parts = pathlib.PurePosixPath(path).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts


def _are_ints(value, lengths):
    return isinstance(value, list) and len(value) in lengths and all(map(is_int, value))
