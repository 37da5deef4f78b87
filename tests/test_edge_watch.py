"""While a camera is lost, the window says so, and nothing that was found before is counted or recorded again."""

import json

import cv2
import numpy as np
import pytest
from edge_camera import Plug, SteppedClock
from edge_model import write_centroid

from edge_demo import watch
from edge_demo.camera.sources import LiveSource
from edge_demo.watch import WatchConfig
from edge_demo.window.controls import Controls


@pytest.fixture
def config(tmp_path):
    cup = np.zeros((24, 40, 3), np.uint8)
    cup[:12, :20] = 200
    cv2.imwrite(str(tmp_path / "cup.png"), cup)
    fields = dict.fromkeys(WatchConfig.__dataclass_fields__)
    model = write_centroid(tmp_path / "model.tflite")
    references = (tmp_path / "cup.png",)
    fields |= {
        "model": model,
        "references": references,
        "source": "0",
        "num_threads": 1,
        "max_frames": 6,
        "level": 0.5,
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
    summary = watch.run(config(out=tmp_path / "out"))
    assert summary.frames == 6
    assert plug.clock.now() > 110
    lines = [json.loads(line) for line in (tmp_path / "out" / "frames.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2, 3, 4, 5]


def test_the_window_shows_a_lost_camera(config, plug, monkeypatch):
    notices = []

    class Screen:
        def __init__(self, level, snapshots):
            self.controls = Controls(level)

        def __enter__(self):
            return self

        def __exit__(self, *_exception):
            pass

        def show(self, scene, wait_s):
            scene.draw(self.controls)
            notices.append(scene.notice)
            return True, 0.0

    monkeypatch.setattr(watch, "Window", Screen)
    monkeypatch.setattr(watch, "require_display", lambda: None)
    assert watch.run(config(out=None)).frames == 6
    shown = [notice for notice in notices if notice]
    assert notices.count("") == 6
    assert shown[0] == "no new picture for 2 s, reconnecting"
    assert len(shown) >= 10
