"""Wrong tokens, by where they came from: after a few, each further one has to wait, so that guessing is hopeless."""

from __future__ import annotations

import collections
import dataclasses
import ipaddress
import time
from collections.abc import Callable

FREE = 20  # wrong tokens before anybody waits: people mistype, and a home has one address
FIRST_WAIT_S, MOST_WAIT_S = 1.0, 8.0
FORGOTTEN_S = 600.0
MOST_PLACES = 1024  # that are remembered; the one that was quiet longest goes first


@dataclasses.dataclass
class _Place:
    wrong: int = 0
    last_s: float = 0.0
    wait_s: float = 0.0


class Guesses:
    """Who guessed wrong, how often, and how long they wait.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._places: collections.OrderedDict[str, _Place] = collections.OrderedDict()

    def wait_s(self, address: str) -> float:
        """Seconds until a token from there is looked at again; 0: now."""
        place = self._places.get(_place_of(address))
        return 0.0 if place is None else max(0.0, place.last_s + place.wait_s - self._clock())

    def wrong(self, address: str) -> None:
        """A wrong token came from there."""
        name, now_s = _place_of(address), self._clock()
        place = self._places.pop(name, _Place())
        if now_s - place.last_s > FORGOTTEN_S:
            place = _Place()
        place.wrong, place.last_s = place.wrong + 1, now_s
        if place.wrong > FREE:
            place.wait_s = min(MOST_WAIT_S, 2 * place.wait_s or FIRST_WAIT_S)
        self._places[name] = place
        if len(self._places) > MOST_PLACES:
            self._places.popitem(last=False)

    def right(self, address: str) -> None:
        """The token came from there."""
        self._places.pop(_place_of(address), None)


def _place_of(address: str) -> str:
    """An address, or the network of 2^64 that one who has an IPv6 address usually has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((int(found), 64), strict=False))
