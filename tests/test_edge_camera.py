"""Every source gives exactly its frames, or one line that says why not."""

import re
import struct

import cv2
import numpy as np
import pytest
from edge_camera import Plug, SteppedClock

from edge_demo.camera import sources
from edge_demo.camera.capture import Capture
from edge_demo.camera.live import LiveSource
from edge_demo.camera.sources import open_source
from edge_demo.camera.stepped import SteppedSource, paced
from edge_demo.camera.video import following_s
from edge_demo.errors import EdgeError


def write_video(path, frames=5, fps=12.5, hw=(24, 40)):
    """Frame i is gray of level 40 i."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), fps, hw[::-1])
    for index in range(frames):
        writer.write(np.full((*hw, 3), 40 * index, np.uint8))
    writer.release()


def write_picture(path, level, hw=(24, 40)):
    cv2.imwrite(str(path), np.full((*hw, 3), level, np.uint8))


def levels(frames):
    return [round(float(frame.frame_bgr_u8.mean())) for frame in frames]


def test_a_video_gives_every_frame_in_order_and_its_rate(tmp_path):
    write_video(tmp_path / "a.mp4")
    with open_source(str(tmp_path / "a.mp4")) as source:
        assert not source.live
        frames = list(source)
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert {frame.fps for frame in frames} == {12.5}
    assert {frame.frame_bgr_u8.shape for frame in frames} == {(24, 40, 3)}
    np.testing.assert_allclose(levels(frames), [0, 40, 80, 120, 160], atol=3)


def test_a_video_of_one_frame_ends_after_it(tmp_path):
    write_video(tmp_path / "a.mp4", frames=1)
    with open_source(str(tmp_path / "a.mp4")) as source:
        assert len(list(source)) == 1


@pytest.mark.parametrize("content", [b"", b"\0hello" * 1000])
def test_what_is_no_video_is_one_line_and_nothing_else(tmp_path, capfd, content):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(EdgeError, match=rf"a\.mp4: expected a video, received {len(content)} bytes [^\n]+$"):
        open_source(str(path))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("live.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\na.ts\n"),
        ("list.mp4", b"ffconcat version 1.0\nfile whole.mp4\n"),
        ("list.avi", b"ffconcat version 1.0\nfile whole.mp4\n#\0"),
        ("letters.txt", b"hello " * 1000),
        ("letters.txt", "grüß dich ".encode("latin-1") * 1000),
        ("letters.txt", ("hello " * 1000).encode("utf-16")),
    ],
)
def test_a_text_is_no_video_whatever_it_lists(tmp_path, capfd, name, content):
    write_video(tmp_path / "whole.mp4")
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(EdgeError, match=rf"{name}: expected a video, received a text[^\n]+$"):
        open_source(str(path))
    assert capfd.readouterr().err == ""


def test_raw_pictures_after_a_line_of_text_are_a_video(tmp_path):
    """Two pictures, every brightness and colour of which is the letter P."""
    path = tmp_path / "a.y4m"
    path.write_bytes(b"YUV4MPEG2 W64 H48 F10:1 C420jpeg\n" + 2 * (b"FRAME\n" + b"P" * (64 * 48 * 3 // 2)))
    with open_source(str(path)) as source:
        assert len(list(source)) == 2


def test_a_video_that_ends_before_it_says_is_a_line(tmp_path, capfd):
    """Of six frames the first stays for days, which is the end for FFmpeg; whoever wants no more than one hears nothing."""
    path = tmp_path / "a.mp4"
    write_video(path, frames=6)
    with_time_steps(path, [(6, 0x7FFFFFFF)])
    with open_source(str(path)) as source:
        next(iter(source))
    assert capfd.readouterr().err == ""
    with open_source(str(path)) as source:
        assert len(list(source)) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"{path}: expected 6 frames, as it announces, received 1: ")


def test_a_video_of_fewer_frames_than_its_rate_lets_expect_is_whole(tmp_path, capfd, monkeypatch):
    """Announced are 20 frames, as of 50 a second for 0.4 s; four come, the last of them at 0.35 s."""
    path = tmp_path / "a.mp4"
    write_video(path, frames=4, fps=10)
    content = path.read_bytes()
    (duration,) = struct.unpack_from(">I", content, content.rindex(b"stts") + 16)
    with_time_steps(path, [(1, 5 * duration // 2), (3, duration // 2)])
    monkeypatch.setattr(Capture, "announced", 20)
    monkeypatch.setattr(Capture, "count_until", lambda self, stamp_s: 1 + 50 * stamp_s)
    with open_source(str(path)) as source:
        assert [frame.time_s for frame in source] == pytest.approx([0, 0.25, 0.3, 0.35])
    assert capfd.readouterr().err == ""


def test_a_folder_gives_its_pictures_sorted_and_skips_what_is_none(tmp_path):
    for name, level in [("b.png", 2), ("a.PNG", 1), ("c.png", 3), (".hidden.png", 9)]:
        write_picture(tmp_path / name, level)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "folder.png").mkdir()
    with open_source(str(tmp_path)) as source:
        frames = list(source)
    assert levels(frames) == [1, 2, 3]
    assert [frame.index for frame in frames] == [0, 1, 2]


def test_a_broken_picture_is_named_once_and_left_out(tmp_path, capfd):
    write_picture(tmp_path / "a.png", 1)
    (tmp_path / "b.png").write_bytes(b"\x89PNG broken")
    write_picture(tmp_path / "c.png", 3)
    with open_source(str(tmp_path)) as source:
        frames = list(source)
    assert levels(frames) == [1, 3]
    assert [frame.index for frame in frames] == [0, 1]
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert str(tmp_path / "b.png") in lines[0]


def test_a_folder_without_pictures_is_one_line(tmp_path):
    with pytest.raises(EdgeError, match="expected pictures"):
        open_source(str(tmp_path))


def test_a_folder_of_broken_pictures_is_an_error_after_their_names(tmp_path):
    (tmp_path / "a.png").write_bytes(b"broken")
    with open_source(str(tmp_path)) as source, pytest.raises(EdgeError, match="none of 1 could be read"):
        list(source)


def test_a_missing_camera_names_its_number_and_what_to_try(capfd):
    with pytest.raises(EdgeError, match=r"^Camera 97 gives no picture\. [^\n]*--source sim\.$"):
        open_source("97")
    assert capfd.readouterr().err == ""


def test_a_path_to_nothing_is_one_line():
    with pytest.raises(EdgeError, match=r"Source 'none\.mp4'"):
        open_source("none.mp4")


def test_a_folder_named_by_a_number_is_reached_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").mkdir()
    write_picture(tmp_path / "0" / "a.png", 7)
    with open_source("./0") as source:
        assert levels(source) == [7]


def test_the_simulated_camera_goes_on_and_follows_its_seed():
    with open_source("sim", seed=3) as source:
        frames = [frame for frame, _ in zip(source, range(3), strict=False)]
    with open_source("sim", seed=3) as source:
        again = next(iter(source))
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert frames[0].fps == 30
    np.testing.assert_array_equal(frames[0].frame_bgr_u8, again.frame_bgr_u8)


def test_a_lost_camera_is_told_once_and_its_last_frame_comes_again_stale(capfd):
    plug = Plug(SteppedClock())
    frames = iter(LiveSource("Camera fake", plug.open_camera, plug.clock))
    first = next(frames)
    plug.plugged = False
    stale = [next(frames) for _ in range(5)]
    plug.plugged = True
    again = next(frame for frame in frames if not frame.stale)
    assert (first.index, first.stale, first.notice) == (0, False, "")
    assert {frame.index for frame in stale} == {0}
    assert [frame.notice for frame in stale[::4]] == [
        "no new picture for 2 s, reconnecting",
        "no new picture for 4 s, reconnecting",
    ]
    assert (again.index, again.age_s, again.time_s > first.time_s) == (1, 0.0, True)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Camera fake gives no new picture")
    assert lines[1].startswith("Camera fake gives pictures again, after ")


def test_a_missing_device_or_stream_is_one_line_without_its_password(capfd):
    with pytest.raises(EdgeError, match=r"^Camera /dev/video97 gives no picture"):
        open_source("/dev/video97")
    with pytest.raises(EdgeError, match=r"^rtsp://\*\*\*@127\.0\.0\.1:1/a gives no picture\. [^\n]+$"):
        open_source("rtsp://admin:secret@127.0.0.1:1/a")
    with pytest.raises(EdgeError, match=r"ftp://\*\*\*@cam: expected an address") as caught:
        open_source("ftp://admin:secret@cam")
    assert "secret" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_in_real_time_a_fast_reader_gets_every_frame_when_it_is_due(tmp_path):
    write_video(tmp_path / "a.mp4")
    clock = SteppedClock()
    arrived_s = []
    with open_source(str(tmp_path / "a.mp4"), realtime=True, clock=clock) as source:
        assert source.live
        for frame in source:
            arrived_s.append(clock.now() - 100)
            assert frame.time_s == pytest.approx(frame.index / 12.5)
    np.testing.assert_allclose(arrived_s, [0, 0.08, 0.16, 0.24, 0.32], atol=1e-9)


def test_in_real_time_frames_that_come_too_late_are_dropped(tmp_path):
    """Each frame takes two and a half of the file's to look at."""
    write_video(tmp_path / "a.mp4", frames=6)
    clock = SteppedClock()
    with open_source(str(tmp_path / "a.mp4"), realtime=True, clock=clock) as source:
        frames = []
        for frame in source:
            frames.append(frame)
            clock.sleep(0.2)
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.16, 0.4])


