"""One loop: what a lost camera, a screen and outputs see of it."""

import json

import cv2
import numpy as np
import pytest
from edge_camera import Plug, SteppedClock
from edge_model import write_centroid

from edge_demo import watch
from edge_demo.camera.frames import Frame
from edge_demo.camera.live import LiveSource
from edge_demo.errors import EdgeError
from edge_demo.gallery.objects import Objects
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.outputs.event_log import EventLog
from edge_demo.outputs.listener import Listener
from edge_demo.outputs.recorder import Recorder
from edge_demo.results.events import Events
from edge_demo.results.smoothing import Smoothing
from edge_demo.screen.screen import Screen
from edge_demo.watch import WatchConfig


class Notebook(Listener):
    """Writes down all that it is told."""

    def __init__(self):
        self.lines = []

    def tell(self, event, frame, steadied):
        self.lines.append((event.kind, frame.index, steadied.objects[0].name))

    def step(self, frame, result, scene):
        self.lines.append(frame.index)

    def close(self):
        self.lines.append("close")


class Watched(Screen):
    """Somebody looks, moves the level to 0.9 at once, and quits after so many frames."""

    watched = True

    def __init__(self, count):
        super().__init__(0.5)
        self.count, self.scenes, self.waits_s = count, [], []

    def show(self, scene, wait_s):
        self.scenes.append(scene)
        self.waits_s.append(wait_s)
        self._level = 0.9
        return len(self.scenes) < self.count, 0.0


@pytest.fixture
def config(tmp_path):
    cup = np.zeros((24, 40, 3), np.uint8)
    cup[:12, :20] = 200
    cv2.imwrite(str(tmp_path / "cup.png"), cup)
    fields = dict.fromkeys(WatchConfig.__dataclass_fields__)
    fields["model"] = write_centroid(tmp_path / "model.tflite")
    fields |= {
        "references": (tmp_path / "cup.png",),
        "source": "0",
        "num_threads": 1,
        "max_frames": 6,
        "outline": "off",
        "effort": "thorough",
    }
    return lambda **given: WatchConfig(**fields | given)


@pytest.fixture
def plug(monkeypatch):
    """A camera that is pulled out after three frames, and put in again after ten seconds."""
    plug = Plug(SteppedClock())

    class Pulled(LiveSource):
        def __iter__(self):
            for frame in super().__iter__():
                plug.plugged = not 100.15 < plug.clock.now() < 110
                yield frame

    def opened(*_arguments):
        return Pulled("Camera fake", plug.open_camera, plug.clock)

    monkeypatch.setattr(watch, "open_source", opened)
    return plug


def test_only_new_frames_are_counted_and_recorded(tmp_path, config, plug):
    summary = watch.run(config(), Screen(0.5), [lambda *_run: Recorder(tmp_path / "out")])
    assert summary.frames == 6
    assert plug.clock.now() > 110
    lines = [json.loads(line) for line in (tmp_path / "out" / "frames.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2, 3, 4, 5]


def test_the_screen_shows_a_lost_camera(config, plug):
    screen = Watched(10**6)
    assert watch.run(config(), screen, []).frames == 6
    notices = [scene.notice for scene in screen.scenes]
    shown = [notice for notice in notices if notice]
    assert notices.count("") == 6
    assert shown[0] == "no new picture for 2 s, reconnecting"
    assert len(shown) >= 10


def test_without_a_reference_there_must_be_somebody_who_can_show_one(config, plug):
    with pytest.raises(EdgeError, match="No reference"):
        watch.run(config(references=()), Screen(0.5), [])
    assert watch.run(config(references=()), Watched(2), []).frames == 2


def looped(screen, openers, count=8):
    """The loop over frames of 10 a second, all of which match with a score of 0.75."""
    found = MatchResult(1.0, [ObjectMatch("cup", 0.75, True, (0.0, 0.0, 9.0, 9.0), 0.1)])
    results = (
        (Frame(index, np.zeros((48, 64, 3), np.uint8), 10.0, index / 10), found) for index in range(count)
    )
    stop = watch.threading.Event()
    return watch.loop(results, stop, False, Objects(None), Smoothing(0.5, 0, 0), Events(), screen, openers)


def test_outputs_are_told_of_events_in_the_frames_own_time_before_the_frame_itself(tmp_path):
    """At 0.3 s the object has matched for long enough."""
    notebook = Notebook()
    summary = looped(Screen(0.5), [lambda *_run: EventLog(tmp_path), lambda *_run: notebook])
    assert notebook.lines == [0, 1, 2, ("seen", 3, "cup"), 3, 4, 5, 6, 7, "close"]
    (line,) = (tmp_path / "events.jsonl").read_text().splitlines()
    assert (
        '"event": "seen", "name": "cup", "score": 0.75, "kind_score": 0.75, "same": null, "frame": 3, "time_s": 0.3'
        in line
    )
    assert summary.files == (tmp_path / "events.jsonl",)


def test_an_output_that_says_nothing_for_itself_and_a_screen_that_nobody_looks_at_do_nothing():
    summary = looped(Screen(0.5), [lambda *_run: Listener()])
    assert (summary.frames, summary.files) == (8, ())


def test_outputs_are_closed_when_one_of_them_fails():
    class Full(Listener):
        def step(self, frame, result, scene):
            raise EdgeError("full")

    notebook = Notebook()
    with pytest.raises(EdgeError, match="full"):
        looped(Screen(0.5), [lambda *_run: notebook, lambda *_run: Full()])
    assert notebook.lines == [0, "close"]


def test_whoever_looks_moves_the_level_quits_and_gets_frames_at_their_own_rate():
    """Above the level of 0.9 a score of 0.75 is no match any more."""
    screen = Watched(3)
    assert looped(screen, []).frames == 3
    assert [scene.result.objects[0].match for scene in screen.scenes] == [True, False, False]
    assert [scene.fps is None for scene in screen.scenes] == [True, False, False]
    assert all(0 < wait_s <= 0.1 for wait_s in screen.waits_s)
