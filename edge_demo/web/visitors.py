"""The connections that the page's server has at a time: few, and none for nothing.

A connection is served while it is given what only those may have who know the token; otherwise it waits. One that waits has
seconds to ask for such a thing, and is the first to go when another comes and all places are taken. So whoever has no token
holds neither descriptors nor memory, whatever they send or leave out, and whoever has it always gets in.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import socket
from collections.abc import Callable, Iterator

from aiohttp import web

MOST = 64  # sixteen viewers have two each
SHARE = 8  # of the descriptors that the program may have, at most this part is the page's: the rest is the recording's
WAITS_S = 10.0  # for a whole request, from the beginning of the connection or the last answer
STALLS_S = 20.0  # that a viewer may read nothing while something is on the way
SENT_BYTES = 1 << 15  # on the way to whoever it is; a live view has more
UNASKED_BYTES = 1 << 16  # from somebody who has not shown the token: requests for the page have a tenth


def most_of(descriptors: int) -> int:
    """How many connections a program may have that may have so many descriptors."""
    return max(4, min(MOST, descriptors // SHARE))


class Visitors:
    """Makes connections, as `loop.create_server` asks for them, and closes those that are too many.

    Args:
        protocol: makes what speaks HTTP on a connection; not before something is said there.
        most: connections at a time.
    """

    def __init__(self, protocol: Callable[[], asyncio.Protocol], most: int):
        self._protocol, self._most = protocol, most
        self._by_transport: dict[asyncio.BaseTransport | None, Visitor] = {}
        self._waiting: collections.OrderedDict[Visitor, None] = collections.OrderedDict()  # longest first

    def __call__(self) -> Visitor:
        return Visitor(self, self._protocol)

    def __len__(self) -> int:
        return len(self._by_transport)

    @contextlib.contextmanager
    def served(self, request: web.Request) -> Iterator[None]:
        """While it lasts, the connection of a request stays, as long as what is sent to it is read."""
        visitor = self._by_transport.get(request.transport)
        if visitor is None:  # gone already
            yield
            return
        del self._waiting[visitor]
        visitor.serve()
        try:
            yield
        finally:
            if visitor.transport in self._by_transport:
                self._wait(visitor)

    def came(self, visitor: Visitor) -> None:
        """Lets a connection in; for it, the one that waits longest goes: itself, where all others are served."""
        self._by_transport[visitor.transport] = visitor
        self._wait(visitor)
        if len(self) > self._most:
            longest = next(iter(self._waiting))
            self.went(longest)
            longest.leave()

    def went(self, visitor: Visitor) -> None:
        """A connection is closed."""
        self._by_transport.pop(visitor.transport, None)
        self._waiting.pop(visitor, None)

    def _wait(self, visitor: Visitor) -> None:
        self._waiting[visitor] = None
        visitor.wait()


class Visitor(asyncio.Protocol):
    """One connection: hands on what happens to it, and ends it when its time is over."""

    transport: asyncio.Transport

    def __init__(self, visitors: Visitors, protocol: Callable[[], asyncio.Protocol]):
        self._visitors, self._make_protocol = visitors, protocol
        self._protocol: asyncio.Protocol | None = None
        self._end: asyncio.TimerHandle | None = None
        self._served = self._known = False  # now; ever
        self._unasked = 0  # bytes from somebody unknown

    def serve(self) -> None:
        """It is given what it may have."""
        self._served = self._known = True
        self._end_within(None)

    def wait(self) -> None:
        """It has been answered, or has not asked yet."""
        self._served = False
        self._end_within(WAITS_S)

    def leave(self) -> None:
        """It is closed, whatever is on the way."""
        self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        # What nobody reads lies in the system's memory, which would be megabytes for each.
        channel = transport.get_extra_info("socket")
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_BYTES)
        self._visitors.came(self)

    def connection_lost(self, exception: Exception | None) -> None:
        self._end_within(None)
        self._visitors.went(self)
        if self._protocol is not None:
            self._protocol.connection_lost(exception)

    def data_received(self, data: bytes) -> None:
        # The piece that passes the limit is let through: it may hold the token, and a picture besides.
        if not self._known and self._unasked > UNASKED_BYTES:
            self.leave()
            return
        self._unasked += len(data)
        if self._protocol is None:
            self._protocol = self._make_protocol()
            self._protocol.connection_made(self.transport)
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._protocol is None else self._protocol.eof_received()

    def pause_writing(self) -> None:
        if self._served:
            self._end_within(STALLS_S)
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        if self._served:
            self._end_within(None)
        if self._protocol is not None:
            self._protocol.resume_writing()

    def _end_within(self, seconds: float | None) -> None:
        if self._end is not None:
            self._end.cancel()
        later = asyncio.get_running_loop().call_later
        self._end = None if seconds is None else later(seconds, self.leave)
