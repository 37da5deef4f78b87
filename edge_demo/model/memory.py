"""Whether there is memory for a model: LiteRT ends the whole program where there is none."""

from __future__ import annotations

import os
from pathlib import Path

from edge_demo.errors import EdgeError

# Loaded and run once, the shipped file of 7.1 MB takes 57 MB, one of 5 kB takes 6.
TIMES_FILE, BESIDES_MB = 5.0, 25.0


def check_room_for(path: str | os.PathLike[str]) -> None:
    """Refuses a model's file that would need more memory than there is, as far as the system says that.

    Raises:
        EdgeError: if there is less.
        OSError: if there is no such file.
    """
    needed_mb = TIMES_FILE * os.stat(path).st_size / 2**20 + BESIDES_MB
    free_mb = free_bytes() / 2**20
    if needed_mb > free_mb:
        raise EdgeError(
            f"{path}: expected {needed_mb:.0f} MB of memory for this model, received {free_mb:.0f}. End other programs, raise "
            f"the limit of this one (ulimit -v), or take a smaller --model."
        )


def free_bytes() -> float:
    """Memory that this program may still take; endless where the system doesn't say."""
    return min(_free_in_all(), _free_for_us())


def _free_in_all() -> float:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        return 1024.0 * (kilobytes["MemAvailable"] + kilobytes["SwapFree"])
    except (OSError, KeyError, ValueError, IndexError):
        return float("inf")


def _free_for_us() -> float:
    """Addresses up to the limit of this process."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError, ValueError, IndexError):
        return float("inf")
    if limit == resource.RLIM_INFINITY:
        return float("inf")
    return max(0.0, limit - pages * os.sysconf("SC_PAGE_SIZE"))
