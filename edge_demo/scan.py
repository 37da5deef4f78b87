"""Looks closer than at the whole frame: follows what was found in a part of the frame, and searches for the rest tile by tile.

A look at a part costs what one at the whole frame costs. Every object has a track of its own:

    followed    one look a frame, around where it was last; now and then a second, at the whole frame, in case it is
                surer elsewhere
    just lost   a second look in the same frame, at the whole of it
    lost        one look a frame: in turns at the whole frame, and first where it was last, then at tile after tile

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

from edge_demo.matcher import Box, Matcher, MatchResult, ObjectMatch
from edge_demo.regions import Region, around, tiles, to_frame, whole
from edge_demo.smoothing import SMALL_IOU, iou
from edge_demo.views import KnownObject, match_objects

WIDEN, LEAST = 2.4, 0.2  # a followed object's region: times its box, at least this share of the frame's sides
GRIDS = ((1 / 2, 3), (1 / 4, 5))  # tiles: share of the frame's sides, how many along each
CHECK = 15  # frames that an object is followed until the whole frame is looked at, too
PATIENCE = 10  # frames that a lost object is searched for where it was last

Look = Callable[[Region, int], ObjectMatch]  # searches a region, which is one of so many


@dataclasses.dataclass(frozen=True)
class Track:
    """What is known of an object between frames. Without arguments: of one that has not been looked for."""

    box_px: Box | None = None  # where it was last
    followed: bool = False  # or lost
    turn: int = 0  # frames since it was found, or lost
    found: ObjectMatch | None = None  # at the last look at the whole frame, while lost


def look(
    matcher: Matcher, frame_bgr_u8: np.ndarray, known: KnownObject, region: Region, among: int = 1
) -> ObjectMatch:
    """Searches a region of a frame for an object.

    Args:
        matcher: searches.
        frame_bgr_u8: (H, W, 3) uint8.
        known: the object.
        region: of the frame.
        among: of how many looks, of which at most one shows the object, this is one: see `score_among`.

    Returns:
        The match, its box in pixels of the frame.
    """
    xmin, ymin, xmax, ymax = region
    (found,) = match_objects(matcher, frame_bgr_u8[ymin:ymax, xmin:xmax], [known]).objects
    score = score_among(found.score, among)
    match = found.match and score >= score_among(matcher.score(matcher.metadata.threshold), 1)
    return dataclasses.replace(found, score=score, match=match, box_px=to_frame(found.box_px, region))


def score_among(score: float, among: int) -> float:
    """The calibrated score in [0, 1] of one look among several: its odds, divided by their number.

    A score is the chance that two pictures show the same where half of all pairs do. Of N tiles at most one has the
    object, so each starts with an N-th of those odds; without this, more looks would be more false matches.
    """
    return score / (score + among * (1 - score))


def all_tiles(frame_wh: tuple[int, int]) -> list[Region]:
    """The tiles of all `GRIDS`, large ones first."""
    return [tile for share, per_side in GRIDS for tile in tiles(share, per_side, frame_wh)]


def step(track: Track, frame_wh: tuple[int, int], look_at: Look) -> tuple[Track, ObjectMatch]:
    """One frame of one object.

    Args:
        track: as the frame before left it.
        frame_wh: (width, height), pixels.
        look_at: searches a region of this frame, see `look`.

    Returns:
        the track, and what was found. Where a part was looked at in vain, that is what the last whole frame gave.
    """
    turn = track.turn + 1
    near = None if track.box_px is None else around(track.box_px, WIDEN, LEAST, frame_wh)
    if track.followed:
        found = look_at(near, 1)
        if found.match and turn % CHECK:
            return Track(found.box_px, True, turn), found
        other = look_at(whole(frame_wh), 1)
        if found.match and not (_elsewhere(other, found) and other.distance < found.distance):
            return Track(found.box_px, True, turn), found
        return _after_whole(track, other)
    if track.found is None or turn % 2 == 0:
        return _after_whole(track, look_at(whole(frame_wh), 1))
    if near is not None and turn < PATIENCE:
        found = look_at(near, 1)
    else:
        parts = all_tiles(frame_wh)
        found = look_at(parts[turn // 2 % len(parts)], len(parts))
    if found.match:
        return Track(found.box_px, True), found
    return dataclasses.replace(track, turn=turn), track.found


def thorough(frame_wh: tuple[int, int], look_at: Look) -> ObjectMatch:
    """Searches a single picture everywhere: the whole, every tile, and once more around the best place of all.

    Args:
        frame_wh: (width, height), pixels.
        look_at: as `step` takes it.
    """
    parts = all_tiles(frame_wh)
    looks = [look_at(whole(frame_wh), 1), *(look_at(part, len(parts)) for part in parts)]
    best = max(looks, key=lambda found: found.score)  # the first of equal ones
    if not best.match:
        return looks[0]
    closer = look_at(around(best.box_px, WIDEN, LEAST, frame_wh), 1)
    return closer if closer.match else best


class Scan:
    """Searches frames for objects; give it every frame, in order.

    Args:
        matcher: searches.
        film: whether frames follow one another; if not, each is searched by itself, everywhere: some 36 looks.
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
        def look_at(region: Region, among: int) -> ObjectMatch:
            self._looks += 1
            return look(self._matcher, frame_bgr_u8, known, region, among)

        self._searches += 1
        if not self._film:
            return thorough(self._frame_wh, look_at)
        self._tracks[known.name], found = step(track, self._frame_wh, look_at)
        return found


def _after_whole(track: Track, found: ObjectMatch) -> tuple[Track, ObjectMatch]:
    if found.match:
        return Track(found.box_px, True), found
    just_lost = track.followed or track.found is None
    turn = 0 if just_lost else track.turn + 1
    return Track(track.box_px, False, turn, found), found


def _elsewhere(found0: ObjectMatch, found1: ObjectMatch) -> bool:
    return iou(found0.box_px, found1.box_px) < SMALL_IOU
