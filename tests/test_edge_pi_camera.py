"""The ribbon camera, against a stand-in with picamera2's documented calls."""

import sys
import types

import numpy as np
import pytest

from edge_demo.camera.pi_camera import PiCamera
from edge_demo.camera.sources import open_source
from edge_demo.errors import EdgeError


class Picamera2:
    """Remembers what it was asked for."""

    def __init__(self):
        self.calls = []
        Picamera2.last = self

    def create_video_configuration(self, main):
        return {"main": main}

    def configure(self, configuration):
        self.calls.append(configuration)

    def start(self):
        self.calls.append("start")

    def capture_array(self, name="main", wait=None):
        self.calls.append("capture")
        width, height = self.calls[0][name]["size"]
        return np.full((height, width, 3), (255, 0, 0), np.uint8)  # "RGB888" of something blue

    def stop(self):
        self.calls.append("stop")

    def close(self):
        self.calls.append("close")


def stand_in(monkeypatch, camera):
    module = types.ModuleType("picamera2")
    module.Picamera2 = camera
    monkeypatch.setitem(sys.modules, "picamera2", module)


def test_blue_stays_blue_and_the_camera_is_released(monkeypatch):
    stand_in(monkeypatch, Picamera2)
    with open_source("csi") as source:
        frame = next(iter(source))
    assert frame.frame_bgr_u8.shape == (480, 640, 3)
    assert frame.frame_bgr_u8[0, 0].tolist() == [255, 0, 0]
    assert (source.live, frame.fps) == (True, 30)
    calls = Picamera2.last.calls
    assert calls[:2] == [{"main": {"size": (640, 480), "format": "RGB888"}}, "start"]
    assert calls[-2:] == ["stop", "close"]


def test_without_picamera2_the_way_to_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(
        EdgeError, match=r"^[^\n]*sudo apt install python3-picamera2[^\n]*--system-site-packages[^\n]*$"
    ):
        open_source("csi")


def test_without_a_camera_the_reason_is_one_line(monkeypatch):
    def none():
        raise IndexError("list index\nout of range")

    stand_in(monkeypatch, none)
    with pytest.raises(
        EdgeError, match=r"^Camera csi gives no picture, received: list index out of range\. "
    ):
        open_source("csi")


def test_a_camera_that_fails_to_start_is_released(monkeypatch):
    class Busy(Picamera2):
        def start(self):
            raise RuntimeError("busy")

    stand_in(monkeypatch, Busy)
    with pytest.raises(EdgeError, match="busy"):
        PiCamera()
    assert Picamera2.last.calls[-1] == "close"


def test_a_capture_that_fails_is_no_picture_and_no_error(monkeypatch):
    stand_in(monkeypatch, Picamera2)
    camera = PiCamera()
    assert camera.read() is not None

    def gone(*_arguments, **_options):
        raise TimeoutError

    monkeypatch.setattr(Picamera2, "capture_array", gone)
    assert camera.read() is None
    camera.close()
    camera.close()
    assert Picamera2.last.calls.count("close") == 1
