"""What a store knows of a picture, and the line of its journal that says so."""

import dataclasses
import json

from edge_demo.own_file import parsed


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
        ValueError, KeyError or TypeError: if it is damaged.
    """
    fields = parsed(line)
    if "removed" in fields:
        return fields["path"], None
    first, rows = fields.get("rows", (0, 0))
    return fields["path"], Entry(
        tuple(fields["file"]), first, rows, fields.get("crc", 0), fields.get("failure", "")
    )
