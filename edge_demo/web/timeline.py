"""What was seen lately, with a small picture of each: for whoever comes to the page later."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterator

import cv2

from edge_demo.camera.frames import Frame
from edge_demo.gallery.objects import Objects
from edge_demo.model.object_match import MatchResult
from edge_demo.outputs.listener import Listener
from edge_demo.results.events import Event, utc_now
from edge_demo.screen import overlay

MOST = 60  # that are kept: a megabyte or so
WIDTH_PX, QUALITY = 480, 80  # of a JPEG


@dataclasses.dataclass(frozen=True)
class Sighting:
    """An object came, and perhaps went."""

    number: int  # counts from 1
    name: str  # as it was called then
    color: str  # "#rrggbb"
    score: float  # in [0, 1]
    since: datetime.datetime  # UTC
    jpeg: bytes
    until: datetime.datetime | None = None  # None: it is still there


class Timeline(Listener):
    """Keeps the newest sightings; the loop's thread tells it, the server's reads.

    Attributes:
        sightings: the newest first; never changed, but replaced.
        changes: how many there have been.
    """

    def __init__(self):
        self.sightings: tuple[Sighting, ...] = ()
        self.changes = 0
        self._numbers = itertools.count(1)
        self._objects: Objects | None = None

    def of(self, objects: Objects) -> Timeline:
        """Itself, once the objects are there."""
        self._objects = objects
        return self

    def tell(self, event: Event, frame: Frame, steadied: MatchResult) -> None:
        """Adds what was seen, or says that it is gone."""
        if event.kind == "seen":
            self.sightings = (self._sighting(event, frame, steadied), *self.sightings)[:MOST]
        else:
            self.sightings = tuple(self._ended(event.name))
        self.changes += 1

    def picture(self, number: int) -> bytes | None:
        """The JPEG of a sighting; None if it is none, or none any more."""
        return next((one.jpeg for one in self.sightings if one.number == number), None)

    def fields(self) -> list[dict[str, object]]:
        """For JSON, without the pictures."""
        return [
            {
                "number": one.number,
                "name": one.name,
                "color": one.color,
                "score": round(one.score, 3),
                "since": one.since.isoformat(timespec="seconds"),
                "until": None if one.until is None else one.until.isoformat(timespec="seconds"),
            }
            for one in self.sightings
        ]

    def _sighting(self, event: Event, frame: Frame, steadied: MatchResult) -> Sighting:
        colors = {known.name: known.color for known in self._objects.known}
        own = [item for item in steadied.objects if item.name == event.name]
        drawn_bgr_u8 = overlay.draw(frame.frame_bgr_u8, own, colors=colors, labels=False)
        height, width = drawn_bgr_u8.shape[:2]
        if width > WIDTH_PX:
            wh = WIDTH_PX, max(1, round(height * WIDTH_PX / width))
            drawn_bgr_u8 = cv2.resize(drawn_bgr_u8, wh, interpolation=cv2.INTER_AREA)
        _, jpeg = cv2.imencode(".jpg", drawn_bgr_u8, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        color = hex_of(colors[event.name])
        return Sighting(next(self._numbers), event.name, color, event.score, utc_now(), jpeg.tobytes())

    def _ended(self, name: str) -> Iterator[Sighting]:
        """All of them; the newest of that name, if it is still there, ends now."""
        for one in self.sightings:
            if one.name == name and one.until is None:
                one = dataclasses.replace(one, until=utc_now())
            yield one


def hex_of(color_bgr: tuple[int, int, int]) -> str:
    """A colour as style sheets have it."""
    blue, green, red = color_bgr
    return f"#{red:02x}{green:02x}{blue:02x}"
