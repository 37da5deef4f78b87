"""Where something was found and how it lies there, for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_demo.model.object_match import ObjectMatch

if TYPE_CHECKING:
    from edge_demo.results.events import Event


def place_fields(found: ObjectMatch | Event, digits: int) -> dict[str, object]:
    """Box, outline and angle of a find, to so many digits; null where there is none."""
    box_px, outline_px, angle_deg = found.box_px, found.outline_px, found.angle_deg
    return {
        "box_px": None if box_px is None else [round(edge, digits) for edge in box_px],
        "outline_px": None
        if outline_px is None
        else [[round(x, digits), round(y, digits)] for x, y in outline_px],
        "angle_deg": None if angle_deg is None else round(angle_deg, digits),
    }


def other_places(found: ObjectMatch, digits: int) -> list[dict[str, object]]:
    """Boxes, to so many digits, and scores of the further places where this one is."""
    return [
        {"box_px": [round(edge, digits) for edge in other.box_px], "score": round(other.score, 4)}
        for other in found.others
    ]
