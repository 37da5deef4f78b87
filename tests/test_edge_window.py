"""Whether there is a display is found out before OpenCV could abort on it."""

import sys

import pytest

from edge_demo.errors import EdgeError
from edge_demo.window import window


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no such variables")
def test_without_a_display_the_way_out_is_named(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(EdgeError, match=r"No display to open a window on\. Add --headless"):
        window.require_display()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no such variables")
def test_a_display_that_does_not_answer_is_survived(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":987")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(EdgeError, match="can't open a window"):
        window.require_display()
