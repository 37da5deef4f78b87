"""The folder keeps what is newest, never outgrows its limit, and a full disk ends nothing."""

import datetime
import json
import os

import cv2
import numpy as np
import pytest
from checks import one_line

from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.outputs import snapshots as module
from edge_demo.outputs.snapshots import Snapshots
from edge_demo.results.events import Event

BOX = (4.0, 6.0, 30.0, 20.0)
MB = 1_000_000
START = datetime.datetime(2026, 5, 1, 10, 15, 0, 250_000, tzinfo=datetime.timezone.utc)


class NoObjects:
    known = ()


class Clock:
    """Every look at it takes a second."""

    def __init__(self, start=START):
        self.now = start

    def __call__(self):
        now = self.now
        self.now += datetime.timedelta(seconds=1)
        return now


def event(kind="seen", name="cup"):
    return Event(kind, name, 0.934, 0.934, None, BOX, 1.5, 1.0)


def frame(index=0):
    """Noise: a JPEG of it is some kilobytes."""
    picture = np.random.default_rng(index).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return Frame(index, picture, 10.0)


def tell(snapshots, number, kind="seen", name="cup"):
    found = MatchResult(1.0, [ObjectMatch(name, 0.934, kind == "seen", BOX, 0.1)])
    snapshots.tell(event(kind, name), frame(number), found)


def opened(folder, limit=MB, clock=None):
    return Snapshots(folder, limit, NoObjects(), clock or Clock())


def pictures(folder):
    return sorted(path.name for path in folder.glob("*.jpg"))


def lines(folder, name="events.jsonl"):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def numbers(folder):
    """Frames of all lines that are kept."""
    return [line["frame"] for name in ("events-before.jsonl", "events.jsonl") for line in lines(folder, name)]


def size(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


def test_what_is_seen_has_a_picture_and_a_line_and_what_is_gone_a_line(tmp_path):
    folder = tmp_path / "new" / "seen"
    snapshots = opened(folder)
    tell(snapshots, 7)
    tell(snapshots, 9, "gone")
    assert pictures(folder) == ["20260501T101500.250Z-cup.jpg"]
    drawn = cv2.imread(str(folder / pictures(folder)[0]))
    assert drawn.shape == (48, 64, 3)
    b, g, r = drawn[18:20, 10:25].reshape(-1, 3).mean(axis=0)  # the lower edge of the box, in orange
    assert r > g > b
    seen, gone = lines(folder)
    assert (seen["event"], seen["frame"], seen["utc"]) == ("seen", 7, "2026-05-01T10:15:00.250Z")
    assert seen["snapshot"] == pictures(folder)[0]
    assert (gone["event"], gone["frame"], "snapshot" in gone) == ("gone", 9, False)


def test_names_of_objects_stay_inside_the_folder(tmp_path):
    snapshots = opened(tmp_path / "seen")
    tell(snapshots, 0, name="../a/b")
    assert pictures(tmp_path / "seen") == ["20260501T101500.250Z-_a_b.jpg"]
    assert [path.name for path in tmp_path.iterdir()] == ["seen"]


def test_the_oldest_make_room_and_the_limit_always_holds(tmp_path):
    limit = 40_000
    snapshots = opened(tmp_path, limit)
    made = []
    for number in range(60):
        tell(snapshots, number)
        made.append(max(pictures(tmp_path)))
        assert size(tmp_path) <= limit
    kept = pictures(tmp_path)
    assert kept == sorted(made)[-len(kept) :]
    assert 3 <= len(kept) < 20
    assert {path.name for path in tmp_path.glob("*.jsonl")} == {"events.jsonl", "events-before.jsonl"}
    assert numbers(tmp_path) == list(range(numbers(tmp_path)[0], 60))


def test_the_next_run_goes_on_and_takes_the_limit_into_account(tmp_path):
    first = opened(tmp_path)
    for number in range(8):
        tell(first, number)
    (tmp_path / "holiday.jpg").write_bytes(b"x" * MB)  # not ours: stays and does not count
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"event": "se')  # a power cut
    partial = tmp_path / ".partial-20260501T101500.250Z-cup.jpg"
    partial.write_bytes(b"half")
    before = [name for name in pictures(tmp_path) if name != "holiday.jpg"]
    second = opened(tmp_path, 15_000, Clock(START + datetime.timedelta(days=1)))
    after = [name for name in pictures(tmp_path) if name != "holiday.jpg"]
    assert 0 < len(after) < 8 and after == before[-len(after) :]
    tell(second, 100)
    assert "20260502T101500.250Z-cup.jpg" in pictures(tmp_path)
    assert numbers(tmp_path)[-2:] == [7, 100]
    assert not partial.exists()
    assert (tmp_path / "holiday.jpg").stat().st_size == MB


def test_a_clock_that_is_set_back_removes_the_oldest_all_the_same(tmp_path):
    clock = Clock()
    snapshots = opened(tmp_path, 40_000, clock)
    tell(snapshots, 0)
    clock.now -= datetime.timedelta(days=400)
    for number in range(1, 40):
        tell(snapshots, number)
    assert all(name.startswith("2025") for name in pictures(tmp_path))


def test_a_full_disk_is_told_once_and_everything_goes_on(tmp_path, capfd, monkeypatch):
    snapshots = opened(tmp_path)
    tell(snapshots, 0)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_whole", full)
        patch.setattr(module.Path, "open", full)
        for number in range(1, 4):
            tell(snapshots, number)
    tell(snapshots, 5)
    printed = capfd.readouterr().err.splitlines()
    refused = "expected to write {}, received: No space left on device. They are lost until"
    assert refused.format("snapshots") in printed[0] and refused.format("events") in printed[1]
    assert "snapshots are written again" in printed[2] and "events are written again" in printed[3]
    assert len(printed) == 4
    assert [line["frame"] for line in lines(tmp_path)] == [0, 5]
    assert len(pictures(tmp_path)) == 2


def test_a_line_that_does_not_fit_as_a_whole_is_taken_back(tmp_path, monkeypatch):
    snapshots = opened(tmp_path)
    tell(snapshots, 0, "gone")
    true_open = module.Path.open

    class Short:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, data):
            return self.file.write(data[:10])

    with monkeypatch.context() as patch:
        patch.setattr(module.Path, "open", lambda path, *rest, **more: Short(true_open(path, *rest, **more)))
        tell(snapshots, 1, "gone")
    tell(snapshots, 2, "gone")
    assert [line["frame"] for line in lines(tmp_path)] == [0, 2]


