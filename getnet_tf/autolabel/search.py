"""Where things are in one picture, by as many looks as it takes.

    one look    at the whole picture
    --tiles     also at overlapping parts of it: small things, and several of a kind
    --refine    then at the surroundings of what was found, at two widths
    --agree     every look again with a strip cut off on each side, and mirrored: their median counts, and how far they are
                apart is the uncertainty of the box

Everything here is geometry: what a look is, the caller says.
"""

import dataclasses
import statistics

import numpy as np

from edge_demo.model.geometry import iou
from edge_demo.model.object_match import Box
from edge_demo.model.regions import whole
from edge_demo.model.scan import WIDEN, all_tiles, closer

STRIP = 0.08  # of a region's side, that is cut off
SAME_THING = 0.3  # IoU from which two looks have found one thing; that of the nearer counts
WITHIN = 0.7  # share of the smaller box that lies in the larger, from which the same is true: a part of it, seen closely


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much looking a picture is worth."""

    tiles: bool = False
    refine: bool = False
    agree: bool = False


ONE_LOOK = Effort()


@dataclasses.dataclass(frozen=True)
class Place:
    """What looks found together."""

    box_px: Box  # pixels of the picture
    distance: float
    spread: float = 0.0  # 1 - mean IoU of the looks with the box


def search(look_at, frame_wh, effort, limit):
    """Searches one picture for one object.

    Args:
        look_at: function (region, mirrored) -> (box_px, distance): searches a region for the object, in pixels of the picture.
        frame_wh: (width, height), pixels.
        effort: `Effort`.
        limit: distance up to which a place counts; of those beyond, only the nearest is kept.

    Returns:
        list of `Place`, the nearest first, at least one. Where several looks must agree, the largest distance counts.
    """
    regions = [whole(frame_wh), *(all_tiles(frame_wh) if effort.tiles else ())]
    found = [_looked(look_at, region, effort.agree) for region in regions]
    places = apart(found)
    places = [place for number, place in enumerate(places) if number == 0 or place.distance <= limit]
    if effort.refine or effort.tiles:
        places = apart([_closer(look_at, place, frame_wh, effort.agree) for place in places])
        places = [place for number, place in enumerate(places) if number == 0 or place.distance <= limit]
    return places


def apart(places):
    """Non-maximum suppression: the nearest first, without those that have found the same thing."""
    chosen = []
    for place in sorted(places, key=lambda one: (one.distance, one.box_px)):
        if not any(_same(place.box_px, other.box_px) for other in chosen):
            chosen.append(place)
    return chosen


def strips_off(region):
    """Four regions, each without a strip at one side."""
    xmin, ymin, xmax, ymax = region
    across, down = (max(1, round(STRIP * length)) for length in (xmax - xmin, ymax - ymin))
    cut = [(xmin + across, ymin, xmax, ymax), (xmin, ymin + down, xmax, ymax)]
    cut += [(xmin, ymin, xmax - across, ymax), (xmin, ymin, xmax, ymax - down)]
    return [part for part in cut if part[0] < part[2] and part[1] < part[3]]


def mirrored_back(box_px, width):
    """A box of a picture that was mirrored left to right, in the picture as it is; `width` in pixels."""
    return (width - box_px[2], box_px[1], width - box_px[0], box_px[3])


def _looked(look_at, region, agree):
    """One look at a region, or the median of six."""
    looks = [look_at(region, False)]
    if not agree:
        return Place(*looks[0])
    looks += [look_at(part, False) for part in strips_off(region)] + [look_at(region, True)]
    box_px = tuple(float(edge) for edge in np.median([box for box, _ in looks], axis=0))
    spread = 1 - float(np.mean([iou(box, box_px) for box, _ in looks]))
    return Place(box_px, statistics.median(distance for _, distance in looks), spread)


def _closer(look_at, place, frame_wh, agree):
    """A place after closer looks at its surroundings; the box is that of the closest."""
    again = [_looked(look_at, closer(place.box_px, frame_wh, number), agree) for number in range(len(WIDEN))]
    looks = [place, *again]
    spread = max(one.spread for one in again) if agree else 0.0
    return Place(again[0].box_px, max(one.distance for one in looks), spread)


def is_part(box0_px, box1_px):
    """Whether one of two boxes lies in the other, mostly."""
    low, high = np.maximum(box0_px[:2], box1_px[:2]), np.minimum(box0_px[2:], box1_px[2:])
    both = float(np.maximum(high - low, 0).prod())
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (box0_px, box1_px)]
    return both > WITHIN * max(min(areas), 1e-9)


def _same(box0_px, box1_px):
    return iou(box0_px, box1_px) > SAME_THING or is_part(box0_px, box1_px)
