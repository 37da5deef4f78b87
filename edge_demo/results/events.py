"""What happened, rather than what every frame shows: an object was seen, an object is gone.

In a film each is told once. An object must match for a while before it counts as seen, and not match for a while before it counts as
gone; in between, the two can only alternate. Only frames that were looked at decide: what is carried along proves nothing. Of
pictures each is a moment by itself.
"""

from __future__ import annotations

import dataclasses
import datetime
import json

from edge_demo.model.alignment.outline import Points
from edge_demo.model.object_match import Box, MatchResult, ObjectMatch
from edge_demo.results.answers import answer_fields
from edge_demo.results.place import place_fields


@dataclasses.dataclass(frozen=True)
class Event:
    """An object came or went."""

    kind: str  # "seen" or "gone"
    name: str
    score: float  # in [0, 1]: seen, of the frame that decided it; gone, of the last frame with a match
    kind_score: float  # of the same frame, in [0, 1]
    same: bool | None  # as `ObjectMatch`
    box_px: Box  # (xmin, ymin, xmax, ymax) in that frame
    time_s: float  # when it was decided
    since_s: float  # seen, of the first frame with a match; gone, of the last
    outline_px: Points | None = None  # in the frame of the box
    angle_deg: float | None = None  # of it


@dataclasses.dataclass
class _Presence:
    """What is remembered of one object."""

    seen: bool = False
    first_s: float | None = None  # of the present run of matches
    last: ObjectMatch | None = None  # the last match
    last_s: float = 0.0


class Events:
    """Turns results into events; give it every frame, in order.

    Args:
        min_on_s: how long an object must match without a break to be seen; 0: one frame is enough.
        cool_down_s: how long it must then not match to be gone, so also the least time between two "seen".
    """

    def __init__(self, min_on_s: float = 0.3, cool_down_s: float = 2.0):
        self._min_on_s, self._cool_down_s = min_on_s, cool_down_s
        self._objects: dict[str, _Presence] = {}

    def update(self, result: MatchResult, time_s: float) -> list[Event]:
        """What this frame decided, in the order of the objects.

        Args:
            result: of this frame. What it leaves out does not match; what was not looked at is as it was.
            time_s: of the frame, on a clock that doesn't run back.
        """
        matches = {item.name: item for item in result.objects if item.match and item.looked}
        carried = {item.name for item in result.objects if not item.looked}
        events = []
        for name in dict.fromkeys((*matches, *self._objects)):
            if name in carried:
                continue
            presence = self._objects.setdefault(name, _Presence())
            event = self._decide(presence, matches.get(name), time_s)
            if event is not None:
                events.append(event)
            if not presence.seen and presence.first_s is None:
                del self._objects[name]
        return events

    def _decide(self, presence: _Presence, item: ObjectMatch | None, time_s: float) -> Event | None:
        if item is not None:
            if presence.first_s is None:
                presence.first_s = time_s
            presence.last, presence.last_s = item, time_s
            if presence.seen or time_s - presence.first_s < self._min_on_s:
                return None
            presence.seen = True
            return _event("seen", item, time_s, presence.first_s)
        presence.first_s = None
        if not presence.seen or time_s - presence.last_s < self._cool_down_s:
            return None
        presence.seen = False
        return _event("gone", presence.last, time_s, presence.last_s)


class Sightings:
    """The events of pictures that are no film: in each of them all that matches is seen, and nothing is ever gone."""

    def update(self, result: MatchResult, time_s: float) -> list[Event]:
        """As `Events.update`."""
        return [_event("seen", item, time_s, time_s) for item in result.objects if item.match]


def _event(kind: str, item: ObjectMatch, time_s: float, since_s: float) -> Event:
    return Event(
        kind,
        item.name,
        item.score,
        item.kind_score,
        item.same,
        item.box_px,
        time_s,
        since_s,
        item.outline_px,
        item.angle_deg,
    )


def utc_now() -> datetime.datetime:
    """The time in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def event_fields(event: Event, frame: int, utc: datetime.datetime | None = None) -> dict[str, object]:
    """One event for JSON, with the number of the frame that decided it, and when that was if `utc` is given."""
    fields = {
        "event": event.kind,
        "name": event.name,
        **answer_fields(event, 4),
        "frame": frame,
        "time_s": round(event.time_s, 3),
        "since_s": round(event.since_s, 3),
        **place_fields(event, 2),
    }
    if utc is not None:
        fields["utc"] = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return fields


def event_line(event: Event, frame: int) -> str:
    """One event as JSON, with the number of the frame that decided it."""
    return json.dumps(event_fields(event, frame), ensure_ascii=False, allow_nan=False)
