"""The main loop: every frame of a source, compared with every reference, shown in a window or recorded."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edge_demo.camera import sim
from edge_demo.camera.sources import Frame, open_source
from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.objects import Objects
from edge_demo.model.description import hash_of
from edge_demo.model.matcher import Matcher, MatchResult
from edge_demo.model.scan import Scan
from edge_demo.outputs.observer import Observer
from edge_demo.outputs.on_seen import OnSeen
from edge_demo.outputs.recorder import Recorder
from edge_demo.outputs.snapshots import Snapshots
from edge_demo.outputs.tally import Summary, Tally
from edge_demo.smoothing import Smoothing
from edge_demo.window import overlay
from edge_demo.window.scene import Scene
from edge_demo.window.window import Window, require_display

if TYPE_CHECKING:
    from edge_demo.outputs.mqtt import Broker, Mqtt
    from edge_demo.web.loop import Door

Results = Iterator[tuple[Frame, MatchResult]]
NOTHING = MatchResult(0.0, [])
SNAPSHOTS_MB = 500
# Percent. A model's own threshold suits pairs of which half match; a camera mostly sees something else. `Smoothing` lets things
# appear 10 above the level: at 85, on scenes of kinds to choose by, 81 % of the same objects are found and 2 % of the frames
# without them are taken for them; at 50 it is 90 % and 11 % (`benchmarks/levels.py --count 150`).
LEVEL = 75


@dataclasses.dataclass(frozen=True)
class WatchConfig:
    """What the command line asked for."""

    model: Path
    references: tuple[Path, ...]  # as `objects.named_pictures` takes them
    gallery: Path | None  # a folder of objects that stays; without both: the simulated camera's own digit
    source: str  # as `camera.open_source` takes it
    realtime: bool  # play what isn't live at its own rate
    out: Path | None  # a folder to record to; None: show a window
    overwrite: bool
    max_frames: int | None  # None: until the source ends
    num_threads: int  # of the interpreter
    seed: int  # of the simulated camera
    on_seen: str | None  # a command for every object that is seen
    level: float = LEVEL / 100  # score in [0, 1] from which something counts as seen
    scan: bool = False  # follow objects in parts of the frame, and search for lost ones tile by tile
    headless: bool = False  # no window, though there may be nothing to record
    snapshots: Path | None = None  # a folder for pictures of what is seen
    limit_mb: int = SNAPSHOTS_MB  # of that folder
    broker: Broker | None = None  # of MQTT, is told of events
    web: str | None = None  # as `web.endpoint.opened` takes it: show a page there instead of a window
    token: str | None = None  # that the page asks for


def run(config: WatchConfig) -> Summary:
    """Watches until the source ends, `max_frames` are done, the user quits, or Ctrl-C.

    Raises:
        EdgeError: for a model, picture, source, display or folder that is not as it must be; a
            recording that had begun keeps its frames so far.
    """
    shown = config.out is None and config.web is None and not config.headless
    if shown:
        require_display()
    door = None if config.web is None else _door(config.web, config.token)
    matcher = Matcher(config.model, config.num_threads)
    command = None if config.on_seen is None else OnSeen(config.on_seen)
    # Pictures of a folder are no moments of one film: each stands alone.
    film = not Path(config.source).is_dir()
    scan = Scan(matcher, film) if config.scan else None
    objects = _objects(matcher, config, scan)
    with open_source(config.source, config.seed, config.realtime) as source, _stop_on_signal() as stop:
        frames = _first(source, config.max_frames)
        # On a stale frame, what was found on it before is no news.
        results = ((frame, NOTHING if frame.stale else objects.match(frame.frame_bgr_u8)) for frame in frames)
        smoothing = Smoothing(config.level) if film else Smoothing(config.level, 0, 0)
        snapshots = _snapshots(config, objects)
        listeners = [item for item in (command, snapshots, _mqtt(config)) if item is not None]
        observer = Observer(smoothing, config.out, listeners, source.live)
        if door is not None:
            summary = _served(results, stop, config, observer, objects, door)
        elif shown:
            summary = _shown(results, stop, source.live, observer, objects, snapshots)
        else:
            summary = _recorded(results, stop, config, observer, objects)
    return summary if scan is None else dataclasses.replace(summary, looks=scan.looks_per_frame)


def _recorded(
    results: Results, stop: threading.Event, config: WatchConfig, observer: Observer, objects: Objects
) -> Summary:
    tally = Tally()
    colors = {known.name: known.color for known in objects.known}
    recording = contextlib.nullcontext() if config.out is None else Recorder(config.out, config.overwrite)
    with recording as recorder, observer:
        for frame, result in results:
            if not frame.stale:
                steadied = observer.update(frame, result)
                if recorder is not None:
                    drawn = overlay.draw(frame.frame_bgr_u8, steadied, colors=colors)
                    recorder.write(frame, drawn, result)
                tally.add(result)
            if stop.is_set():
                break
    return tally.summary((*(recorder.files if recorder else ()), *observer.files))


def _shown(
    results: Results,
    stop: threading.Event,
    live: bool,
    observer: Observer,
    objects: Objects,
    snapshots: Snapshots | None,
) -> Summary:
    tally = Tally()
    with Window(observer.smoothing.level, snapshots) as window, observer:
        steadied = NOTHING
        shown_s = time.perf_counter()
        for frame, result in results:
            observer.smoothing.level = window.controls.level
            if not frame.stale:
                tally.add(result)
                steadied = observer.update(frame, result)
            scene = Scene(frame.frame_bgr_u8, steadied, objects, tally.recent_fps(), frame.notice)
            # A camera sets the pace itself; anything else is slowed down to the rate it was made for.
            wait_s = 0.0 if live else 1 / frame.fps - (time.perf_counter() - shown_s)
            go_on, paused_s = window.show(scene, wait_s)
            tally.leave_out(paused_s)
            shown_s = time.perf_counter()
            if stop.is_set() or not go_on:
                break
    return tally.summary()


def _served(
    results: Results,
    stop: threading.Event,
    config: WatchConfig,
    observer: Observer,
    objects: Objects,
    door: Door,
) -> Summary:
    from edge_demo.web import loop

    recorder = None if config.out is None else Recorder(config.out, config.overwrite)
    return loop.serve(results, stop, door, observer, objects, recorder)


def _door(address: str, token: str | None) -> Door:
    """Before anything that takes time, for an address is what people get wrong."""
    try:
        from edge_demo.web import loop
    except ImportError as error:
        raise EdgeError(
            f"--web: expected aiohttp to be installed, received: {error}. Install it with: pip install aiohttp"
        ) from None
    return loop.opened_door(address, token)


def _first(frames: Iterable[Frame], count: int | None) -> Iterator[Frame]:
    """The first `count` new frames, and the stale ones between them; None: all."""
    for frame in frames:
        yield frame
        if not frame.stale and frame.index + 1 == count:
            return


def _snapshots(config: WatchConfig, objects: Objects) -> Snapshots | None:
    if config.snapshots is None:
        return None
    return Snapshots(config.snapshots, config.limit_mb * 1_000_000, objects)


def _mqtt(config: WatchConfig) -> Mqtt | None:
    if config.broker is None:
        return None
    from edge_demo.outputs.mqtt import Mqtt

    return Mqtt(config.broker)


def _objects(matcher: Matcher, config: WatchConfig, scan: Scan | None) -> Objects:
    gallery = None
    if config.gallery is not None:
        gallery = Gallery(config.gallery, matcher, hash_of(config.model))
    objects = Objects(matcher, gallery, scan)
    objects.add_files(config.references)
    if objects.known:
        return objects
    if config.source == "sim" and gallery is None:
        digit = sim.SimCamera(config.seed).target
        objects.add(f"digit {digit}", sim.reference_picture(digit, config.seed))
    elif config.web is None and (config.out is not None or config.headless):
        raise EdgeError(
            "No reference. Show the object once: --reference PICTURE, or --gallery DIR with objects in it (only "
            "--source sim brings its own)."
        )
    return objects


@contextlib.contextmanager
def _stop_on_signal() -> Iterator[threading.Event]:
    """Turns the first Ctrl-C, or a service's request to end, into a flag, so that no frame is cut in two.

    A second Ctrl-C interrupts at once, for a camera that hangs.
    """
    stop = threading.Event()

    def ask_to_stop(*_signal: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
