"""Both answers about a find, that one of the kind is there and that it is this one, for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_demo.model.object_match import ObjectMatch

if TYPE_CHECKING:
    from edge_demo.results.events import Event


def answer_fields(found: ObjectMatch | Event, digits: int | None = None) -> dict[str, object]:
    """Scores, to so many digits or in full, and whether it is this one; null where only the kind was asked for."""
    score, kind_score = (
        value if digits is None else round(value, digits) for value in (found.score, found.kind_score)
    )
    return {"score": score, "kind_score": kind_score, "same": found.same}
