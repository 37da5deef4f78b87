"""The main loop: every frame of a source is compared with every reference, told to the outputs, and shown on the screen."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from edge_demo.asked_to_end import asked_to_end
from edge_demo.camera import sim
from edge_demo.camera.folder import means_pictures
from edge_demo.camera.frames import Frame, Source
from edge_demo.camera.live import NoCamera
from edge_demo.camera.sources import open_source
from edge_demo.console import one_line
from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery, held
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.still import Still
from edge_demo.model.description import hash_of
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import MatchResult
from edge_demo.outputs.listener import Opener
from edge_demo.results.events import Events, Sightings
from edge_demo.results.smoothing import Smoothing
from edge_demo.results.tally import Summary, Tally
from edge_demo.screen.scene import Scene
from edge_demo.screen.screen import Screen

NOTHING = MatchResult(0.0, [])

LONGEST_SHOWN_S = 1.0  # a picture of a film of few a minute: keys, and Ctrl-C, are heard after it


@dataclasses.dataclass(frozen=True)
class WatchConfig:
    """What to look for, and where."""

    model: Path
    references: tuple[Path, ...]  # as `objects.named_pictures` takes them
    gallery: Path | None  # a folder of objects that stays; without both: the simulated camera's own digit
    source: str  # as `sources.open_source` takes it
    realtime: bool  # play what isn't live at its own rate
    seed: int  # of the simulated camera
    max_frames: int | None  # None: until the source ends
    num_threads: int  # of the interpreter
    outline: str  # of matches, as `Matcher` takes it
    kinds: bool  # whether one of the kind counts as the thing
    effort: str  # one of `EFFORTS`


def run(config: WatchConfig, screen: Screen, openers: Sequence[Opener]) -> Summary:
    """Watches until the source ends, `max_frames` are done, whoever looks quits, or Ctrl-C.

    Args:
        config: says what to look for, and where.
        screen: shows it.
        openers: of the outputs.

    Raises:
        EdgeError: for a model, picture, source or folder that is not as it must be; a recording that had begun keeps its
            frames so far.
    """
    matcher = Matcher(config.model, config.num_threads, config.outline, config.kinds)
    # Pictures are no moments of one film: each stands alone.
    film = not means_pictures(config.source)
    search = (Pursuit if film else Still)(matcher, config.effort)
    smoothing = Smoothing(screen.level) if film else Smoothing(screen.level, 0, 0)
    events = Events() if film else Sightings()
    with contextlib.ExitStack() as stack:
        if config.gallery is not None and screen.watched:  # whoever looks may change it
            stack.enter_context(held(config.gallery))
        objects = _objects(matcher, config, search, screen.watched)
        source = stack.enter_context(_source(config, screen.waits))
        stop = stack.enter_context(_stop_on_signal())
        frames = _first(source, config.max_frames)
        # On a stale frame, what was found on it before is no news.
        results = (
            (frame, NOTHING if frame.stale else objects.match(frame.frame_bgr_u8, frame.time_s))
            for frame in frames
        )
        summary = loop(results, stop, source.live, objects, smoothing, events, screen, openers)
    return dataclasses.replace(summary, looks=search.looks_per_frame) if film and summary.frames else summary


def loop(
    results: Iterable[tuple[Frame, MatchResult]],
    stop: threading.Event,
    live: bool,
    objects: Objects,
    smoothing: Smoothing,
    events: Events | Sightings,
    screen: Screen,
    openers: Sequence[Opener],
) -> Summary:
    """Shows and tells every result, until there are no more, `stop` is set, or whoever looks quits.

    Args:
        results: frames, and what the model says of them.
        stop: may be set at any time; the frame at hand is still finished.
        live: whether the clock says when a frame was; if not, the frame does.
        objects: that are looked for; orders from the screen may change them.
        smoothing: steadies results, at the level of the screen.
        events: says what is to be told of them.
        screen: shows scenes; opened last and closed first.
        openers: of the outputs.

    Raises:
        EdgeError: as the outputs and the screen; without any frame.
    """
    tally, steadied = Tally(), NOTHING
    with contextlib.ExitStack() as stack:
        outputs = [stack.enter_context(opened(objects, screen)) for opened in (*openers, *screen.openers)]
        stack.enter_context(screen)
        begun_s, shown_s, before = time.monotonic(), time.perf_counter(), None
        for frame, result in results:
            smoothing.level = screen.level
            happened = []
            if not frame.stale:
                tally.add(result)
                time_s = time.monotonic() - begun_s if live else frame.time_s
                steadied = smoothing.update(result, time_s)
                happened = events.update(steadied, time_s)
            fps = tally.recent_fps() if screen.watched else None
            scene = Scene(frame.frame_bgr_u8, steadied, objects, fps, frame.notice, frame.index < 0)
            for event in happened:
                for output in outputs:
                    output.tell(event, frame, steadied)
            if not frame.stale:
                for output in outputs:
                    output.step(frame, result, scene)
            # A camera sets the pace itself; anything else is slowed down to the rate it was made for.
            stays_s = 0.0 if live else min(_gap_s(before, frame), LONGEST_SHOWN_S)
            go_on, held_s = screen.show(scene, stays_s - (time.perf_counter() - shown_s))
            tally.leave_out(held_s)
            shown_s, before = time.perf_counter(), frame
            if stop.is_set() or not go_on:
                break
    return tally.summary(tuple(path for output in outputs for path in output.files), screen.waits)


def _gap_s(before: Frame | None, frame: Frame) -> float:
    """How long a frame that isn't live stays: as long as the one before it did, where films are slow in one place and fast in another."""
    return 1 / frame.fps if before is None else frame.time_s - before.time_s


def _first(frames: Iterable[Frame], count: int | None) -> Iterator[Frame]:
    """The first `count` new frames, and the stale ones between them; None: all."""
    for frame in frames:
        yield frame
        if not frame.stale and frame.index + 1 == count:
            return


def _objects(matcher: Matcher, config: WatchConfig, search: Pursuit | Still, watched: bool) -> Objects:
    """What to look for; there must be something, unless somebody looks who can show it."""
    gallery = None
    if config.gallery is not None:
        gallery = Gallery(config.gallery, matcher, hash_of(config.model))
    objects = Objects(matcher, gallery, search)
    objects.add_files(config.references)
    if objects.known:
        return objects
    if config.source == sim.NAME and gallery is None:
        digit = sim.SimCamera(config.seed).target
        objects.add(f"digit {digit}", sim.reference_picture(digit, config.seed))
    elif not watched:
        raise EdgeError(
            "No reference. Show the object once: --reference PICTURE, or --gallery DIR with objects in it (only "
            "--source sim brings its own)."
        )
    return objects


def _source(config: WatchConfig, waits: bool) -> Source:
    """Where frames come from; for a screen that waits, also a camera that is not there yet."""
    try:
        return open_source(config.source, config.seed, config.realtime)
    except NoCamera as missing:
        if not waits:
            raise
        print(one_line(f"{missing} Tried again until it is there."), file=sys.stderr)
        return missing.waiting()


@contextlib.contextmanager
def _stop_on_signal() -> Iterator[threading.Event]:
    """Turns the first Ctrl-C, or a service's request to end, into a flag, so that no frame is cut in two.

    A second Ctrl-C interrupts at once, for a camera that hangs.
    """
    stop = threading.Event()

    def ask_to_stop(*_signal: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    with asked_to_end(ask_to_stop):
        yield stop
