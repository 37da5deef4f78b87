"""Tells a home automation, or whoever else listens to an MQTT broker, what was seen and what is gone.

    getnet/cup/event      {"event": "seen", "name": "cup", "score": 0.93, ..., "utc": "2026-05-01T10:15:00.250Z"}
    getnet/status         online, or offline once the program has ended or was cut off; retained

With --home-assistant each thing appears there by itself, see `home_assistant`.

Needs paho-mqtt, which the base install does without. Its thread talks to the broker, so frames never wait.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import datetime
import json
import os
import sys
import time
import urllib.parse
from collections.abc import Callable, Sequence

from edge_demo.camera.address import ENCODE, is_clear, masked
from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.model.object_match import MatchResult
from edge_demo.outputs.home_assistant import MOST_BYTES, PREFIX, HomeAssistant, Message, is_topic, level_of
from edge_demo.outputs.listener import Listener, Opener
from edge_demo.results.events import Event, event_fields, utc_now

PORTS = {"mqtt": 1883, "mqtts": 8883}
TOPIC = "getnet"
MOST_WAITING = 1000  # events that wait for a broker that is away; after that the newest are lost
MOST_BACK_OFF_S = 60
GOODBYE_S = (
    2.0  # for what is not told yet, and the last words; without them the broker says "offline" in our name
)
_EXPECTED = "mqtt://user:password@host:1883/topic, or mqtts:// for TLS"


@dataclasses.dataclass(frozen=True)
class Broker:
    """Where to publish, and as whom."""

    host: str
    port: int
    tls: bool  # certificates are checked against the system's, or those that SSL_CERT_FILE names
    user: str | None
    password: str | None = dataclasses.field(repr=False)
    topic: str  # all of ours begin with it
    name: str  # for messages: without the password


def parsed(address: str, password: str | None = None) -> Broker:
    """Reads an address like mqtt://user:password@host:1883/topic; all but the host may be left out.

    Args:
        address: what is special in a user or password is written as in every address, such as %40 for @.
        password: if the address has a user and no password.

    Raises:
        EdgeError: if it is another kind of address, or one that leaves open where its password ends.
    """
    try:
        parts = urllib.parse.urlsplit(address)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
        user, own_password, path = (
            urllib.parse.unquote(part, errors="strict") if part else None
            for part in (parts.username, parts.password, parts.path)
        )
        for text in (user, own_password, password, path):
            (text or "").encode()  # what is no UTF-8 can't be sent
        topic = (path or "").strip("/") or TOPIC
        whole = is_clear(address) and not (parts.query or parts.fragment) and is_topic(topic)
    except ValueError:
        whole = False
    if not whole or parts.scheme not in PORTS or not host or port == 0:
        raise EdgeError(
            f"--mqtt: expected {_EXPECTED}, received: {masked(address)!a:.200}. A topic has no + and #, and at most {MOST_BYTES} bytes; "
            f"a password is better given as GETNET_MQTT_PASSWORD in the environment, or in the address with {ENCODE}."
        )
    if password and not user:
        raise EdgeError(
            f"--mqtt: expected a user with the password of GETNET_MQTT_PASSWORD, received: {masked(address)!r}. Write "
            f"mqtt://user@host."
        )
    return Broker(
        host,
        port or PORTS[parts.scheme],
        parts.scheme == "mqtts",
        user,
        own_password or password,
        topic,
        masked(address),
    )


class Mqtt(Listener):
    """Publishes events; connects by itself, and again, for as long as it takes.

    Args:
        broker: need not be there yet.
        clock: gives the time, UTC.
        home: is told besides; None: nobody.

    Raises:
        EdgeError: without paho-mqtt.
    """

    enough_for = "--mqtt ADDRESS"

    def __init__(
        self,
        broker: Broker,
        clock: Callable[[], datetime.datetime] = utc_now,
        home: HomeAssistant | None = None,
    ):
        try:
            from paho.mqtt import client as paho
        except ImportError as error:
            raise EdgeError(
                f'--mqtt: expected the package paho-mqtt, received: {error}. Run: python -m pip install "paho-mqtt>=2.1,<3"'
            ) from None
        self._broker, self._clock, self._home = broker, clock, home
        self._status = f"{broker.topic}/status"
        self._notices: collections.deque[str] = collections.deque(maxlen=10)  # said by the main thread
        self._away = False
        self._told = self._greeted = self._arrived = 0  # messages: ours, "online", and both of them
        self._queue_full = paho.MQTT_ERR_QUEUE_SIZE
        self._client = client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        client.on_connect = self._connected
        client.on_connect_fail = lambda *_: self._lost(str(sys.exc_info()[1] or "no answer"))
        client.on_disconnect = lambda _client, _data, _flags, reason, _properties: self._lost(
            f"an end of the connection ({reason})"
        )
        client.on_publish = self._published
        client.max_queued_messages_set(MOST_WAITING)
        client.reconnect_delay_set(1, MOST_BACK_OFF_S)
        client.will_set(self._status, "offline", qos=1, retain=True)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            import ssl  # here, because it loads OpenSSL

            client.tls_set_context(ssl.create_default_context())
        client.connect_async(broker.host, broker.port, keepalive=30)
        client.loop_start()

    @classmethod
    def add_arguments(cls, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--mqtt",
            metavar="ADDRESS",
            help="tell an MQTT broker: mqtt://user@host/topic, or mqtts:// for TLS; the variable GETNET_MQTT_PASSWORD, which "
            "other users can't read, holds the password",
        )
        parser.add_argument(
            "--home-assistant",
            nargs="?",
            const=PREFIX,
            metavar="PREFIX",
            help=f"of --mqtt: let each thing appear in Home Assistant, which listens at PREFIX; without one, at {PREFIX}",
        )

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Opener | None:
        prefix = arguments.home_assistant
        if arguments.mqtt is None and prefix is not None:
            raise EdgeError("Expected --mqtt ADDRESS with --home-assistant, which it is told by.")
        if arguments.mqtt is None:
            return None
        broker = parsed(arguments.mqtt, os.environ.get("GETNET_MQTT_PASSWORD"))
        if prefix is None:
            return lambda *_run: cls(broker)
        if not is_topic(prefix.strip("/")):
            raise EdgeError(
                f"--home-assistant: expected a topic without + and #, of at most {MOST_BYTES} bytes, such as {PREFIX}, received: "
                f"{prefix!r:.80}."
            )
        prefix = prefix.strip("/")
        return lambda objects, _screen: cls(broker, home=HomeAssistant(broker.topic, objects, prefix))

    def tell(self, event: Event, frame: Frame, steadied: MatchResult) -> None:
        """Publishes an event, now or when the broker is back."""
        topic = f"{self._broker.topic}/{level_of(event.name)}/event"
        fields = event_fields(event, frame.index, self._clock())
        self._publish(topic, json.dumps(fields, ensure_ascii=False, allow_nan=False))
        if self._home is not None:
            # A picture that nobody takes now is not worth its room in the memory.
            self._publish_all(self._home.told(event, frame, steadied, self._client.is_connected()))

    def step(self, *_: object) -> None:
        """Says what became of the connection, and what is new of the objects."""
        if self._home is not None:
            self._publish_all(self._home.news())
        self._say()

    def close(self) -> None:
        """Tells the rest and says goodbye, if the broker is there and answers in time: a short run may be over before it does."""
        deadline_s = time.monotonic() + GOODBYE_S
        while self._waiting > 0 and not self._away and time.monotonic() < deadline_s:
            time.sleep(0.02)
        if self._waiting > 0:
            self._notices.append(f"{self._broker.name}: {self._waiting} messages were not told.")
        self._client.on_disconnect = None
        if self._client.is_connected():
            self._client.publish(self._status, "offline", qos=1, retain=True).wait_for_publish(GOODBYE_S)
        self._client.disconnect()
        self._say()

    @property
    def _waiting(self) -> int:
        """Messages that the broker has not acknowledged."""
        return self._told + self._greeted - self._arrived

    def _publish(self, topic: str, content: str | bytes, retain: bool = False) -> None:
        """Now, or when the broker is back, unless too many wait already."""
        info = self._client.publish(topic, content, qos=1, retain=retain)
        self._told += info.rc != self._queue_full

    def _publish_all(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._publish(message.topic, message.content, retain=True)

    def _say(self) -> None:
        while self._notices:
            print(self._notices.popleft(), file=sys.stderr)

    def _published(self, *_: object) -> None:
        """The broker has it. As `_connected`, by paho's thread."""
        self._arrived += 1

    def _connected(self, client, _data, _flags, reason, _properties) -> None:
        if reason.is_failure:
            self._lost(str(reason))
            return
        if self._away:
            self._notices.append(f"{self._broker.name} is there again.")
        self._away = False
        if self._home is not None:
            self._home.forget()
        self._greeted += 1
        client.publish(self._status, "online", qos=1, retain=True)

    def _lost(self, reason: str) -> None:
        """Told once, until it works again."""
        if not self._away:
            self._notices.append(
                f"{self._broker.name}: expected an MQTT broker, received: {' '.join(reason.split())}. Tried again until it "
                f"works; up to {MOST_WAITING} events wait."
            )
        self._away = True
