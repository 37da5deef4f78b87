"""The live picture: pictures as one endless JPEG (MJPEG), numbers as server-sent events."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import cv2
from aiohttp import web

from edge_demo.model.reference import counter_examples
from edge_demo.results.answers import answer_fields
from edge_demo.results.place import other_places, place_fields
from edge_demo.screen.scene import Scene
from edge_demo.web.board import Board
from edge_demo.web.refusal import Refusal
from edge_demo.web.sighting import hex_of
from edge_demo.web.timeline import Timeline

JPEG_QUALITY = 80
MOST_VIEWERS = 16
STATE_S = 0.1  # between two looks at the numbers: faster than anybody reads
STILL_HERE_S = 1.0  # a page that hears nothing for longer looks for us anew
BACKLOG_BYTES = 1 << 17  # on the way to one viewer: more would only be older pictures
EVENTS_BYTES = 1 << 13  # as much of what is told: who reads none of it is noticed within a minute


class Stream:
    """Draws and encodes each scene once for all viewers, while there are any, in a thread beside the loop's.

    A viewer gets the newest picture whenever the one before is sent; a slow one leaves some out.

    Args:
        board: what is shown.
        timeline: what was seen lately.
    """

    def __init__(self, board: Board, timeline: Timeline):
        self._board, self._timeline = board, timeline
        self._closing = asyncio.Event()
        self._new = asyncio.Event()
        self._next: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._viewers = self._listeners = 0

    async def encode(self) -> None:
        """Runs until cancelled."""
        while True:
            await self._new.wait()
            self._new.clear()
            board = self._board
            jpeg = await asyncio.to_thread(_encoded, board.scene, board.outlines, board.candidates)
            self._publish(jpeg)

    def close(self) -> None:
        """Lets every viewer's request end."""
        self._closing.set()
        self._publish(None)

    async def pictures(self, request: web.Request) -> web.StreamResponse:
        """Frames with their boxes, as long as the viewer stays."""
        async with self._watching():
            response = web.StreamResponse(
                headers={"Content-Type": "multipart/x-mixed-replace; boundary=frame"}
            )
            await response.prepare(request)
            _hold_back(request, BACKLOG_BYTES)
            # The boundary goes out with the picture before it: browsers show a part when they see its end.
            with suppress(ConnectionError):  # the viewer is gone
                await response.write(b"--frame\r\n")
                while not self._closing.is_set() and (jpeg := await asyncio.shield(self._next)) is not None:
                    head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
                    await response.write(head + jpeg + b"\r\n--frame\r\n")
            return response

    async def events(self, request: web.Request) -> web.StreamResponse:
        """What the page shows besides, whenever it changes."""
        self._limit(self._listeners)
        self._listeners += 1
        try:
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            await response.prepare(request)
            _hold_back(request, EVENTS_BYTES)
            last, quiet_s = "", 0.0
            with suppress(ConnectionError):
                while not self._closing.is_set():
                    line = json.dumps(self.state(), ensure_ascii=False)
                    if line != last or quiet_s >= STILL_HERE_S:
                        await response.write(f"data: {line}\n\n".encode())
                        last, quiet_s = line, 0.0
                    await asyncio.sleep(STATE_S)
                    quiet_s += STATE_S
            return response
        finally:
            self._listeners -= 1

    def state(self) -> dict:
        """All that the page shows but the picture: the newest scene's objects and what the model said of them."""
        board, scene = self._board, self._board.scene
        state = {"frame": board.shown, "level": board.level, "objects": [], "candidates": board.candidates}
        state["timeline"] = self._timeline.changes
        if scene is None:
            none = {"fps": None, "latency_ms": 0.0, "outlines": None, "camera": "none"}
            return state | none | {"notice": "waiting for the first picture"}
        facts = scene.facts()
        state["camera"] = "none" if scene.blank else "lost" if scene.notice else "live"
        # What was found before a camera was lost is no news.
        found = {} if scene.notice else {item.name: item for item in scene.result.objects}
        for known in scene.objects.known:
            entry = {"name": known.name, "color": hex_of(known.color), "views": len(known.views)}
            entry["unlike"] = len(counter_examples(known.views))
            if (item := found.get(known.name)) is not None:
                said = {"match": item.match, "like": item.is_like, "verdict": item.verdict}
                others = {"others": other_places(item, 1)}
                entry |= answer_fields(item, 3) | said | place_fields(item, 1) | others
            state["objects"].append(entry)
        fps = None if scene.fps is None else round(scene.fps, 1)
        outlines = board.outlines if facts.outlines else None
        state |= {"frame_wh": list(facts.frame_wh), "kept": scene.objects.kept, "outlines": outlines}
        return state | {"fps": fps, "latency_ms": round(scene.result.latency_ms, 1), "notice": scene.notice}

    @asynccontextmanager
    async def _watching(self) -> AsyncIterator[None]:
        self._limit(self._viewers)
        self._viewers += 1
        loop = asyncio.get_running_loop()
        self._board.told = lambda: loop.call_soon_threadsafe(self._new.set)
        if self._board.scene is not None:
            self._new.set()  # a camera that is lost gives no new one soon
        try:
            yield
        finally:
            self._viewers -= 1
            if not self._viewers:
                self._board.told = None

    def _publish(self, jpeg: bytes | None) -> None:
        due, self._next = self._next, asyncio.get_running_loop().create_future()
        due.set_result(jpeg)

    def _limit(self, count: int) -> None:
        if count >= MOST_VIEWERS:
            raise Refusal(
                503, f"Expected at most {MOST_VIEWERS} viewers, this is one more. Close another page."
            )


def _hold_back(request: web.Request, most_bytes: int) -> None:
    """Lets no more than that be on the way to a viewer, so that it shows when nothing is read any more."""
    if request.transport is not None:
        request.transport.set_write_buffer_limits(high=most_bytes // 2)
        channel = request.transport.get_extra_info("socket")
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, most_bytes)


def _encoded(scene: Scene, outlines: bool, candidates: bool) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return cv2.imencode(".jpg", scene.unlabelled(outlines, candidates), quality)[1].tobytes()
