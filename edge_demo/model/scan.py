"""Looks closer than at the whole frame: follows what was found in a part of the frame, and searches for the rest tile by tile.

It knows kinds alone; a model that can tell this one from others of its kind has `pursuit` for a film, and `still` for a picture.

A look at a part costs what one at the whole frame costs. Every object has a track of its own:

    followed    one look a frame, around where it was last; now and then a second, at the whole frame, in case it is
                nearer elsewhere
    just lost   a second look in the same frame, at the whole of it
    lost        one look a frame: in turns at the whole frame, and first where it was last, then at tile after tile

What matches in a tile counts once two closer looks agree. With so many tiles some part of a frame resembles nearly anything,
but seldom thrice: on frames without the object, all tiles together are then wrong no more often than one look at the whole.

Example:
    scan = Scan(matcher)
    for frame in source:
        result = scan.match(frame.frame_bgr_u8, objects)
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

import numpy as np

from edge_demo.gallery.views import KnownObject, outlined, search_objects
from edge_demo.model.geometry import SMALL_IOU, iou
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import Box, MatchResult, ObjectMatch
from edge_demo.model.regions import Region, around, cut, tiles, to_frame, whole

WIDEN = (2.4, 3.5)  # regions of closer looks, in turns: times the box; what is none seldom matches in both
LEAST = 0.2  # of the frame's sides, that such a region at least has
AGREE = 1 + len(WIDEN)  # looks in a row that must match
GRIDS = ((1 / 2, 3), (1 / 4, 5))  # tiles: share of the frame's sides, how many along each
CHECK = 15  # frames that an object is followed until the whole frame is looked at, too
PATIENCE = 10  # frames that a lost object is searched for where it was last

Look = Callable[[Region], ObjectMatch]  # searches a region for the object


@dataclasses.dataclass(frozen=True)
class Track:
    """What is known of an object between frames. Without arguments: of one that has not been looked for."""

    box_px: Box | None = None  # where it was last
    agreed: int = 0  # looks in a row that matched; from `AGREE` on it is followed
    searched: int = 0  # frames since it was lost
    found: ObjectMatch | None = None  # by the last look at the whole frame since then


def look(matcher: Matcher, frame_bgr_u8: np.ndarray, known: KnownObject, region: Region) -> ObjectMatch:
    """Searches a region of a frame, (H, W, 3) uint8, for an object; the box is in pixels of the frame."""
    frame_wh = (frame_bgr_u8.shape[1], frame_bgr_u8.shape[0])
    part = cut(frame_bgr_u8, region)
    # Looks must agree with one another, so each is a close one.
    (found,) = search_objects(matcher, part, [known], early_no=False)
    box_px = to_frame(found.box_px, region, (part.shape[1], part.shape[0]), frame_wh)
    return dataclasses.replace(found, box_px=box_px)


def all_tiles(frame_wh: tuple[int, int]) -> list[Region]:
    """The tiles of all `GRIDS`, large ones first."""
    return [tile for share, per_side in GRIDS for tile in tiles(share, per_side, frame_wh)]


def closer(box_px: Box, frame_wh: tuple[int, int], number: int = 0) -> Region:
    """Where to look again around a box; `number` counts the looks."""
    return around(box_px, WIDEN[number % len(WIDEN)], LEAST, frame_wh)


def step(track: Track, frame_wh: tuple[int, int], look_at: Look) -> tuple[Track, ObjectMatch]:
    """One frame of one object.

    Args:
        track: as the frame before left it.
        frame_wh: (width, height), pixels.
        look_at: searches a region of this frame.

    Returns:
        the track, and what was found. Where only a part was looked at and nothing counts, that is what the last look at a
        whole frame gave.
    """
    if 0 < track.agreed < AGREE:
        return _counted(track, look_at(closer(track.box_px, frame_wh, track.agreed - 1)))
    if track.agreed:
        found = look_at(closer(track.box_px, frame_wh, track.agreed - 1))
        if found.match and track.agreed % CHECK:
            return Track(found.box_px, track.agreed + 1), found
        other = look_at(whole(frame_wh))
        if found.match and not (_elsewhere(other, found) and other.distance < found.distance):
            return Track(found.box_px, track.agreed + 1), found
        return _after_whole(dataclasses.replace(track, searched=0), other)
    if track.searched % 2 == 0:
        return _after_whole(track, look_at(whole(frame_wh)))
    if track.box_px is not None and track.searched < PATIENCE:
        region = closer(track.box_px, frame_wh)
    else:
        parts = all_tiles(frame_wh)
        region = parts[track.searched // 2 % len(parts)]
    return _counted(track, look_at(region))


def thorough(frame_wh: tuple[int, int], look_at: Look) -> ObjectMatch:
    """Searches a single picture: the whole, every tile, and again around the best place of all; the worst of these three counts.

    Args:
        frame_wh: (width, height), pixels.
        look_at: searches a region of the picture.

    Returns:
        what was found; box and view are those of the closest look.
    """
    looks = [look_at(region) for region in (whole(frame_wh), *all_tiles(frame_wh))]
    best = min(looks, key=lambda found: found.distance)  # the first of equal ones
    again = [look_at(closer(best.box_px, frame_wh, number)) for number in range(len(WIDEN))]
    worst = max(best, *again, key=lambda found: found.distance)
    return dataclasses.replace(worst, box_px=again[0].box_px, view=again[0].view)


class Scan:
    """Searches frames for objects; give it every frame, in order.

    Args:
        matcher: searches.
        film: whether frames follow one another; if not, each is searched by itself, everywhere: 37 looks.
    """

    def __init__(self, matcher: Matcher, film: bool = True):
        self._matcher, self._film = matcher, film
        self._tracks: dict[str, Track] = {}
        self._frame_wh: tuple[int, int] | None = None
        self._looks = self._searches = 0

    @property
    def looks_per_frame(self) -> float:
        """How often a frame was looked at for an object, on average; 0.0 before the first."""
        return self._looks / max(self._searches, 1)

    def match(self, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject]) -> MatchResult:
        """Searches a frame, (H, W, 3) uint8, for all objects. Those that are not among them any more are forgotten."""
        start = time.perf_counter()
        frame_wh = (frame_bgr_u8.shape[1], frame_bgr_u8.shape[0])
        before = self._tracks if frame_wh == self._frame_wh else {}
        self._frame_wh, self._tracks = frame_wh, {}
        results = [self._searched(frame_bgr_u8, known, before.get(known.name, Track())) for known in objects]
        return MatchResult((time.perf_counter() - start) * 1000, results)

    def _searched(self, frame_bgr_u8: np.ndarray, known: KnownObject, track: Track) -> ObjectMatch:
        def look_at(region: Region) -> ObjectMatch:
            self._looks += 1
            return look(self._matcher, frame_bgr_u8, known, region)

        self._searches += 1
        if not self._film:
            found = thorough(self._frame_wh, look_at)
        else:
            self._tracks[known.name], found = step(track, self._frame_wh, look_at)
        return outlined(self._matcher, frame_bgr_u8, known, found)


def _counted(track: Track, found: ObjectMatch) -> tuple[Track, ObjectMatch]:
    """After a look at a part, in search of the object: whether it agrees with those before."""
    if not found.match:
        return dataclasses.replace(track, agreed=0, searched=track.searched + 1), track.found
    if track.agreed + 1 < AGREE:
        return dataclasses.replace(track, box_px=found.box_px, agreed=track.agreed + 1), track.found
    return Track(found.box_px, AGREE), found


def _after_whole(track: Track, found: ObjectMatch) -> tuple[Track, ObjectMatch]:
    if found.match:
        return Track(found.box_px, AGREE), found
    return Track(track.box_px, 0, track.searched + 1, found), found


def _elsewhere(found0: ObjectMatch, found1: ObjectMatch) -> bool:
    return iou(found0.box_px, found1.box_px) < SMALL_IOU
