"""What bears its final name can be read, whatever ended the recording."""

import dataclasses
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.outputs import segments
from edge_demo.outputs.event_log import EventLog
from edge_demo.outputs.recorder import Recorder, json_line

CUP = ObjectMatch("cup", 0.934567, True, (1.234567, 2.0, 30.5, 20.0), 0.1)
UNALIGNED = {"outline_px": None, "angle_deg": None, "same": None, "others": []}  # nobody knows which one
PEN = ObjectMatch("Füller", 0.1, False, (1.234567, 2.0, 30.5, 20.0), 1.3)
RESULT = MatchResult(4.123456, [CUP, PEN])


def frame(index, level=0, hw=(24, 40), fps=12.5):
    return Frame(index, np.full((*hw, 3), level, np.uint8), fps)


def record(folder, frames, overwrite=False):
    with Recorder(folder, overwrite) as recorder:
        for item in frames:
            recorder.write(item, item.frame_bgr_u8, RESULT)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def decoded(path):
    capture = cv2.VideoCapture(str(path))
    pictures = []
    while (read := capture.read())[0]:
        pictures.append(read[1])
    return pictures, capture.get(cv2.CAP_PROP_FPS)


def test_a_line_says_what_was_found():
    assert json.loads(json_line(7, RESULT)) == {
        "frame": 7,
        "latency_ms": 4.123,
        "objects": [
            {
                "name": "cup",
                "score": 0.9346,
                "kind_score": 0.9346,
                "match": True,
                "looked": True,
                "box_px": [1.23, 2.0, 30.5, 20.0],
                **UNALIGNED,
            },
            {
                "name": "Füller",
                "score": 0.1,
                "kind_score": 0.1,
                "match": False,
                "looked": True,
                "box_px": [1.23, 2.0, 30.5, 20.0],
                **UNALIGNED,
            },
        ],
    }
    assert "\n" not in json_line(7, RESULT)


def test_what_was_not_looked_at_has_no_box_in_its_line():
    line = json.loads(json_line(7, MatchResult(1.0, [ObjectMatch("cup", looked=False)])))
    assert line["objects"] == [
        {
            "name": "cup",
            "score": 0.0,
            "kind_score": 0.0,
            "match": False,
            "looked": False,
            "box_px": None,
            **UNALIGNED,
        }
    ]


def test_a_line_says_how_a_match_lies():
    """To a hundredth, as its box."""
    turned = dataclasses.replace(CUP, outline_px=((1.234, 2.0), (30.0, -3.456)), angle_deg=-12.346)
    (found,) = json.loads(json_line(7, MatchResult(1.0, [turned])))["objects"]
    assert (found["outline_px"], found["angle_deg"]) == ([[1.23, 2.0], [30.0, -3.46]], -12.35)


