"""Follows things through a film, and looks for those that are lost, within a budget.

    followed    carried along by optical flow, which takes a millisecond; the network looks again after 1, 2, 3, ... frames, and at once
                where the flow is unsure, or shows something else
    lost        all together one look at the whole frame, every few frames; and between, when it is a thing's turn, a look at a part of
                the frame, in which small things are found, too. What was sure a moment ago is searched for at once, where it was

So a frame costs about the same, however many things are lost. A thing that is gone is missed at the latest when the network looks again:
after `Pace.followed` frames or `Pace.seconds`, whichever is sooner.

Example:
    pursuit = Pursuit(matcher)
    for frame in source:
        result = pursuit.match(frame.frame_bgr_u8, objects, frame.time_s)
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator, Mapping, Sequence
from typing import Protocol

import numpy as np

from edge_demo.effort import NORMAL, QUICK, THOROUGH
from edge_demo.gallery.kind_looks import KindLooks
from edge_demo.gallery.thing_looks import ThingLooks
from edge_demo.gallery.views import KnownObject, outlined
from edge_demo.model.flow import Flow, Trail, carried_box, turn_of
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import Box, MatchResult, ObjectMatch
from edge_demo.model.this_one import clipped
from edge_demo.model.turns import EVERY_ONE, Turns


@dataclasses.dataclass(frozen=True)
class Pace:
    """How often a film is looked at."""

    followed: int  # frames from a look at what is followed to the next, at most
    lost: int  # and from a look for what is lost to the next
    seconds: float  # after which both are due in any case, as frames may be far apart
    parts: float  # of the frame, that are searched for a thing that is lost, in a frame


PACES = {QUICK: Pace(12, 6, 0.5, 0.0), NORMAL: Pace(8, 4, 0.25, 0.25), THOROUGH: Pace(1, 1, 0.0, 1.0)}
AT_ONCE = 4  # parts in the first frame, and in one in which something is lost that was sure
SURE = 3  # looks that agreed

Search = Generator[None, np.ndarray, ObjectMatch]  # takes frames (H, W, 3) uint8


class Looks(Protocol):
    """How to look for a thing."""

    def again(self, frame_bgr_u8: np.ndarray, known: KnownObject, where: ObjectMatch) -> ObjectMatch:
        """Round where it was found."""

    def anew(self, frame_bgr_u8: np.ndarray, lost: Sequence[KnownObject], turns: Turns) -> list[ObjectMatch]:
        """In the whole frame; of very many things some, in turns."""

    def part_by_part(self, known: KnownObject, last: ObjectMatch, where_px: Box | None) -> Search:
        """In a part of each frame, beginning near a place."""


@dataclasses.dataclass(frozen=True)
class Track:
    """What is followed."""

    known: KnownObject  # as it was when it was looked at: somebody may have shown more of it since
    found: ObjectMatch  # when it was looked at
    trail: Trail | None  # since then; None: it can't be followed
    looks: int  # that agreed: so many frames it is trusted for
    looked_s: float | None  # when the last of them was
    age: int = 0  # frames since


def _before(told: ObjectMatch) -> ObjectMatch:
    """What was said of the frame before is said again."""
    # Of a thousand things hardly one was looked at; copies of all would take longer than following what is there.
    return dataclasses.replace(told, looked=False) if told.looked else told


class Pursuit:
    """Searches frames for objects; give it every frame, in order.

    Args:
        matcher: looks.
        effort: a key of `PACES`.
    """

    def __init__(self, matcher: Matcher, effort: str = NORMAL):
        self._matcher, self._pace = matcher, PACES[effort]
        self._looks: Looks = (KindLooks if matcher.layout is None else ThingLooks)(matcher)
        self._turns, self._frame_wh = Turns(), None
        self._forget()
        self._count = self._searches = 0

    @property
    def looks_per_frame(self) -> float:
        """How often a frame or a part of it was looked at for an object, on average; 0.0 before the first."""
        return self._count / max(self._searches, 1)

    def match(
        self, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject], time_s: float | None = None
    ) -> MatchResult:
        """Searches a frame for all objects. Those that are not among them any more are forgotten.

        Args:
            frame_bgr_u8: (H, W, 3) uint8.
            objects: that are searched for.
            time_s: of the frame; None: only frames are counted.
        """
        start = time.perf_counter()
        if frame_bgr_u8.shape[1::-1] != self._frame_wh:
            self._forget()
        self._frame_wh, self._searches = frame_bgr_u8.shape[1::-1], self._searches + len(objects)
        self._time_s = time_s
        self._flow.see(frame_bgr_u8)
        before = {known.name: self._tracks[known.name] for known in objects if known.name in self._tracks}
        self._tracks, told = {}, self._told
        self._told = self._followed(frame_bgr_u8, objects, before)
        lost = [known for known in objects if known.name not in self._tracks]
        unknown = any(
            known.name not in self._told and (known.name in before or known.name not in told)
            for known in lost
        )
        if lost and (unknown or self._number - self._anew >= self._pace.lost or self._waited(self._anew_s)):
            self._turns.know([known.views for known in objects])
            self._looked_anew(frame_bgr_u8, lost)
        else:
            self._told = {
                known.name: _before(told[known.name]) for known in lost if known.name in told
            } | self._told
        if self._pace.parts:
            self._searched(frame_bgr_u8, lost, before)
        self._number += 1
        results = [self._told[known.name] for known in objects]
        return MatchResult((time.perf_counter() - start) * 1000, results)

    def _forget(self) -> None:
        self._flow = Flow()
        self._tracks: dict[str, Track] = {}
        self._told: dict[str, ObjectMatch] = {}  # of each, in the frame before
        self._search: tuple[str, Search] | None = None  # that goes on, and for whom
        self._number = self._turn = 0  # of the frame, and whose turn is next
        self._time_s: float | None = None  # of the frame
        self._anew, self._anew_s = (
            0,
            self._time_s,
        )  # number and time of the last that was looked at as a whole
        self._owed = 0.0  # parts that may be searched

    def _waited(self, since_s: float | None) -> bool:
        """Whether a look is due by the clock."""
        return None not in (self._time_s, since_s) and self._time_s - since_s >= self._pace.seconds

    def _followed(
        self, frame_bgr_u8: np.ndarray, objects: Sequence[KnownObject], before: Mapping[str, Track]
    ) -> dict[str, ObjectMatch]:
        """What is still there of what was followed."""
        trails = dict(zip(before, self._flow.follow([track.trail for track in before.values()]), strict=True))
        tracks = {
            name: dataclasses.replace(track, trail=trails[name] or track.trail, age=track.age + 1)
            for name, track in before.items()
        }
        due = {name for name, trail in trails.items() if trail is None} | self._due(tracks)
        told = {}
        for known in objects:
            track = tracks.get(known.name)
            if track is None:
                continue
            carried = self._carried(track)
            if known.name not in due and known is track.known:
                self._tracks[known.name], told[known.name] = track, carried
                continue
            self._count += 1
            found = self._looks.again(frame_bgr_u8, known, carried)
            if found.match:
                told[known.name] = self._begun(frame_bgr_u8, known, found, track.looks + 1)
            elif len(objects) > EVERY_ONE and track.looks < SURE:
                # Of so many something is always nearly there, and the next look for what is lost is soon enough.
                told[known.name] = dataclasses.replace(found, looked=True)
        return told

    def _due(self, tracks: Mapping[str, Track]) -> set[str]:
        """Which of those that are followed are looked at again.

        Of several some can wait for the next frame, so that frames take equally long; but not for longer than the pace allows.
        """
        most = self._pace.followed
        oldest = sorted(tracks, key=lambda name: -tracks[name].age)[: -(-len(tracks) // most)]
        return {
            name
            for name, track in tracks.items()
            if track.age >= most
            or self._waited(track.looked_s)
            or (track.age >= track.looks and name in oldest)
        }

    def _looked_anew(self, frame_bgr_u8: np.ndarray, lost: Sequence[KnownObject]) -> None:
        self._count += len(lost)
        self._anew, self._anew_s = self._number, self._time_s
        for known, found in zip(lost, self._looks.anew(frame_bgr_u8, lost, self._turns), strict=True):
            self._told[known.name] = self._begun(frame_bgr_u8, known, found, 1) if found.match else found

    def _searched(
        self, frame_bgr_u8: np.ndarray, lost: Sequence[KnownObject], before: Mapping[str, Track]
    ) -> None:
        """Searches as many parts as this frame has time for; `before` are the tracks of the frame before."""
        self._owed = AT_ONCE if self._number == 0 else min(self._owed, 1.0) + self._pace.parts
        sure = [known for known in lost if known.name in before and before[known.name].looks >= SURE]
        if sure:
            self._begin_search(sure[0], self._carried(before[sure[0].name]).box_px)
            self._owed = AT_ONCE
        if len(lost) > EVERY_ONE:
            # All of them would take half an hour: what was sure is searched for to the end, and nothing else.
            lost = [known for known in lost if self._search is not None and known.name == self._search[0]]
        while self._owed >= 1 and (left := [known for known in lost if known.name not in self._tracks]):
            self._owed -= 1
            self._search_part(frame_bgr_u8, left)

    def _begin_search(self, known: KnownObject, where_px: Box | None = None) -> None:
        self._search = known.name, self._looks.part_by_part(known, self._told[known.name], where_px)
        next(self._search[1])

    def _search_part(self, frame_bgr_u8: np.ndarray, lost: Sequence[KnownObject]) -> None:
        """Goes on with a search, of one of the lost things after the other."""
        by_name = {known.name: known for known in lost}
        if self._search is None or self._search[0] not in by_name:
            self._begin_search(lost[self._turn % len(lost)])
            self._turn += 1
        name, search = self._search
        self._count += 1
        try:
            search.send(frame_bgr_u8)
        except StopIteration as end:
            self._search = None
            if end.value.match:
                self._told[name] = self._begun(frame_bgr_u8, by_name[name], end.value, 1)

    def _begun(
        self, frame_bgr_u8: np.ndarray, known: KnownObject, found: ObjectMatch, looks: int
    ) -> ObjectMatch:
        """What was found and is followed from now on."""
        found = dataclasses.replace(outlined(self._matcher, frame_bgr_u8, known, found), looked=True)
        trail = self._flow.begin(found.box_px) if self._pace.followed > 1 else None
        self._tracks[known.name] = Track(known, found, trail, looks, self._time_s)
        return found

    def _carried(self, track: Track) -> ObjectMatch:
        """What was found, where it is by now. Places further on are not followed."""
        found = dataclasses.replace(track.found, others=(), looked=False)
        if track.trail is None:
            return found
        motion = self._flow.motion_px(track.trail)
        box_px = clipped(carried_box(found.box_px, motion), self._frame_wh)
        found = dataclasses.replace(found, box_px=box_px)
        if found.angle_deg is not None:
            angle_deg = (found.angle_deg + turn_of(motion)[1] + 180) % 360 - 180
            found = dataclasses.replace(found, angle_deg=angle_deg)
        if found.outline_px is not None:
            points = np.array(found.outline_px) @ motion[:, :2].T + motion[:, 2]
            found = dataclasses.replace(found, outline_px=tuple(map(tuple, points.tolist())))
        return found
