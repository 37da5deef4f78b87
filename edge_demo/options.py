"""What the command lines have in common."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge_demo.bounds import number, whole
from edge_demo.effort import EFFORTS, NORMAL
from edge_demo.level import HIGHEST, LEVEL, LOWEST
from edge_demo.manual import Manual
from edge_demo.model import threads
from edge_demo.model.alignment.outline import OFF, OUTLINES


def parser_of(prog: str, description: str) -> argparse.ArgumentParser:
    """A parser with what every command takes: the model, and threads for it."""
    parser = argparse.ArgumentParser(
        prog=prog, description=description, formatter_class=Manual, allow_abbrev=False
    )
    parser.add_argument("--model", type=Path, help="a .tflite file; without it, the one that edge_demo ships")
    parser.add_argument(
        "--threads", type=whole(1, threads.MOST), default=1, metavar="N", help="that the model runs on"
    )
    return parser


def add_outline(parser: argparse.ArgumentParser) -> None:
    """Adds the option of commands that say how a thing lies."""
    parser.add_argument(
        "--outline",
        choices=(OFF, *OUTLINES),
        default=OFF,
        help="of what matches: flat, its four corners, for two fifths of the time of a search more; bent, also its sides",
    )


def add_effort(parser: argparse.ArgumentParser) -> None:
    """Adds the option of commands that can look harder."""
    parser.add_argument("--effort", choices=EFFORTS, default=NORMAL, help="how much time goes into looking")


def add_level(parser: argparse.ArgumentParser, of: str) -> None:
    """Adds the option of commands that say what is there."""
    parser.add_argument(
        "--level",
        type=number(100 * LOWEST, 100 * HIGHEST, "percent"),
        default=LEVEL,
        metavar="PERCENT",
        help=of,
    )


def add_kinds(parser: argparse.ArgumentParser) -> None:
    """Adds the option of commands that can tell this one from others of its kind."""
    parser.add_argument(
        "--kinds",
        action="store_true",
        help="one of the kind is enough; without it, where the model can tell, only this very one counts",
    )