def test_a_computer_too_slow_to_decode_in_time_still_shows_something():
    clock = SteppedClock()

    def slow():
        for place in range(30):
            clock.sleep(0.1)
            yield place / 30, None

    places = [time_s for time_s, _ in paced(slow(), 30.0, clock)]
    assert 5 <= len(places) <= 7


def test_a_new_source_needs_its_name_in_the_list_and_nothing_else(monkeypatch):
    class Test(SteppedSource):
        kind = "test:LEVEL"

        @classmethod
        def named(cls, text, opening):
            scheme, _, level = text.partition(":")
            return cls(int(level), opening.pace) if scheme == "test" else None

        def _pictures(self):
            yield np.full((4, 5, 3), self.fps, np.uint8)

    monkeypatch.setattr(sources, "SOURCES", (*sources.SOURCES, Test))
    with open_source("test:9") as source:
        assert levels(source) == [9]
    with pytest.raises(EdgeError, match="a video file or test:LEVEL, found nothing there"):
        open_source("none")


def test_an_address_whose_password_would_be_cut_is_refused_before_anybody_is_asked_for_a_piece_of_it():
    with pytest.raises(EdgeError, match="%23 for #") as caught:
        open_source("rtsp://ann:q@zz#wobble@nowhere/1")
    assert "zz" not in str(caught.value) and "***@nowhere" in str(caught.value)