def test_a_picture_larger_than_the_limit_is_left_out_but_its_event_told(tmp_path, capfd):
    snapshots = opened(tmp_path, 2_000)
    tell(snapshots, 0)
    assert pictures(tmp_path) == []
    assert "too many for the limit of 2000" in capfd.readouterr().err
    assert [line["snapshot"] for line in lines(tmp_path)] == [None]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(EdgeError, match="expected a folder to keep snapshots in"):
        opened(tmp_path / "seen")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "seen").write_text("")
    with pytest.raises(EdgeError, match=r"expected a folder to keep snapshots in, received: File exists\."):
        opened(tmp_path / "seen")


@pytest.mark.parametrize("name", ["events.jsonl", "events-before.jsonl"])
@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_a_log_that_is_a_pipe_or_a_link_is_refused(tmp_path, name, kind):
    folder, outside = tmp_path / "seen", tmp_path / "outside"
    folder.mkdir()
    os.mkfifo(folder / name) if kind == "pipe" else os.symlink(outside, folder / name)
    with pytest.raises(EdgeError, match=f"a {kind} called {name}"):
        opened(folder)
    assert os.listdir(folder) == [name] and not outside.exists()


def test_a_log_that_becomes_a_link_while_it_runs_is_not_written_through(tmp_path, capfd):
    folder, outside = tmp_path / "seen", tmp_path / "outside"
    with opened(folder) as snapshots:
        os.symlink(outside, folder / "events.jsonl")
        tell(snapshots, 0)
    assert "expected to write events, received: a link called events.jsonl" in capfd.readouterr().err
    assert not outside.exists()


def test_pictures_and_unfinished_files_of_others_stay_and_do_not_count(tmp_path):
    foreign = [tmp_path / name for name in (".partial-mine.txt", "20190101T000000.000Z-birthday.jpg")]
    for path in foreign:
        path.write_bytes(b"mine" * 5000)
    for day in range(2):
        with opened(tmp_path, 20_000, Clock(START + datetime.timedelta(days=day))) as snapshots:
            for number in range(8):
                tell(snapshots, number)
    assert all(path.read_bytes() == b"mine" * 5000 for path in foreign)
    assert size(tmp_path) - sum(path.stat().st_size for path in foreign) <= 20_000


def test_our_own_pictures_are_known_without_the_log_and_those_without_a_mark_by_it(tmp_path):
    with opened(tmp_path) as snapshots:
        snapshots.save(frame().frame_bgr_u8, "snapshot")
        tell(snapshots, 0)
    assert cv2.imread(str(tmp_path / pictures(tmp_path)[0])).shape == (48, 64, 3)
    logged = tmp_path / lines(tmp_path)[0]["snapshot"]
    logged.write_bytes(b"without a mark" * 100)
    opened(tmp_path, 1000).close()  # which has room for neither
    assert pictures(tmp_path) == []


@pytest.mark.parametrize("name", ["events.jsonl", "events-before.jsonl"])
@pytest.mark.parametrize("place", ["first", "last", "half", "recording"])
def test_a_log_of_another_program_is_refused_and_not_cut(tmp_path, name, place):
    with opened(tmp_path) as snapshots:
        tell(snapshots, 0)
    own = (tmp_path / "events.jsonl").read_text()
    (tmp_path / "events.jsonl").unlink()
    foreign = '{"frame": 1, "event": "of another program"}\n'
    recorded = '{"event": "seen", "name": "cup", "score": 0.9, "frame": 1}\n'
    content = {"first": foreign + own, "last": own + foreign, "half": foreign[:9], "recording": recorded}[
        place
    ]
    (tmp_path / name).write_text(content)
    with pytest.raises(EdgeError, match=f"whose {name} is of another program. Choose") as caught:
        opened(tmp_path, 100)
    assert one_line(caught.value)
    assert (tmp_path / name).read_text() == content and len(pictures(tmp_path)) == 1


@pytest.mark.parametrize("size", [1, 9, 40])
def test_half_a_line_is_ours_even_if_it_is_the_only_one(tmp_path, size):
    with opened(tmp_path) as snapshots:
        tell(snapshots, 0)
    log = tmp_path / "events.jsonl"
    log.write_bytes(log.read_bytes()[:size])
    opened(tmp_path).close()
    assert log.read_bytes() == b""


@pytest.mark.parametrize("name", ["frames.jsonl", "video.mp4"])
def test_a_folder_with_a_recording_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(EdgeError, match=f"one with a recording, {name}. Choose"):
        opened(tmp_path)
    assert os.listdir(tmp_path) == [name]
