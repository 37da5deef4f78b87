"""The main loop: every frame of a source, compared with every reference, shown in a window or recorded."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from edge_demo import overlay, sim
from edge_demo.camera import Frame, open_source
from edge_demo.errors import EdgeError
from edge_demo.matcher import Matcher, MatchResult, Reference
from edge_demo.preprocess import read_picture
from edge_demo.recorder import Recorder
from edge_demo.tally import Summary, Tally
from edge_demo.window import KEYS, Window, require_display

Results = Iterator[tuple[Frame, MatchResult]]
NOTHING = MatchResult(0.0, [])


@dataclasses.dataclass(frozen=True)
class WatchConfig:
    """What the command line asked for."""

    model: Path
    references: tuple[Path, ...]  # one picture per object; none: the simulated camera's own digit
    source: str  # as `camera.open_source` takes it
    realtime: bool  # play what isn't live at its own rate
    out: Path | None  # a folder to record to; None: show a window
    overwrite: bool
    max_frames: int | None  # None: until the source ends
    num_threads: int  # of the interpreter
    seed: int  # of the simulated camera


def run(config: WatchConfig) -> Summary:
    """Watches until the source ends, `max_frames` are done, the user quits, or Ctrl-C.

    Raises:
        EdgeError: for a model, picture, source, display or folder that is not as it must be; a
            recording that had begun keeps its frames so far.
    """
    if config.out is None:
        require_display()
    matcher = Matcher(config.model, config.num_threads, full_resolution=True)
    references = _described(matcher, config)
    with open_source(config.source, config.seed, config.realtime) as source, _stop_on_signal() as stop:
        frames = _first(source, config.max_frames)
        # On a stale frame, what was found on it before is no news.
        results = (
            (frame, NOTHING if frame.stale else matcher.match(frame.frame_bgr_u8, references))
            for frame in frames
        )
        if config.out is None:
            return _shown(results, stop, source.live)
        return _recorded(results, stop, config)


def _recorded(results: Results, stop: threading.Event, config: WatchConfig) -> Summary:
    tally = Tally()
    with Recorder(config.out, config.overwrite) as recorder:
        for frame, result in results:
            if not frame.stale:
                recorder.write(frame, overlay.draw(frame.frame_bgr_u8, result), result)
                tally.add(result)
            if stop.is_set():
                break
    return tally.summary(recorder.files)


def _shown(results: Results, stop: threading.Event, live: bool) -> Summary:
    tally = Tally()
    with Window() as window:
        shown_s = time.perf_counter()
        for frame, result in results:
            if not frame.stale:
                tally.add(result)
            drawn = overlay.draw(frame.frame_bgr_u8, result, tally.recent_fps(), KEYS, frame.notice)
            # A camera sets the pace itself; anything else is slowed down to the rate it was made for.
            wait_s = 0.0 if live else 1 / frame.fps - (time.perf_counter() - shown_s)
            go_on, paused_s = window.show(drawn, wait_s)
            tally.leave_out(paused_s)
            shown_s = time.perf_counter()
            if stop.is_set() or not go_on:
                break
    return tally.summary()


def _first(frames: Iterable[Frame], count: int | None) -> Iterator[Frame]:
    """The first `count` new frames, and the stale ones between them; None: all."""
    for frame in frames:
        yield frame
        if not frame.stale and frame.index + 1 == count:
            return


def _described(matcher: Matcher, config: WatchConfig) -> list[Reference]:
    if not config.references:
        if config.source != "sim":
            raise EdgeError(
                "No reference. Show the object once: --reference PICTURE (only --source sim brings its own)."
            )
        digit = sim.SimCamera(config.seed).target
        return [matcher.describe(sim.reference_picture(digit, config.seed), f"digit {digit}")]
    names = [path.stem for path in config.references]
    if len(set(names)) < len(names):
        raise EdgeError(
            f"Two references share a name, and results tell them apart by it: {', '.join(names)}. Rename one."
        )
    return [matcher.describe(read_picture(path), path.stem) for path in config.references]


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
