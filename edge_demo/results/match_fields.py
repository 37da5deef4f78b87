"""All that is known of an object in a single picture, for JSON."""

from __future__ import annotations

from edge_demo.model.object_match import ObjectMatch
from edge_demo.results.answers import answer_fields
from edge_demo.results.place import other_places, place_fields

DIGITS = 1  # of pixels and degrees


def match_fields(found: ObjectMatch) -> dict[str, object]:
    """Both answers, the place, and further places where this one is."""
    decision = {"match": found.match, "distance": found.distance}
    others = {"others": other_places(found, DIGITS)}
    return answer_fields(found) | decision | place_fields(found, DIGITS) | others
