"""Finds an object in every camera frame, after one picture of it, on a laptop or a Raspberry Pi.

Example:
    from edge_demo import Finder

    finder = Finder()
    finder.add("cup", "cup.jpg")
    for found in finder("desk.jpg"):
        print(found.name, found.score, found.box_px)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge_demo.camera.frames import Frame
    from edge_demo.camera.sources import open_source
    from edge_demo.errors import EdgeError
    from edge_demo.finder import Finder, to_supervision
    from edge_demo.model.matcher import Found, Matcher
    from edge_demo.model.metadata import Metadata
    from edge_demo.model.object_match import MatchResult, ObjectMatch
    from edge_demo.model.preprocess import read_picture
    from edge_demo.model.reference import Reference
    from edge_demo.outputs.recorder import Recorder
    from edge_demo.screen.overlay import draw

__all__ = [
    "EdgeError",
    "Finder",
    "Found",
    "Frame",
    "MatchResult",
    "Matcher",
    "Metadata",
    "ObjectMatch",
    "Recorder",
    "Reference",
    "draw",
    "open_source",
    "read_picture",
    "to_supervision",
]

# On demand, because `python -m edge_demo doctor` must run where OpenCV or LiteRT can't be imported.
_HOMES = {
    "EdgeError": "errors",
    "Finder": "finder",
    "Found": "model.matcher",
    "Frame": "camera.frames",
    "MatchResult": "model.object_match",
    "Matcher": "model.matcher",
    "Metadata": "model.metadata",
    "ObjectMatch": "model.object_match",
    "Recorder": "outputs.recorder",
    "Reference": "model.reference",
    "draw": "screen.overlay",
    "open_source": "camera.sources",
    "read_picture": "model.preprocess",
    "to_supervision": "finder",
}


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
