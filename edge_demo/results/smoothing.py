"""Results that don't flicker: score, decision and box of each object, steadied over time.

Scores follow with a time constant; an object appears a little above the level that decides and disappears a little below it;
so does one of its kind, by the score of the kind. A box follows with the same time constant, and jumps only if it is elsewhere for several
frames; where it was followed from the frame before, it moves as the thing does, and does not lag behind. An outline is that of its frame or none: where the box did not follow the frame's own, the outline is not of what is shown.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from edge_demo.model.geometry import SMALL_IOU, iou
from edge_demo.model.object_match import Box, MatchResult, ObjectMatch

JUMP_FRAMES = 3  # how many frames in a row a box must be elsewhere to be followed there
LONGEST_GAP_S = 1.0  # after longer without a frame, what was before means nothing


@dataclasses.dataclass
class _Track:
    """What is remembered of one object."""

    score: float
    shown: bool
    box_px: Box | None  # None: it never had one
    own_px: Box | None  # of the frame itself
    elsewhere: int = 0  # frames in a row
    follows: bool = True  # whether this frame moved the box
    kind_score: float = 0.0
    kind_shown: bool = False


class Smoothing:
    """Steadies results; give it every frame, in order.

    Args:
        level: score in [0, 1] that decides; may be changed at any time.
        seconds: time constant, at least 0; 0: results come back with their own scores and boxes.
        margin: how far above and below `level` objects appear and disappear; at the ends of [0, 1] less, so that both
            stay possible. 0: they appear at `level`.

    Raises:
        ValueError: if an argument is not in its range.
    """

    def __init__(self, level: float, seconds: float = 0.2, margin: float = 0.1):
        if not (0 <= level <= 1 and 0 <= margin <= 1 and 0 <= seconds < math.inf):
            raise ValueError(
                f"Invalid smoothing. Expected level and margin in [0, 1] and seconds >= 0, received: level={level}, "
                f"margin={margin}, seconds={seconds}."
            )
        self.level, self.seconds, self.margin = level, seconds, margin
        self._tracks: dict[str, _Track] = {}
        self._time_s: float | None = None

    def update(self, result: MatchResult, time_s: float) -> MatchResult:
        """The result of this frame, steadied; distances and the latency stay as they are.

        Args:
            result: of this frame. Objects that it leaves out are forgotten.
            time_s: of the frame, on any clock. If it runs back or leaps, all is forgotten.
        """
        past_s = 0.0 if self._time_s is None else time_s - self._time_s
        self._time_s = time_s
        if not 0 <= past_s <= LONGEST_GAP_S:
            self._tracks = {}
        weight = 1.0 if self.seconds == 0 else -math.expm1(-past_s / self.seconds)
        before, self._tracks = self._tracks, {}
        for item in result.objects:
            last = before.get(item.name)
            track = self._tracks[item.name] = self._followed(last, item, weight)
            track.kind_score, track.kind_shown = self._kind(last, track, item, weight)
        objects = [self._steadied(item) for item in result.objects]
        return MatchResult(result.latency_ms, objects)

    def limits(self) -> tuple[float, float]:
        """(score at which objects appear, score below which they disappear)."""
        return (
            min(self.level + self.margin, (self.level + 1) / 2),
            max(self.level - self.margin, self.level / 2),
        )

    def _followed(self, track: _Track | None, item: ObjectMatch, weight: float) -> _Track:
        appear, disappear = self.limits()
        if track is None:
            # Of the first frame nothing else is known, so it decides as if there were no margin.
            shown = item.box_px is not None and item.score >= self.level
            return _Track(item.score, shown, item.box_px, item.box_px)
        score = track.score + weight * (item.score - track.score)
        shown = score >= (disappear if track.shown else appear)
        if self.seconds == 0:
            return _Track(score, item.box_px is not None and shown, item.box_px, item.box_px)
        if item.box_px is None or (track.shown and item.score < disappear):
            # A frame in which the object can't be seen says nothing about where it is.
            shown = track.box_px is not None and shown
            return _Track(score, shown, track.box_px, item.box_px, track.elsewhere, follows=False)
        if track.box_px is None:
            return _Track(score, shown, item.box_px, item.box_px)
        before_px = track.box_px
        if not item.looked and track.own_px is not None:
            before_px = tuple(map(float, np.add(before_px, np.subtract(item.box_px, track.own_px))))
        elsewhere = track.elsewhere + 1 if iou(before_px, item.box_px) < SMALL_IOU else 0
        if elsewhere and track.shown and elsewhere < JUMP_FRAMES:
            return _Track(score, shown, before_px, item.box_px, elsewhere, follows=False)
        if elsewhere:
            return _Track(score, shown, item.box_px, item.box_px)
        box_px = tuple(old + weight * (new - old) for old, new in zip(before_px, item.box_px, strict=True))
        return _Track(score, shown, box_px, item.box_px)

    def _kind(
        self, last: _Track | None, track: _Track, item: ObjectMatch, weight: float
    ) -> tuple[float, bool]:
        """Score and decision of the kind, as those of the thing itself."""
        if item.same is None:
            return track.score, track.shown
        if last is None:
            score, limit = item.kind_score, self.level
        else:
            score = last.kind_score + weight * (item.kind_score - last.kind_score)
            limit = self.limits()[last.kind_shown]
        return score, track.box_px is not None and score >= limit

    def _steadied(self, item: ObjectMatch) -> ObjectMatch:
        track = self._tracks[item.name]
        steadied = dataclasses.replace(
            item,
            score=track.score,
            match=track.shown,
            box_px=track.box_px,
            kind_score=track.kind_score,
            kind_match=track.kind_shown,
            same=None if item.same is None else track.shown,
        )
        if track.shown and track.follows:
            return steadied
        return dataclasses.replace(steadied, outline_px=None, angle_deg=None)
