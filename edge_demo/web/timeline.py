"""What was seen lately, with a small picture of each: for whoever comes to the page later."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from edge_demo.camera.frames import Frame
from edge_demo.gallery.objects import Objects
from edge_demo.model.object_match import MatchResult
from edge_demo.outputs.listener import Listener
from edge_demo.results.events import Event, utc_now
from edge_demo.screen import overlay
from edge_demo.screen.screen import Screen
from edge_demo.web.earlier import earlier
from edge_demo.web.sighting import Sighting, hex_of, small_jpeg

MOST = 60  # that are kept: a megabyte or so


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

    def of(self, objects: Objects, screen: Screen) -> Timeline:
        """Itself, once the objects are there; it begins with the snapshots of earlier runs, if they are kept."""
        self._objects = objects
        if screen.snapshots is not None:
            colors = {known.name: hex_of(known.color) for known in objects.known}
            found = earlier(screen.snapshots, colors, MOST)
            self.sightings = tuple(found)
            self._numbers = itertools.count(len(found) + 1)
            self.changes += len(found) > 0
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
        color = hex_of(colors[event.name])
        return Sighting(
            next(self._numbers), event.name, color, event.score, utc_now(), small_jpeg(drawn_bgr_u8)
        )

    def _ended(self, name: str) -> Iterator[Sighting]:
        """All of them; the newest of that name, if it is still there, ends now."""
        for one in self.sightings:
            if one.name == name and one.until is None:
                one = dataclasses.replace(one, until=utc_now())
            yield one
