"""What the page can ask for, as JSON.

POST   /api/login     {"token": ...}                       sets the cookie that stands for the token
GET    /api/state                                          objects, scores, level, frames/s
GET    /api/events                                         the same as server-sent events, whenever it changes
GET    /api/stream                                         the live picture, MJPEG
PUT    /api/level     {"level": 0.5}                       score from which something is a match
PUT    /api/outlines  {"outlines": false}                  whether the picture shows outlines or boxes
POST   /api/pictures  nothing, or a JPEG or PNG file       holds the newest frame, or the file, to choose an area of it
GET    /api/pictures/ID                                    what is held, JPEG
POST   /api/objects   {"name": ..., "picture": ID, "box_px": [xmin, ymin, xmax, ymax]}     remembers the area
POST   /api/objects/NAME/not-this  {}                       what matches NAME in the newest frame is another one: a counter-example
DELETE /api/objects/NAME
"""

from __future__ import annotations

import asyncio
import json
import secrets

import cv2
from aiohttp import web

from edge_demo.errors import EdgeError
from edge_demo.gallery.object_name import next_name, safe_name
from edge_demo.model.object_match import MatchResult
from edge_demo.screen.orders import HIGHEST, LOWEST, Order
from edge_demo.screen.scene import Scene
from edge_demo.web.board import Board
from edge_demo.web.body import body_of
from edge_demo.web.guard import Guard
from edge_demo.web.refusal import Refusal
from edge_demo.web.stream import Stream
from edge_demo.web.upload import MOST_BYTES, picture_of

MOST_HELD = 4  # pictures; the oldest goes first
MOST_JSON_BYTES = 4096
MOST_UPLOADS = 2  # at a time; others wait, so that few pictures are in the memory
ORDER_S = 10.0  # a camera that hangs may keep the loop from its next frame
HELD_QUALITY = 90


