"""Segments play as soon as they have their name, and joining changes no pixel."""

import os
import resource

import cv2
import numpy as np
import pytest

from edge_demo.outputs import segments
from edge_demo.outputs.mp4_head import add_settings
from edge_demo.outputs.segments import Segments, remove_segments

FPS = 12.5
WH = (40, 24)


def picture(index):
    """A bar that walks over a noisy ground, so that frames depend on the ones before."""
    noise = np.random.default_rng(index).integers(0, 60, (24, 40, 3), dtype=np.uint8)
    noise[:, index % 36 : index % 36 + 4] = 255
    return noise


def decoded(path):
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    return [frame for _, frame in iter(capture.read, (False, None))]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "segments").mkdir()
    return tmp_path / "segments"


def written(folder, count, **settings):
    video = Segments(folder, FPS, WH, **settings)
    for index in range(count):
        video.write(picture(index))
    return video


def test_a_segment_ends_after_its_seconds_of_video(folder):
    """30 frames in segments of 1 s at 12.5 frames/s: 12, 12, 6."""
    video = written(folder, 30, segment_s=1.0, clock=lambda: 0.0)
    assert names(folder) == [".partial-000003.mp4", "000001.mp4", "000002.mp4"]
    video.close()
    assert [len(decoded(path)) for path in video.paths] == [12, 12, 6]
    assert video.frames == 30


def test_a_segment_ends_after_its_seconds_on_the_clock(folder):
    """Frames that come every 0.5 s: two fit into 1 s, whatever the rate of the video."""
    moments_s = iter(np.arange(0, 10, 0.5))
    video = written(folder, 6, segment_s=1.0, clock=lambda: next(moments_s))
    video.close()
    assert [len(decoded(path)) for path in video.paths] == [2, 2, 2]


def test_a_segment_has_at_least_one_frame(folder):
    video = written(folder, 3, segment_s=0.01, clock=lambda: 0.0)
    video.close()
    assert [len(decoded(path)) for path in video.paths] == [1, 1, 1]


@pytest.mark.parametrize("seconds", [1.0, 1.3, 60.0])
def test_the_joined_video_is_the_segments_to_the_bit(tmp_path, folder, seconds):
    video = written(folder, 40, segment_s=seconds, clock=lambda: 0.0)
    video.close()
    pieces = [frame for path in video.paths for frame in decoded(path)]
    video.join(tmp_path / "video.mp4")
    assert names(tmp_path) == ["video.mp4"]
    joined = decoded(tmp_path / "video.mp4")
    assert len(joined) == 40
    np.testing.assert_array_equal(joined, pieces)
    assert max(np.abs(frame.astype(int) - picture(i)).mean() for i, frame in enumerate(joined)) < 20


def test_the_joined_video_can_be_searched_and_keeps_its_rate(tmp_path, folder):
    video = written(folder, 40, segment_s=1.3, clock=lambda: 0.0)
    video.close()
    pieces = [frame for path in video.paths for frame in decoded(path)]
    video.join(tmp_path / "video.mp4")
    capture = cv2.VideoCapture(str(tmp_path / "video.mp4"), cv2.CAP_FFMPEG)
    assert (capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)) == (FPS, 40)
    for index in (39, 16, 15, 17, 0, 33):
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        np.testing.assert_array_equal(capture.read()[1], pieces[index])


def test_the_head_of_the_joined_video_has_the_settings_of_the_segments(tmp_path, folder):
    """As FFmpeg writes it into each segment: 0x05, the length in four bytes, the settings."""
    video = written(folder, 30, segment_s=1.0, clock=lambda: 0.0)
    video.close()
    segment = video.paths[0].read_bytes()
    video.join(tmp_path / "video.mp4")
    joined = (tmp_path / "video.mp4").read_bytes()
    heads = [data[data.rindex(b"esds") - 4 :] for data in (segment, joined)]
    sizes = [int.from_bytes(head[:4], "big") for head in heads]
    assert sizes[0] == sizes[1]
    without_rates = [
        head[:26] + head[38 : sizes[0]] for head in heads
    ]  # buffer size, highest and mean bit rate
    assert without_rates[0] == without_rates[1]
    assert b"\x05\x80\x80\x80" in heads[1][:64]


def test_a_file_without_the_expected_head_stays_as_it_is(tmp_path):
    for content in (b"", b"short", b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x08moov"):
        (tmp_path / "other").write_bytes(content)
        assert not add_settings(tmp_path / "other", b"settings")
        assert (tmp_path / "other").read_bytes() == content


def test_a_segment_that_is_not_whole_does_not_get_its_name(folder):
    """The writer says nothing when its frames go nowhere; the check at the end does."""
    video = written(folder, 1)
    video._writer.release()
    video.write(picture(1))
    with pytest.raises(OSError, match="not whole"):
        video.close()
    assert names(folder) == []


def test_a_good_segment_that_nobody_can_check_now_is_kept(folder, monkeypatch):
    """No descriptor is left, and then no memory: OpenCV opens nothing, and says no more than that."""
    video = written(folder, 2)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free_descriptor(), limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            video.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert names(folder) == [".partial-000001.mp4"]
    assert len(decoded(folder / ".partial-000001.mp4")) == 2

    video = written(folder, 3)
    closed = cv2.VideoCapture()
    monkeypatch.setattr(segments.cv2, "VideoCapture", lambda *_arguments: closed)
    with pytest.raises(OSError, match="could not be opened to check it"):
        video.close()
    monkeypatch.undo()
    assert len(decoded(folder / ".partial-000001.mp4")) == 3


def lowest_free_descriptor():
    with open(os.devnull) as file:
        return file.fileno()


def test_a_video_that_cannot_be_joined_stays_in_its_segments(tmp_path, folder):
    video = written(folder, 30, segment_s=1.0, clock=lambda: 0.0)
    video.close()
    video.paths[1].write_bytes(b"")
    with pytest.raises(OSError, match="not whole"):
        video.join(tmp_path / "video.mp4")
    assert names(tmp_path) == ["segments"]
    assert names(folder) == ["000001.mp4", "000002.mp4", "000003.mp4"]


def test_only_segments_are_removed(folder):
    for name in ("000001.mp4", ".partial-000002.mp4", "holiday.mp4"):
        (folder / name).write_text("")
    remove_segments(folder)
    assert names(folder) == ["holiday.mp4"]
    remove_segments(folder / "none")
