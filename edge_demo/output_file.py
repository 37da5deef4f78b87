"""A file that somebody names to be written: checked before any work."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge_demo.errors import EdgeError
from edge_demo.plain_file import plain_size


class OutputFile(argparse.Action):
    """For `add_argument`: the path of a file to write becomes that of its place."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, place_of(values))


def place_of(path: Path) -> Path:
    """Where a file is written that bears this name: there, or where the link leads that is there, so that the link stays.

    Raises:
        EdgeError: if a pipe or a device has the name.
    """
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    try:
        plain_size(place)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise EdgeError(
            f"{path}: expected a file to write, received: {error.strerror}. Name another."
        ) from None
    return place
