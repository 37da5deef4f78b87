"""What a person can ask a screen for, and what there is to ask about."""

from __future__ import annotations

import dataclasses

from edge_demo.model.object_match import Box

LOWEST, HIGHEST = 0.05, 0.95  # of the level: score from which something counts as seen


@dataclasses.dataclass(frozen=True)
class Facts:
    """What orders are about."""

    names: tuple[str, ...]  # of the objects
    proposed_px: Box | None  # the model's own box for a new view; None: it has none
    frame_wh: tuple[int, int]  # pixels
    outlines: bool = False  # whether any object can have one
    matching: tuple[str, ...] = ()  # names of those that match, the surest first


@dataclasses.dataclass(frozen=True)
class Order:
    """What a screen can't do by itself."""

    kind: str  # "quit", "snapshot", "delete", "put aside", "put back", "forget", "rename", "not this" or "remember"
    name: str = ""  # of the object that it is about
    box_px: Box | None = None  # (xmin, ymin, xmax, ymax) of the view to remember
    other: str = ""  # what the object is to be called from now on