class Api:
    """The handlers.

    Args:
        board: what is shown and told.
        guard: knows the token.
        stream: the live picture.
    """

    def __init__(self, board: Board, guard: Guard, stream: Stream):
        self._board, self._guard, self._stream = board, guard, stream
        self._held: dict[str, Scene] = {}
        self._uploading = asyncio.Semaphore(MOST_UPLOADS)
        self._decoding = asyncio.Lock()  # one picture at a time bounds the memory

    def routes(self) -> list[web.RouteDef]:
        """For aiohttp."""
        return [
            web.post("/api/login", self.log_in),
            web.get("/api/state", self.state),
            web.get("/api/events", self._stream.events, allow_head=False),
            web.get("/api/stream", self._stream.pictures, allow_head=False),
            web.put("/api/level", self.set_level),
            web.put("/api/outlines", self.set_outlines),
            web.post("/api/pictures", self.hold),
            web.get("/api/pictures/{id}", self.held),
            web.post("/api/objects", self.remember),
            web.post("/api/objects/{name}/not-this", self.not_this),
            web.delete("/api/objects/{name}", self.delete),
        ]

    async def log_in(self, request: web.Request) -> web.Response:
        return self._guard.log_in((await _fields(request)).get("token"), request.remote or "")

    async def state(self, _request: web.Request) -> web.Response:
        return web.json_response(self._stream.state())

    async def set_level(self, request: web.Request) -> web.Response:
        level = (await _fields(request)).get("level")
        if not (_is_number(level) and LOWEST <= level <= HIGHEST):
            raise Refusal(400, f"Expected a level from {LOWEST} to {HIGHEST}, received: {level!r:.40}.")
        self._board.level = float(level)
        return web.json_response({"level": self._board.level})

    async def set_outlines(self, request: web.Request) -> web.Response:
        outlines = (await _fields(request)).get("outlines")
        if not isinstance(outlines, bool):
            raise Refusal(400, f"Expected outlines: true or false, received: {outlines!r:.40}.")
        self._board.outlines = outlines
        return web.json_response({"outlines": outlines})

    async def hold(self, request: web.Request) -> web.Response:
        if request.can_read_body:
            async with self._uploading:
                content = await body_of(request, MOST_BYTES)
                async with self._decoding:
                    try:
                        picture_bgr_u8 = await asyncio.to_thread(picture_of, content)
                    except EdgeError as error:
                        raise Refusal(415, str(error)) from None
            scene = Scene(picture_bgr_u8, MatchResult(0.0, []), self._scene().objects)
        else:
            scene = self._scene()
        name = secrets.token_urlsafe(8)
        self._held[name] = scene
        while len(self._held) > MOST_HELD:
            del self._held[next(iter(self._held))]
        facts = scene.facts()
        fields = {"picture": name, "frame_wh": facts.frame_wh, "proposed_px": facts.proposed_px}
        return web.json_response(fields | {"name": next_name(facts.names)})

    async def held(self, request: web.Request) -> web.Response:
        frame_bgr_u8 = self._held_scene(request.match_info["id"]).frame_bgr_u8
        quality = [cv2.IMWRITE_JPEG_QUALITY, HELD_QUALITY]
        _, jpeg = await asyncio.to_thread(cv2.imencode, ".jpg", frame_bgr_u8, quality)
        return web.Response(body=jpeg.tobytes(), content_type="image/jpeg")

    async def remember(self, request: web.Request) -> web.Response:
        fields = await _fields(request)
        name, box_px = fields.get("name"), fields.get("box_px")
        if not isinstance(name, str):
            raise Refusal(400, f"Expected a name, received: {name!r:.40}.")
        try:
            plain = safe_name(name)
        except EdgeError as error:
            raise Refusal(400, str(error)) from None
        if plain != name.strip():
            raise Refusal(
                400, f"Expected a name without / and the like, received: {name!r:.40}. Try {plain!r}."
            )
        if not (isinstance(box_px, list) and len(box_px) == 4 and all(map(_is_number, box_px))):
            raise Refusal(400, f"Expected box_px: [xmin, ymin, xmax, ymax], received: {box_px!r:.80}.")
        scene = self._held_scene(fields.get("picture"))
        return await self._ordered(scene, Order("remember", plain, tuple(map(float, box_px))))

    async def not_this(self, request: web.Request) -> web.Response:
        await _fields(request)
        return await self._ordered_of(request, "not this")

    async def delete(self, request: web.Request) -> web.Response:
        return await self._ordered_of(request, "delete")

    async def _ordered_of(self, request: web.Request, kind: str) -> web.Response:
        name, scene = request.match_info["name"], self._scene()
        if name not in scene.facts().names:
            raise Refusal(404, f"Expected the name of an object, received: {name!r:.80}.")
        return await self._ordered(scene, Order(kind, name))

    async def _ordered(self, scene: Scene, order: Order) -> web.Response:
        future = asyncio.wrap_future(self._board.order(scene, order))
        try:
            notice = await asyncio.wait_for(future, ORDER_S)
        except EdgeError as error:
            raise Refusal(422, str(error)) from None
        except asyncio.TimeoutError:
            raise Refusal(503, "Expected a frame from the camera, received none. Try again later.") from None
        return web.json_response({"notice": notice})

    def _scene(self) -> Scene:
        if self._board.scene is None:
            raise Refusal(503, "Expected a frame from the camera, received none yet. Try again later.")
        return self._board.scene

    def _held_scene(self, name: object) -> Scene:
        if not isinstance(name, str) or name not in self._held:
            raise Refusal(404, "Expected a picture that is held, received another. Take or choose one again.")
        return self._held[name]


async def _fields(request: web.Request) -> dict:
    """The JSON object that a request carries."""
    if request.content_type != "application/json":  # other types can be sent by any page, without being asked
        raise Refusal(415, f"Expected application/json, received: {request.content_type!r:.80}.")
    body = await body_of(request, MOST_JSON_BYTES)
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(400, f"Expected a JSON object, received: {body!r:.80}.")
    return fields


def _is_number(value: object) -> bool:
    """Whether it is a number that a frame could need: neither NaN nor endless."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e6
