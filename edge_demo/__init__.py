"""Finds an object in every camera frame, after one picture of it, on a laptop or a Raspberry Pi.

Example:
    from edge_demo import Matcher, read_picture

    matcher = Matcher("model.tflite")
    cup = matcher.describe(read_picture("cup.jpg"), "cup")
    result = matcher.match(read_picture("desk.jpg"), [cup])
    print(result.objects[0].score, result.objects[0].box_px)
"""

from edge_demo.camera import Frame, open_source
from edge_demo.errors import EdgeError
from edge_demo.matcher import Found, Matcher, MatchResult, ObjectMatch, Reference
from edge_demo.metadata import Metadata
from edge_demo.overlay import draw
from edge_demo.preprocess import read_picture
from edge_demo.recorder import Recorder

__all__ = [
    "EdgeError",
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
]
