"""Outlines where people meet them: on the command line, in recordings, in the window, on the page."""

import json
import re

import cv2
import numpy as np
import pytest
from edge_aligner import TURNED, stripes, write_lying
from edge_model import write_centroid
from edge_web import served
from test_edge_web import remember

from edge_demo import __main__ as command
from edge_demo.gallery.objects import Objects
from edge_demo.model.matcher import Matcher
from edge_demo.screen.scene import Scene
from edge_demo.window import panel
from edge_demo.window.controls import Controls


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_lying(tmp_path_factory.mktemp("model") / "lying.tflite")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite")


@pytest.fixture
def pictures(tmp_path):
    """A reference, and a folder of two frames, of which the second shows something else."""
    cv2.imwrite(str(tmp_path / "cup.png"), stripes())
    (tmp_path / "frames").mkdir()
    for index, level in enumerate((200, 20)):
        cv2.imwrite(str(tmp_path / "frames" / f"{index}.png"), stripes(level))
    return tmp_path


@pytest.mark.parametrize(("outline", "count"), [("flat", 4), ("bent", 32)])
def test_the_lines_of_a_run_say_how_things_lie(pictures, model, outline, count):
    argv = ["--model", model, "--reference", pictures / "cup.png", "--source", pictures / "frames"]
    assert (
        command.main([*map(str, argv), "--outline", outline, "--headless", "--out", str(pictures / "out")])
        == 0
    )
    lines = [json.loads(line) for line in (pictures / "out" / "frames.jsonl").read_text().splitlines()]
    (there,), (gone,) = (line["objects"] for line in lines)
    assert len(there["outline_px"]) == count and there["angle_deg"] == 90
    assert (gone["match"], gone["outline_px"], gone["angle_deg"]) == (False, None, None)
    if count == 4:
        assert there["outline_px"] == [list(point) for point in TURNED]


def test_without_outlines_the_lines_have_none(pictures, model, plain):
    for number, (path, asked) in enumerate(((model, []), (model, ["--outline", "off"]), (plain, []))):
        argv = ["--model", path, "--reference", pictures / "cup.png", "--source", pictures / "frames"]
        out = pictures / str(number)
        assert command.main([*map(str, argv), *asked, "--headless", "--out", str(out)]) == 0
        objects = json.loads((out / "frames.jsonl").read_text().splitlines()[0])["objects"]
        assert (objects[0]["match"], objects[0]["outline_px"], objects[0]["angle_deg"]) == (True, None, None)


def test_match_says_how_the_thing_lies(pictures, model, capfd):
    argv = ["match", str(pictures / "cup.png"), str(pictures / "frames" / "0.png"), "--model", str(model)]
    assert command.main([*argv, "--outline", "flat", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["outline_px"], found["angle_deg"]) == ([list(point) for point in TURNED], 90)
    assert command.main([*argv, "--outline", "flat"]) == 0
    assert "turned clockwise by 90.0 degrees" in capfd.readouterr().out
    assert command.main(argv) == 0
    assert "turned" not in capfd.readouterr().out


def test_outlines_of_a_model_that_cannot_align_are_refused_in_one_line(pictures, plain, capfd):
    cup = str(pictures / "cup.png")
    argv = ["--model", str(plain), "--outline", "flat"]
    watched = ["--reference", cup, "--source", str(pictures / "frames"), "--headless", "--out"]
    for line in (
        [*watched, str(pictures / "out"), *argv],
        ["match", cup, cup, *argv],
    ):
        assert command.main(line) == 2
        assert re.fullmatch(
            r"error: [^\n]*can align, for flat outlines[^\n]*--outline[^\n]*\n", capfd.readouterr().err
        )
    assert not (pictures / "out").exists()


def orange(picture_bgr_u8):
    return (picture_bgr_u8 == (0, 159, 230)).all(axis=2)


def test_the_window_draws_outlines_until_they_are_switched_off(model):
    """The frame is 400 x 240, so its box is drawn along its edges, and the outline at 100 and 300."""
    matcher = Matcher(model, outline="flat")
    objects, frame_bgr_u8 = Objects(matcher), np.zeros((240, 400, 3), np.uint8)
    frame_bgr_u8[:, :200] = 200
    objects.add("cup", frame_bgr_u8)
    scene = Scene(frame_bgr_u8, objects.match(frame_bgr_u8), objects)
    assert scene.facts().outlines
    on, off = (orange(panel.drawn(scene, Controls(0.5, outlines=on))) for on in (True, False))
    assert on[90, 98:103].any() and not off[90, 98:103].any()
    assert off[90, 1:4].any() and not on[90, 1:4].any()
    np.testing.assert_array_equal(orange(scene.drawn()), orange(scene.drawn(outlines=True)))


def test_the_page_says_how_things_lie_and_switches_outlines(model):
    with served(model, outline="flat") as client:
        assert client.wait_for(lambda state: state["frame"])["outlines"] is None  # nothing is known yet
        assert remember(client)[0] == 200
        state = client.wait_for(lambda state: state["objects"] and state["objects"][0].get("outline_px"))
        assert state["outlines"] is True
        assert state["objects"][0]["outline_px"] == [[60, 12], [60, 36], [20, 36], [20, 12]]
        assert state["objects"][0]["angle_deg"] == 90
        assert client.json("PUT", "/api/outlines", {"outlines": False}) == (200, {"outlines": False})
        state = client.wait_for(lambda state: state["outlines"] is False)
        assert client.wait_for(lambda later: later["frame"] > state["frame"])["objects"][0]["outline_px"]


@pytest.mark.parametrize("outlines", [0, "true", None, [True]])
def test_a_switch_is_on_or_off(plain, outlines):
    with served(plain) as client:
        status, answer = client.json("PUT", "/api/outlines", {"outlines": outlines})
        assert status == 400 and "true or false" in answer["error"]
