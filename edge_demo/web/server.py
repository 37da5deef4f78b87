"""The page's server, in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from pathlib import Path

from aiohttp import web

from edge_demo.web import refusal
from edge_demo.web.api import Api
from edge_demo.web.board import Board
from edge_demo.web.complaints import Complaints
from edge_demo.web.endpoint import Endpoint
from edge_demo.web.guard import HEADERS, Guard
from edge_demo.web.stream import Stream
from edge_demo.web.timeline import Timeline
from edge_demo.web.visitors import Visitors, most_of

_PAGE = Path(__file__).parent / "page"
SCRIPTS = ("page", "live", "area", "picture", "device", "gallery", "labels", "row", "timeline", "toast")
_FILES = {
    "/": ("page.html", "text/html"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    **{f"/{name}.css": (f"{name}.css", "text/css") for name in ("looks", "page")},
    **{f"/{name}.js": (f"{name}.js", "text/javascript") for name in SCRIPTS},
}
_LAST_WORDS_S = 0.5  # for requests that are under way when the server ends
_BACKLOG = 16  # connections that wait to be let in, and that are let in at once, beside those that are there
_READ_BYTES = 1 << 14  # of a body, before somebody asks for it
_MOST_HEADERS = 64
# That encode and decode pictures: one for the stream, one for uploads. asyncio's own pool would become larger in the course of days.
_THREADS = 2


class Server:
    """Serves as long as the block lasts.

    Args:
        endpoint: where; closed at the end.
        guard: says who may.
        board: what is shown.
        timeline: what was seen lately.
    """

    def __init__(self, endpoint: Endpoint, guard: Guard, board: Board, timeline: Timeline):
        self._endpoint, self._guard, self._board, self._timeline = endpoint, guard, board, timeline
        self._complaints = Complaints()
        self._ready, self._loop, self._end = threading.Event(), None, None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="web", daemon=True)

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_exception: object) -> None:
        with contextlib.suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(4 * _LAST_WORDS_S)  # a daemon: nothing it does may keep the program from ending

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(_THREADS, "web"))
        # asyncio would write a traceback for each connection that it can't accept.
        self._loop.set_exception_handler(lambda _loop, about: self._complaints.say(_in_words(about)))
        stream = Stream(self._board, self._timeline)
        encoding = asyncio.create_task(stream.encode())
        visitors = Visitors(lambda: runner.server(), most_of(_descriptors()))
        runner = web.AppRunner(
            self._application(stream, visitors),
            access_log=None,
            logger=_silent(),
            auto_decompress=False,  # a body is as large as it says
            handle_signals=False,
            shutdown_timeout=_LAST_WORDS_S,
            read_bufsize=_READ_BYTES,
            max_headers=_MOST_HEADERS,
        )
        listening = None
        try:
            await runner.setup()
            listening = await self._loop.create_server(visitors, sock=self._endpoint.socket, backlog=_BACKLOG)
            self._ready.set()
            await self._end.wait()
        finally:
            self._ready.set()
            if listening is not None:
                listening.close()
            stream.close()
            encoding.cancel()
            await runner.cleanup()

    def _application(self, stream: Stream, visitors: Visitors) -> web.Application:
        @web.middleware
        async def guarded(request: web.Request, handler) -> web.StreamResponse:
            if not self._guard.check(request):
                return await handler(request)
            with visitors.served(request):
                response = await handler(request)
                # Here, as a slow network may take its time for it.
                await response.prepare(request)
                await response.write_eof()
                return response

        async def secured(_request: web.Request, response: web.StreamResponse) -> None:
            response.headers.update(HEADERS)

        application = web.Application(middlewares=[refusal.told(self._complaints), guarded])
        application.on_response_prepare.append(secured)
        application.add_routes(Api(self._board, self._guard, stream, self._timeline).routes())
        application.add_routes([web.get(path, _file(*entry)) for path, entry in _FILES.items()])
        return application


def _silent() -> logging.Logger:
    """For what aiohttp says of broken requests: anybody could fill the terminal with it. Bugs are told elsewhere."""
    logger = logging.getLogger(__name__)
    logger.disabled = True
    return logger


def _in_words(about: dict) -> str:
    """What asyncio complains about, in a line."""
    error = about.get("exception")
    return f"{about.get('message', 'a bug')}{'' if error is None else f': {error!r:.200}'}"


def _descriptors() -> int:
    """How many descriptors this program may have."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return 2**31
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 2**31 if limit == resource.RLIM_INFINITY else limit


def _file(name: str, content_type: str):
    """A handler that gives a file of the page, which holds nothing to protect."""
    content = (_PAGE / name).read_bytes()

    async def give(_request: web.Request) -> web.Response:
        return web.Response(body=content, content_type=content_type, charset="utf-8")

    return give