@pytest.mark.parametrize("count", [1, 30])
def test_a_recording_has_one_line_and_one_picture_per_frame(tmp_path, count):
    record(tmp_path / "new" / "out", [frame(index, index * 8) for index in range(count)])
    assert names(tmp_path / "new" / "out") == ["frames.jsonl", "video.mp4"]
    lines = (tmp_path / "new" / "out" / "frames.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["frame"] for line in lines] == list(range(count))
    pictures, fps = decoded(tmp_path / "new" / "out" / "video.mp4")
    assert fps == 12.5
    np.testing.assert_allclose([p.mean() for p in pictures], [index * 8 for index in range(count)], atol=4)


def test_a_folder_with_files_is_refused_and_untouched(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(EdgeError, match=r"expected an empty folder, found files\. .*--overwrite\.$"):
        Recorder(tmp_path)
    assert names(tmp_path) == ["mine.txt"]


def test_overwriting_replaces_our_two_files_only(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "video.mp4").write_text("old")
    (tmp_path / "frames.jsonl").write_text("old")
    record(tmp_path, [frame(0), frame(1)], overwrite=True)
    assert names(tmp_path) == ["frames.jsonl", "mine.txt", "video.mp4"]
    assert len((tmp_path / "frames.jsonl").read_text().splitlines()) == 2
    assert len(decoded(tmp_path / "video.mp4")[0]) == 2


def failing(count):
    yield from (frame(index, index * 8) for index in range(count))
    raise EdgeError("the camera burns")


def test_a_failure_keeps_what_was_written(tmp_path):
    with pytest.raises(EdgeError, match="burns"):
        record(tmp_path / "out", failing(2))
    assert names(tmp_path / "out") == ["frames.jsonl", "video.mp4"]
    assert len(decoded(tmp_path / "out" / "video.mp4")[0]) == 2


def test_a_failure_before_the_first_frame_changes_nothing(tmp_path):
    (tmp_path / "video.mp4").write_text("old")
    with pytest.raises(EdgeError, match="burns"):
        record(tmp_path, failing(0), overwrite=True)
    assert names(tmp_path) == ["video.mp4"]
    assert (tmp_path / "video.mp4").read_text() == "old"
    with pytest.raises(EdgeError, match="burns"):
        record(tmp_path / "new" / "out", failing(0))
    assert names(tmp_path) == ["video.mp4"]


def test_an_interruption_keeps_what_was_written(tmp_path):
    def interrupted():
        yield frame(0)
        yield frame(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(tmp_path / "out", interrupted())
    assert len(decoded(tmp_path / "out" / "video.mp4")[0]) == 2
    assert len((tmp_path / "out" / "frames.jsonl").read_text().splitlines()) == 2


def test_without_a_frame_nothing_is_made(tmp_path):
    record(tmp_path / "out", [])
    assert names(tmp_path) == []


def test_a_file_where_the_folder_should_be_is_one_line(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(EdgeError, match="expected a folder to write to"):
        Recorder(tmp_path / "out")
    with pytest.raises(EdgeError, match="expected a folder to write to"):
        Recorder(tmp_path / "out" / "inner")


def test_frames_of_other_sizes_are_letterboxed_in_the_video(tmp_path):
    """A white 24x24 frame in a video of 40x24 fills columns 8 to 31."""
    square = frame(1, 255, hw=(48, 48))
    record(tmp_path / "out", [frame(0), square])
    picture = decoded(tmp_path / "out" / "video.mp4")[0][1]
    assert picture.shape == (24, 40, 3)
    assert picture[:, 11:29].min() > 200
    assert picture[:, :5].max() < 60
    assert picture[:, 35:].max() < 60


def test_odd_sizes_are_recorded(tmp_path):
    record(tmp_path / "out", [frame(0, hw=(25, 41)), frame(1, hw=(25, 41))])
    assert len(decoded(tmp_path / "out" / "video.mp4")[0]) == 2


def test_while_it_runs_closed_segments_and_lines_can_be_read(tmp_path):
    """At 12.5 frames/s a segment of 0.4 s has 5 frames."""
    with Recorder(tmp_path, segment_s=0.4) as recorder:
        for index in range(13):
            recorder.write(frame(index), frame(index, index * 8).frame_bgr_u8, RESULT)
        closed = sorted((tmp_path / "segments").glob("0*.mp4"))
        assert [len(decoded(path)[0]) for path in closed] == [5, 5]
        lines = (tmp_path / "frames.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["frame"] for line in lines] == list(range(13))
    assert names(tmp_path) == ["frames.jsonl", "video.mp4"]
    means = [picture.mean() for picture in decoded(tmp_path / "video.mp4")[0]]
    np.testing.assert_allclose(means, [index * 8 for index in range(13)], atol=4)


def test_what_a_killed_run_left_is_refused_and_then_replaced(tmp_path):
    (tmp_path / "segments").mkdir()
    for name in ("segments/000001.mp4", "segments/.partial-000002.mp4", ".partial-video.mp4", "frames.jsonl"):
        (tmp_path / name).write_text("old")
    with pytest.raises(EdgeError, match="--overwrite"):
        Recorder(tmp_path)
    record(tmp_path, [frame(0)], overwrite=True)
    assert names(tmp_path) == ["frames.jsonl", "video.mp4"]


class FullDisk:
    """Stands in for a log whose disk is full after some bytes: writes what fits, then fails."""

    def __init__(self, file, room):
        self._file, self._room = file, room

    def __getattr__(self, name):
        return getattr(self._file, name)

    def write(self, data):
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        data = data[: self._room]
        self._room -= len(data)
        return self._file.write(data)


def test_a_full_disk_keeps_the_segments_and_whole_lines_only(tmp_path):
    recorder = Recorder(tmp_path, segment_s=0.4)
    size = len(json_line(0, RESULT).encode()) + 1
    recorder._lines = FullDisk(recorder._lines, size * 7 + 20)
    with (
        pytest.raises(EdgeError, match=r"No space left on device\. Kept what is whole: 2 in segments/"),
        recorder,
    ):
        for index in range(10):
            recorder.write(frame(index), frame(index).frame_bgr_u8, RESULT)
    lines = (tmp_path / "frames.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["frame"] for line in lines] == list(range(7))
    assert names(tmp_path) == ["frames.jsonl", "segments"]
    assert names(tmp_path / "segments") == ["000001.mp4", "000002.mp4"]
    assert len(decoded(tmp_path / "segments" / "000002.mp4")[0]) == 3


def test_a_disk_that_is_full_from_the_start_leaves_nothing(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(segments, "_opened", full)
    with pytest.raises(EdgeError, match=r"No space left on device\. Nothing was recorded"):
        record(tmp_path / "out", [frame(0)])
    assert names(tmp_path) == []


def test_a_join_that_fails_keeps_the_segments(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(segments, "_copy_packets", full)
    recorder = Recorder(tmp_path, segment_s=0.4)
    for index in range(10):
        recorder.write(frame(index), frame(index).frame_bgr_u8, RESULT)
    with pytest.raises(EdgeError, match=r"No space left on device\. Kept what is whole: 2 in segments/"):
        recorder.close()
    assert names(tmp_path) == ["frames.jsonl", "segments"]


ENDLESS = """
import itertools, sys
from edge_demo.camera import sim
from edge_demo.camera.frames import Frame
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.outputs.recorder import Recorder

camera, result = sim.SimCamera(0), MatchResult(1.0, [ObjectMatch("cup", 0.5, True, (0.0, 0.0, 9.0, 9.0), 0.1)])
with Recorder(sys.argv[1], segment_s=1.0) as recorder:
    for index in itertools.count():
        picture = camera.frame(index)[:48, :64].copy()
        recorder.write(Frame(index, picture, 20.0), picture, result)
"""


def test_a_killed_run_leaves_segments_that_play_and_lines_that_parse(tmp_path):
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(out)], cwd=Path(__file__).parents[1])
    deadline = time.monotonic() + 30
    while not (out / "segments" / "000003.mp4").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    played = [len(decoded(path)[0]) for path in sorted((out / "segments").glob("0*.mp4"))]
    assert len(played) >= 3
    assert all(1 <= count <= 20 for count in played)
    lines = (out / "frames.jsonl").read_text(encoding="utf-8")
    frames = [json.loads(line)["frame"] for line in lines.splitlines()]
    assert frames == list(range(len(frames)))
    assert len(frames) >= sum(played)
    with pytest.raises(EdgeError, match="--overwrite"):
        Recorder(out)
    record(out, [frame(0)], overwrite=True)
    assert names(out) == ["frames.jsonl", "video.mp4"]


def test_a_recording_that_was_cut_off_is_not_lost_unnoticed(tmp_path, capfd):
    (tmp_path / "segments").mkdir()
    for name in ("000001.mp4", "000002.mp4", ".partial-000003.mp4"):
        (tmp_path / "segments" / name).touch()
    with pytest.raises(
        EdgeError, match=r"found a recording that was cut off, 2 in segments/\. Choose another"
    ):
        Recorder(tmp_path)
    assert len(names(tmp_path / "segments")) == 3
    record(tmp_path, [frame(0)], overwrite=True)
    assert capfd.readouterr().err == f"{tmp_path}: overwrote a recording that was cut off, 2 in segments/.\n"
    assert names(tmp_path) == ["frames.jsonl", "video.mp4"]
    record(tmp_path, [frame(0)], overwrite=True)  # a whole one is what --overwrite is for
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["frames.jsonl", "video.mp4", "segments", "segments/0.mp4", "events.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_a_pipe_or_a_link_in_the_place_of_a_recording_is_refused(tmp_path, name, kind):
    """A link may lead to a folder whose videos would be removed; whoever opens a pipe waits for ever."""
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    os.mkfifo(path) if kind == "pipe" else path.symlink_to(tmp_path)
    refused = pytest.raises(EdgeError, match=f"a {kind} called {path.name}")
    with refused, Recorder(tmp_path / "out", overwrite=True), EventLog(tmp_path / "out"):
        pass
    assert path.is_fifo() or path.is_symlink()


@pytest.mark.parametrize(
    "name", [".partial-frames.jsonl", ".partial-video.mp4", "segments/.partial-000001.mp4"]
)
def test_what_bears_the_name_of_a_leftover_makes_room_for_a_recording(tmp_path, name):
    (tmp_path / "segments").mkdir()
    os.mkfifo(tmp_path / name)
    record(tmp_path, [frame(0)], overwrite=True)
    assert names(tmp_path) == ["frames.jsonl", "video.mp4"]
