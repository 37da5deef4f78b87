"""What Home Assistant is told by way of a broker, so that each thing appears there by itself: a binary sensor, and a picture.

    homeassistant/binary_sensor/getnet/cup/config     what the sensor is called, and where its state is
    homeassistant/image/getnet/cup/config             the same of the picture
    getnet/cup/state                                  ON while it is seen, else OFF
    getnet/cup/picture                                JPEG: the frame in which it was seen last, with the boxes drawn in

All of them are retained. Both are available while getnet/status says online.

Source: MQTT discovery, home-assistant.io/integrations/mqtt; its binary sensors and images.
"""

from __future__ import annotations

import dataclasses
import json
import re
import zlib

import cv2

from edge_demo.camera.frames import Frame
from edge_demo.gallery.objects import Objects
from edge_demo.model.object_match import MatchResult
from edge_demo.results.events import Event
from edge_demo.screen import overlay

PREFIX = "homeassistant"  # where it listens, unless it was told otherwise
KINDS = ("binary_sensor", "image")
ON, OFF = "ON", "OFF"
QUALITY = 85  # of the JPEGs, of 100
# Of a topic that others begin with: MQTT ends at 65,535, and a discovery topic holds two of them.
MOST_BYTES = 30_000


@dataclasses.dataclass(frozen=True)
class Message:
    """To be published, retained."""

    topic: str
    content: str | bytes  # "" takes back what is there


class HomeAssistant:
    """What is to be published, and when.

    Args:
        topic: all of the program's own begin with it.
        objects: that are looked for; they may change.
        prefix: all that Home Assistant listens to begin with it.
    """

    def __init__(self, topic: str, objects: Objects, prefix: str = PREFIX):
        self._topic, self._objects, self._prefix = topic, objects, prefix
        self._known: set[str] = set()  # names of things that it was told of
        self._seen: set[str] = set()  # of those that are seen now
        self._forgotten = False

    def forget(self) -> None:
        """From any thread: what was told may be lost, as a broker that was away need not remember."""
        self._forgotten = True

    def news(self) -> list[Message]:
        """Of things that are new, and of those that are gone."""
        if self._forgotten:
            self._forgotten, self._known = False, set()
        names = {known.name for known in self._objects.known}
        told, self._known = self._known, names
        gone = [message for name in sorted(told - names) for message in self._taken_back(name)]
        return gone + [message for name in sorted(names - told) for message in self._announced(name)]

    def told(self, event: Event, frame: Frame, steadied: MatchResult, pictures: bool) -> list[Message]:
        """What an event changes.

        Args:
            event: of a thing; of one that was deleted meanwhile nothing is told.
            frame: that decided it.
            steadied: of that frame.
            pictures: whether what was seen is shown, too.
        """
        (self._seen.add if event.kind == "seen" else self._seen.discard)(event.name)
        colors = {known.name: known.color for known in self._objects.known}
        if event.name not in colors:
            return []
        messages = [self._state(event.name)]
        if event.kind == "seen" and pictures:
            drawn_bgr_u8 = overlay.draw(frame.frame_bgr_u8, steadied, colors=colors)
            _, jpeg = cv2.imencode(".jpg", drawn_bgr_u8, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
            messages.append(Message(self._own(event.name, "picture"), jpeg.tobytes()))
        return messages

    def _state(self, name: str) -> Message:
        return Message(self._own(name, "state"), ON if name in self._seen else OFF)

    def _taken_back(self, name: str) -> list[Message]:
        self._seen.discard(name)
        topics = [self._config(kind, name) for kind in KINDS]
        return [
            Message(topic, "") for topic in (*topics, self._own(name, "state"), self._own(name, "picture"))
        ]

    def _announced(self, name: str) -> list[Message]:
        node = plain(self._topic)
        both = {
            "name": name,
            "availability_topic": f"{self._topic}/status",
            "device": {"identifiers": [node], "name": f"GetNet {self._topic}", "manufacturer": "GetNet-TF"},
        }
        sensor = both | {
            "unique_id": f"{node}_{plain(name)}_seen",
            "state_topic": self._own(name, "state"),
            "json_attributes_topic": self._own(name, "event"),
            "device_class": "occupancy",
        }
        image = both | {
            "unique_id": f"{node}_{plain(name)}_picture",
            "image_topic": self._own(name, "picture"),
            "content_type": "image/jpeg",
        }
        configs = zip(KINDS, (sensor, image), strict=True)
        own = [
            Message(self._config(kind, name), json.dumps(config, ensure_ascii=False))
            for kind, config in configs
        ]
        return [*own, self._state(name)]

    def _config(self, kind: str, name: str) -> str:
        return f"{self._prefix}/{kind}/{plain(self._topic)}/{plain(name)}/config"

    def _own(self, name: str, what: str) -> str:
        return f"{self._topic}/{level_of(name)}/{what}"


def is_topic(text: str) -> bool:
    """Whether topics can begin with a text."""
    content = text.encode(errors="ignore")
    return 0 < len(content) <= MOST_BYTES and content.decode() == text and not set(text) & set("+#\0")


def level_of(name: str) -> str:
    """A name as one level of a topic: "cup#" becomes "cup_" with the digits that `plain` gives, "cup_" stays."""
    return _apart(
        "".join(
            "_" if character in "/+#" or not character.isprintable() else character for character in name
        ),
        name,
    )


def plain(text: str) -> str:
    """A text in the characters of a discovery topic."""
    return _apart(re.sub(r"[^A-Za-z0-9_-]", "_", text), text)


def _apart(kept: str, text: str) -> str:
    """What is kept of a text; digits at the end tell it from others that would become the same."""
    return kept if kept == text else f"{kept}_{zlib.crc32(text.encode()):08x}"
