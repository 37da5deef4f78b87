"""Whether it is this one: places where one of its kind may be, decided by the layout of the thing itself.

Of an object with several views, the one that says yes most surely counts. What is nearer to a counter-example than to them is not it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from edge_demo.model.geometry import areas
from edge_demo.model.layout.layout import Found, Layout, Seen, merged
from edge_demo.model.object_match import Box, ObjectMatch
from edge_demo.model.reference import Reference, counter_examples


def is_same(found: Found) -> bool:
    """Whether a place shows this one rather than another."""
    return found.logit >= 0


def not_of_its_kind(kind: ObjectMatch) -> ObjectMatch:
    """What is said where not even one of its kind was found, so that nothing was compared."""
    return dataclasses.replace(kind, score=0.0, match=False, same=False)


def looked(
    layout: Layout, frame_bgr_u8: np.ndarray, views: Sequence[Reference], kind: ObjectMatch
) -> ObjectMatch:
    """A look at what was found of the kind.

    Args:
        layout: compares; it has described the views.
        frame_bgr_u8: (H, W, 3) uint8.
        views: of the object.
        kind: what the search for the kind says.
    """
    if not with_area([kind.box_px]):
        return not_of_its_kind(kind)
    found = [layout.look(frame_bgr_u8, view.shown, kind.box_px) for view in views]
    return _told(layout, frame_bgr_u8, views, kind, found)


def looked_in(
    layout: Layout, frame_bgr_u8: np.ndarray, views: Sequence[Reference], kind: ObjectMatch, region_px: Box
) -> ObjectMatch:
    """A search of a part of a frame, whatever was found of the kind; arguments as of `looked`.

    Args:
        region_px: the part; not empty.
    """
    found = [layout.look_in(frame_bgr_u8, view.shown, region_px) for view in views]
    return _told(layout, frame_bgr_u8, views, kind, found)


def places(
    layout: Layout, seen: Seen, views: Sequence[Reference], boxes_px: Sequence[Box | None]
) -> tuple[list[Found], int]:
    """A search of a whole frame.

    Args:
        layout: searches; it has described the views.
        seen: the frame, as the layout sees it.
        views: of the object.
        boxes_px: what was found of the kind.

    Returns:
        Places where it may be, the surest first, and the number of the surest view.
    """
    of_views = [layout.find(seen, view.shown, with_area(boxes_px)) for view in views]
    view = _surest([found[0] for found in of_views])
    # Those of one view are merged already.
    found = of_views[0] if len(of_views) == 1 else merged([one for own in of_views for one in own])
    frame_bgr_u8 = seen.frame_bgr_u8
    told = _held_against(layout, frame_bgr_u8, inside(found, frame_bgr_u8), views)
    return sorted(told, key=lambda one: -one.logit), view


def decided(kind: ObjectMatch, found: Sequence[Found], view: int) -> ObjectMatch:
    """Both answers in one.

    Where it is not this one but one of its kind, the box is that one's.

    Args:
        kind: what the search for the kind says.
        found: places of the thing itself, at least one, the surest first.
        view: which of its views said so.
    """
    best, *others = found
    same = is_same(best)
    both = dataclasses.replace(kind, score=best.score, match=same, same=same)
    if kind.kind_match and not same:
        return both
    return dataclasses.replace(
        both,
        box_px=best.box_px,
        angle_deg=best.angle_deg if same else None,
        view=view,
        others=tuple(other for other in others if is_same(other)),
    )


def inside(found: Sequence[Found], frame_bgr_u8: np.ndarray) -> list[Found]:
    """Places whose boxes end where the frame, (H, W, 3), does: half of a thing may lie beyond."""
    frame_wh = frame_bgr_u8.shape[1::-1]
    return [dataclasses.replace(one, box_px=clipped(one.box_px, frame_wh)) for one in found]


def clipped(box_px: Box, frame_wh: tuple[int, int]) -> Box:
    """What of a box lies in a frame of (width, height) pixels."""
    return tuple(map(float, np.clip(np.reshape(box_px, (2, 2)), 0, frame_wh).ravel()))


def with_area(boxes_px: Sequence[Box | None]) -> list[Box]:
    """Those that there are, and that are not empty."""
    return [box_px for box_px in boxes_px if box_px is not None and areas(np.array(box_px))[0] > 0]


def _told(
    layout: Layout,
    frame_bgr_u8: np.ndarray,
    views: Sequence[Reference],
    kind: ObjectMatch,
    found: Sequence[Found],
) -> ObjectMatch:
    """Of one place for each view, what the surest one says, held against the counter-examples."""
    view = _surest(found)
    best = inside(found[view : view + 1], frame_bgr_u8)
    return decided(kind, _held_against(layout, frame_bgr_u8, best, views), view)


def _held_against(
    layout: Layout, frame_bgr_u8: np.ndarray, found: Sequence[Found], views: Sequence[Reference]
) -> list[Found]:
    """Places; what is more surely a counter-example is as surely not this one."""
    others = [other.shown for other in counter_examples(views) if other.shown is not None]
    if not others:
        return list(found)
    told = []
    for one in found:
        if is_same(one) and with_area([one.box_px]):
            other = max(layout.look(frame_bgr_u8, shown, one.box_px).logit for shown in others)
            if other > one.logit:
                one = dataclasses.replace(one, logit=-other)
        told.append(one)
    return told


def _surest(found: Sequence[Found]) -> int:
    return max(range(len(found)), key=lambda number: found[number].logit)