def with_time_steps(path, steps):
    """Gives the frames of a one-track MP4, whose header is at its end, durations of their own: [(frames, duration), ...]."""
    content = path.read_bytes()
    place = content.rindex(b"stts")
    (size,) = struct.unpack(">I", content[place - 4 : place])
    table = struct.pack(">4sII", b"stts", 0, len(steps)) + b"".join(
        struct.pack(">II", *step) for step in steps
    )
    content = bytearray(
        content[: place - 4] + struct.pack(">I", 4 + len(table)) + table + content[place - 4 + size :]
    )
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        box = content.rindex(name) - 4
        (inner,) = struct.unpack_from(">I", content, box)
        struct.pack_into(">I", content, box, inner + 4 + len(table) - size)
    path.write_bytes(content)


def test_a_video_of_changing_rate_has_the_times_of_its_stamps(tmp_path):
    """Written at 10 a second; then the second frame stays twice as long, and two stay half as long."""
    path = tmp_path / "a.mp4"
    write_video(path, frames=5, fps=10)
    content = path.read_bytes()
    (duration,) = struct.unpack_from(">I", content, content.rindex(b"stts") + 16)
    with_time_steps(path, [(1, duration), (1, 2 * duration), (2, duration // 2), (1, duration)])
    with open_source(str(path)) as source:
        assert [frame.time_s for frame in source] == pytest.approx([0, 0.1, 0.3, 0.35, 0.4])


def test_a_video_of_a_frame_in_ten_seconds_keeps_its_rate_and_times(tmp_path):
    write_video(tmp_path / "a.mp4", frames=3, fps=0.1)
    with open_source(str(tmp_path / "a.mp4")) as source:
        assert source.fps == pytest.approx(0.1)
        assert [frame.time_s for frame in source] == pytest.approx([0, 10, 20])


@pytest.mark.parametrize(
    ("stamps_s", "times_s"),
    [
        ([0, 0.04, 0.3], [0, 0.04, 0.3]),
        ([0, 0, 0], [0, 0.1, 0.2]),  # a stream without a container
        ([0, 5, 1], [0, 5, 5.1]),  # two films joined
        ([-1, float("nan"), 1e9], [0, 0.1, 0.2]),
    ],
)
def test_time_stamps_that_do_not_go_on_are_replaced_by_the_rate(stamps_s, times_s):
    found = [None]
    for stamp_s in stamps_s:
        found.append(following_s(found[-1], stamp_s, 10.0))
    assert found[1:] == pytest.approx(times_s)


def test_a_photo_is_read_as_pictures_are_turned_upright(tmp_path):
    """A phone's portrait: 40 wide and 24 high as stored, with the note to turn it by a quarter (orientation 6)."""
    write_picture(tmp_path / "a.jpg", 90)
    content = (tmp_path / "a.jpg").read_bytes()
    turn = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + b"\0\0\0\0"
    note = b"Exif\0\0" + turn
    (tmp_path / "a.jpg").write_bytes(
        content[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(note)) + note + content[2:]
    )
    with open_source(str(tmp_path / "a.jpg")) as source:
        (frame,) = source
    assert frame.frame_bgr_u8.shape == (40, 24, 3)


def test_a_decoder_that_complains_in_the_middle_is_one_line_with_the_frames_number(tmp_path, capfd, rng):
    path = tmp_path / "a.mp4"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10, (64, 48))
    for _ in range(6):
        writer.write(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    writer.release()
    content = bytearray(path.read_bytes())
    middle = content.index(b"mdat") + (content.rindex(b"moov") - content.index(b"mdat")) * 2 // 3
    content[middle : middle + 60] = bytes(60)
    path.write_bytes(content)
    with open_source(str(path)) as source:
        assert len(list(source)) >= 5
    lines = capfd.readouterr().err.splitlines()
    assert re.match(
        rf"{re.escape(str(path))}: expected whole pictures, received at frame [2-5]: .+ It goes on\.$",
        lines[0],
    )
    assert all(line.startswith(str(path)) for line in lines) and len(lines) <= 2
