"""What the page can ask for, as JSON.

POST   /api/login     {"token": ...}                       sets the cookie that stands for the token
GET    /api/state                                          objects, scores, level, frames/s
GET    /api/events                                         the same as server-sent events, whenever it changes
GET    /api/stream                                         the live picture, MJPEG
PUT    /api/level     {"level": 0.5}                       score from which something is a match
PUT    /api/outlines  {"outlines": false}                  whether the picture shows outlines or boxes
PUT    /api/candidates {"candidates": true}                whether it shows what is no match, too
POST   /api/pictures  nothing, or a JPEG or PNG file       holds the newest frame, or the file, to choose an area of it
GET    /api/pictures/ID                                    what is held, JPEG
POST   /api/objects   {"name": ..., "picture": ID, "box_px": [xmin, ymin, xmax, ymax]}     remembers the area
GET    /api/objects/NAME/picture                           a small picture of its first view, JPEG
PUT    /api/objects/NAME  {"name": ...}                    gives it another name
POST   /api/objects/NAME/not-this  {}                       what matches NAME in the newest frame is another one: a counter-example
DELETE /api/objects/NAME
POST   /api/undo      {}                                   brings back what was deleted last, for a quarter of a minute
GET    /api/timeline                                       what was seen lately, the newest first
GET    /api/timeline/NUMBER                                the picture of it, JPEG
"""

from __future__ import annotations

import asyncio
import functools
import json
import secrets
import unicodedata

import cv2
from aiohttp import web

from edge_demo.errors import EdgeError
from edge_demo.gallery.object_name import MAX_BYTES, next_name, safe_name
from edge_demo.model.object_match import MatchResult
from edge_demo.screen.orders import HIGHEST, LOWEST, Order
from edge_demo.screen.scene import Scene
from edge_demo.web.board import Board
from edge_demo.web.body import body_of
from edge_demo.web.guard import Guard
from edge_demo.web.refusal import Refusal
from edge_demo.web.stream import Stream
from edge_demo.web.timeline import Timeline
from edge_demo.web.upload import MOST_BYTES, picture_of

MOST_HELD = 4  # pictures; the oldest goes first
MOST_JSON_BYTES = 4096
MOST_UPLOADS = 2  # at a time; others wait, so that few pictures are in the memory
UNDO_S = 15.0  # then what was deleted is gone for good
ORDER_S = 10.0  # a camera that hangs may keep the loop from its next frame
HELD_QUALITY = 90


class Api:
    """The handlers.

    Args:
        board: what is shown and told.
        guard: knows the token.
        stream: the live picture.
        timeline: what was seen lately.
    """

    def __init__(self, board: Board, guard: Guard, stream: Stream, timeline: Timeline):
        self._board, self._guard, self._stream, self._timeline = board, guard, stream, timeline
        self._forgetting: asyncio.TimerHandle | None = None
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
            web.put("/api/outlines", self.set_switch),
            web.put("/api/candidates", self.set_switch),
            web.post("/api/pictures", self.hold),
            web.get("/api/pictures/{id}", self.held),
            web.post("/api/objects", self.remember),
            web.post("/api/objects/{name}/not-this", self.not_this),
            web.get("/api/objects/{name}/picture", self.portrait),
            web.put("/api/objects/{name}", self.rename),
            web.delete("/api/objects/{name}", self.delete),
            web.post("/api/undo", self.undo),
            web.get("/api/timeline", self.timeline),
            web.get("/api/timeline/{number}", self.sighting),
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

    async def set_switch(self, request: web.Request) -> web.Response:
        """Outlines or candidates, as the path says."""
        switch = request.path.rpartition("/")[2]
        value = (await _fields(request)).get(switch)
        if not isinstance(value, bool):
            raise Refusal(400, f"Expected {switch}: true or false, received: {value!r:.40}.")
        setattr(self._board, switch, value)
        return web.json_response({switch: value})

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
            if scene.blank:
                raise Refusal(503, f"Expected a camera, received: {scene.notice} Use a picture instead.")
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
        plain, box_px = _plain_name(fields.get("name")), fields.get("box_px")
        if not (isinstance(box_px, list) and len(box_px) == 4 and all(map(_is_number, box_px))):
            raise Refusal(400, f"Expected box_px: [xmin, ymin, xmax, ymax], received: {box_px!r:.80}.")
        scene = self._held_scene(fields.get("picture"))
        return await self._ordered(scene, Order("remember", plain, tuple(map(float, box_px))))

    async def portrait(self, request: web.Request) -> web.Response:
        name = self._known_name(request)
        known = next((known for known in self._scene().objects.known if known.name == name), None)
        if known is None or not known.portrait:
            raise Refusal(404, f"Expected an object with a picture, received: {name!r:.80}.")
        return web.Response(body=known.portrait, content_type="image/jpeg")

    async def rename(self, request: web.Request) -> web.Response:
        name, other = self._known_name(request), _plain_name((await _fields(request)).get("name"))
        return await self._ordered(self._scene(), Order("rename", name, other=other))

    async def not_this(self, request: web.Request) -> web.Response:
        await _fields(request)
        return await self._ordered(self._scene(), Order("not this", self._known_name(request)))

    async def delete(self, request: web.Request) -> web.Response:
        answer = await self._ordered(self._scene(), Order("put aside", self._known_name(request)))
        if self._forgetting is not None:
            self._forgetting.cancel()
        forget = functools.partial(self._board.order, self._scene(), Order("forget"))
        self._forgetting = asyncio.get_running_loop().call_later(UNDO_S, forget)
        return answer

    async def undo(self, request: web.Request) -> web.Response:
        await _fields(request)
        return await self._ordered(self._scene(), Order("put back"))

    async def timeline(self, _request: web.Request) -> web.Response:
        return web.json_response({"sightings": self._timeline.fields(), "changes": self._timeline.changes})

    async def sighting(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        whole = number.isascii() and number.isdecimal() and len(number) < 10
        jpeg = self._timeline.picture(int(number)) if whole else None
        if jpeg is None:
            raise Refusal(404, f"Expected the number of a sighting, received: {number!r:.40}.")
        return web.Response(body=jpeg, content_type="image/jpeg")

    def _known_name(self, request: web.Request) -> str:
        name = request.match_info["name"]
        if name not in self._scene().facts().names:
            raise Refusal(404, f"Expected the name of an object, received: {name!r:.80}.")
        return name

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


def _plain_name(name: object) -> str:
    """A name as a person gave it, if an object can be called so."""
    if not isinstance(name, str):
        raise Refusal(400, f"Expected a name, received: {name!r:.40}.")
    try:
        plain = safe_name(name)
    except EdgeError as error:
        raise Refusal(400, str(error)) from None
    if plain != unicodedata.normalize("NFC", name.strip()):
        size = len(name.strip().encode(errors="replace"))
        wrong = "without / and the like" if size <= MAX_BYTES else f"of {MAX_BYTES} bytes or less"
        received = "" if size <= MAX_BYTES else f" of {size}"
        raise Refusal(400, f"Expected a name {wrong}, received one{received}: {name!r:.40}. Try {plain!r}.")
    return plain


def _is_number(value: object) -> bool:
    """Whether it is a number that a frame could need: neither NaN nor endless."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e6
