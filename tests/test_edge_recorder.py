"""Both files whole under their names, or nothing at all."""

import json

import cv2
import numpy as np
import pytest

from edge_demo.camera import Frame
from edge_demo.errors import EdgeError
from edge_demo.matcher import MatchResult, ObjectMatch
from edge_demo.recorder import Recorder, json_line

CUP = ObjectMatch("cup", 0.934567, True, (1.234567, 2.0, 30.5, 20.0), 0.1)
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
            {"name": "cup", "score": 0.9346, "match": True, "box_px": [1.23, 2.0, 30.5, 20.0]},
            {"name": "Füller", "score": 0.1, "match": False, "box_px": [1.23, 2.0, 30.5, 20.0]},
        ],
    }
    assert "\n" not in json_line(7, RESULT)


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


def test_a_failure_removes_what_was_begun_and_keeps_what_was_there(tmp_path):
    (tmp_path / "video.mp4").write_text("old")

    def failing():
        yield frame(0)
        raise EdgeError("the camera burns")

    with pytest.raises(EdgeError, match="burns"):
        record(tmp_path, failing(), overwrite=True)
    assert names(tmp_path) == ["video.mp4"]
    assert (tmp_path / "video.mp4").read_text() == "old"
    with pytest.raises(EdgeError, match="burns"):
        record(tmp_path / "new" / "out", failing())
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


def test_a_video_that_is_not_whole_is_no_recording(tmp_path):
    """The writer says nothing when its frames go nowhere; the check at the end does."""
    recorder = Recorder(tmp_path / "out")
    recorder.write(frame(0), frame(0).frame_bgr_u8, RESULT)
    recorder._video.release()
    recorder.write(frame(1), frame(1).frame_bgr_u8, RESULT)
    with pytest.raises(EdgeError, match="the video is not whole"):
        recorder.close()
    assert names(tmp_path) == []
