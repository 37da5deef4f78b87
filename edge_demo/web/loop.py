"""The main loop where a page takes the place of the window."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time

from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import Objects
from edge_demo.outputs.observer import Observer
from edge_demo.outputs.recorder import Recorder
from edge_demo.outputs.tally import Summary, Tally
from edge_demo.watch import NOTHING, Results
from edge_demo.web import endpoint
from edge_demo.web.endpoint import Endpoint
from edge_demo.web.guard import Guard
from edge_demo.web.screen import Screen
from edge_demo.web.server import Server
from edge_demo.window.scene import Scene


@dataclasses.dataclass(frozen=True)
class Door:
    """Where requests arrive, and who judges them."""

    endpoint: Endpoint
    guard: Guard


def opened_door(address: str, token: str | None) -> Door:
    """Listens at an address, as `endpoint.opened` takes it, for those who know the token.

    Raises:
        EdgeError: as `endpoint.opened` and `Guard`.
    """
    listening = endpoint.opened(address)
    try:
        return Door(listening, Guard(listening, token))
    except EdgeError:
        listening.socket.close()
        raise


def serve(
    results: Results,
    stop: threading.Event,
    door: Door,
    observer: Observer,
    objects: Objects,
    recorder: Recorder | None,
) -> Summary:
    """Shows every result on the page, and records it if there is a recorder, until they end or `stop` is set.

    Raises:
        EdgeError: as the recorder and the observer; without any frame.
    """
    tally, screen = Tally(), Screen(observer.smoothing.level)
    with recorder or contextlib.nullcontext(), observer, Server(door.endpoint, door.guard, screen):
        print(f"Open {door.endpoint.url} in a browser; Ctrl-C ends.", flush=True)
        steadied = NOTHING
        shown_s = time.perf_counter()
        for frame, result in results:
            observer.smoothing.level = screen.level
            if not frame.stale:
                tally.add(result)
                steadied = observer.update(frame, result)
            scene = Scene(frame.frame_bgr_u8, steadied, objects, tally.recent_fps(), frame.notice)
            if recorder is not None and not frame.stale:
                recorder.write(frame, scene.drawn(), result)
            screen.show(scene)
            if not observer.live:  # a camera sets the pace itself
                stop.wait(1 / frame.fps - (time.perf_counter() - shown_s))
            shown_s = time.perf_counter()
            if stop.is_set():
                break
    return tally.summary((*(recorder.files if recorder else ()), *observer.files))
