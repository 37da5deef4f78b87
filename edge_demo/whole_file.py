"""Files that are whole or not there."""

from __future__ import annotations

import os
from pathlib import Path

PARTIAL = ".partial-"  # begins the name of what is not whole yet


def write_whole(path: Path, content: bytes) -> None:
    """Writes beside and renames, so that no reader and no power cut meets half a file.

    Raises:
        OSError: as the system says; then nothing stays behind, and an older file stays as it was.
    """
    partial = path.with_name(PARTIAL + path.name)
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # a rename may reach the disk before what it names
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
