"""A lost, blocked or hanging camera is noticed, shown by the age of its picture, and found again."""

import threading

import numpy as np
import pytest
from edge_camera import FakeCamera, Plug, RushedClock, SteppedClock, shot

from edge_demo.camera import reader
from edge_demo.camera.clock import Clock
from edge_demo.camera.reader import Reader, back_off_s, duration


def opened(clock, plug):
    return Reader(plug.open_camera(), plug.open_camera, clock)


@pytest.fixture
def plug():
    return Plug(SteppedClock())


def test_every_look_gives_a_newer_picture_and_its_age(plug):
    camera = opened(plug.clock, plug)
    numbers, ages = [], []
    for _ in range(5):
        sight = camera.newest(numbers[-1] if numbers else 0)
        numbers.append(sight.number)
        ages.append(sight.age_s)
    assert numbers == [1, 2, 3, 4, 5]
    assert ages == [0.0] * 5


def test_pictures_that_nobody_took_are_dropped(plug):
    camera = opened(plug.clock, plug)
    camera.newest(0)
    for _ in range(7):
        plug.clock.wait(None, 1.0)  # the thread goes on while the program is busy
    sight = camera.newest(1)
    assert sight.number == shot(sight.picture_bgr_u8) == 8
    assert sight.age_s == 0.0


def test_the_age_of_a_late_look_is_counted_from_the_arrival(plug):
    camera = opened(plug.clock, plug)
    plug.clock.sleep(1.5)
    sight = camera.newest(0)
    assert (sight.number, sight.age_s) == (1, pytest.approx(1.5))


def test_without_a_new_picture_the_last_one_comes_again_after_two_seconds_and_then_twice_a_second(plug):
    camera = opened(plug.clock, plug)
    plug.plugged = False
    sights = [camera.newest(1) for _ in range(4)]
    assert [sight.age_s for sight in sights] == pytest.approx([2.0, 2.5, 3.0, 3.5])
    assert {(sight.number, shot(sight.picture_bgr_u8)) for sight in sights} == {(1, 1)}


def test_a_lost_camera_is_opened_again_ever_more_rarely_for_as_long_as_it_takes(plug):
    camera = opened(plug.clock, plug)
    plug.plugged = False
    while plug.clock.now() < 100 + 3600:
        camera.newest(1)
    waits_s = np.diff([plug.clock.now() - 3600 - 0.0, *plug.openings_s[1:]])[1:]
    assert waits_s[:7] == pytest.approx([1, 2, 4, 8, 16, 30, 30])
    assert set(np.round(waits_s[5:])) == {30}
    assert plug.openings_s[1] == pytest.approx(100.5)
    plug.plugged = True
    sight = camera.newest(1)
    while sight.number == 1:
        sight = camera.newest(1)
    assert plug.clock.now() < 100 + 3600 + 31


def test_after_a_recovery_the_first_attempt_is_quick_again(plug):
    camera = opened(plug.clock, plug)
    plug.plugged = False
    while plug.clock.now() < 200:
        sight = camera.newest(1)
    plug.plugged = True
    while sight.number < 3:
        sight = camera.newest(sight.number)
    plug.plugged = False
    lost_s, openings = plug.clock.now(), len(plug.openings_s)
    for _ in range(3):
        camera.newest(sight.number)
    assert plug.openings_s[openings] - lost_s <= 0.5 + 0.1


def test_a_camera_lost_and_found_a_hundred_times_leaves_nothing_open(plug):
    rng = np.random.default_rng(0)
    camera = opened(plug.clock, plug)
    last = camera.newest(0)
    for _ in range(100):
        for _ in range(rng.integers(1, 5)):
            sight = camera.newest(last.number)
            assert sight.number > last.number
            last = sight
        plug.plugged = False
        away_s = plug.clock.now() + rng.uniform(3, 90)
        while plug.clock.now() < away_s:
            sight = camera.newest(last.number)
            last = sight if sight.number > last.number else last
        assert sight.age_s > 2
        plug.plugged = True
        while sight.number == last.number:
            sight = camera.newest(last.number)
        assert plug.clock.now() < away_s + 31
        assert shot(sight.picture_bgr_u8) == plug.shots
        last = sight
    assert len(plug.cameras) == 101
    assert len(plug.held()) == 1
    camera.close()
    assert plug.held() == []


def test_a_picture_that_stands_still_is_old_after_ten_seconds_and_the_camera_opened_again(plug):
    camera = opened(plug.clock, plug)
    plug.still, plug.refuses = True, True
    sight = camera.newest(0)
    while sight.age_s < 2 and plug.clock.now() < 200:
        sight = camera.newest(sight.number)
    assert sight.age_s == pytest.approx(10, abs=2.6)
    plug.still, plug.refuses = False, False
    found = camera.newest(sight.number)
    while found.number == sight.number:
        found = camera.newest(sight.number)
    assert found.age_s == 0
    assert len(plug.cameras) == 2
    assert len(plug.held()) == 1


def test_a_still_scene_is_interrupted_ever_more_rarely(plug):
    """After 10, 20, 40 ... seconds, and 600 in the end: in two hours 6 + 11 times, half a second each."""
    camera = opened(plug.clock, plug)
    plug.still = True
    number, stale = 0, 0
    while plug.clock.now() < 100 + 7200:
        sight = camera.newest(number)
        stale += sight.number == number
        number = sight.number
    assert np.diff(plug.openings_s)[:6] == pytest.approx([10.5, 20.5, 40.5, 80.5, 160.5, 320.5], abs=0.5)
    assert len(plug.openings_s) == 1 + 6 + 10
    assert stale <= 2 * 16


class Blocking(FakeCamera):
    """Its second picture doesn't come until `let_go`."""

    def __init__(self, plug):
        super().__init__(plug)
        self.let_go = threading.Event()

    def read(self):
        if self._first is None:
            assert self.let_go.wait(20)
        return super().read()


class Jam(Plug):
    """A plug whose first `blocked` cameras block."""

    def __init__(self, blocked):
        super().__init__(RushedClock())
        self.blocked = blocked

    def open_camera(self):
        if len(self.cameras) >= self.blocked:
            return super().open_camera()
        self.openings_s.append(self.clock.now())
        self.cameras.append(Blocking(self))
        return self.cameras[-1]

    def let_go(self):
        for camera in self.cameras[: self.blocked]:
            camera.let_go.set()


def test_a_camera_that_blocks_is_left_to_itself_and_another_opened():
    jam = Jam(blocked=1)
    camera = opened(jam.clock, jam)
    sight = camera.newest(0)
    oldest_s = 0.0
    for _ in range(500):
        sight = camera.newest(1)
        if sight.number > 1:
            break
        oldest_s = max(oldest_s, sight.age_s)
    assert sight.number > 1
    assert 2 <= oldest_s < 10
    assert len(jam.cameras) == 2
    before = jam.cameras[0].closed
    jam.let_go()
    camera.close()
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.current_thread():
            thread.join(1)
    assert (before, jam.held()) == (False, [])


def test_no_more_than_a_few_threads_ever_hang_and_the_camera_still_comes_back():
    jam = Jam(blocked=reader.MOST_STUCK + 1)
    camera = opened(jam.clock, jam)
    for _ in range(100):
        assert camera.newest(jam.shots).number <= reader.MOST_STUCK + 1
    assert len(jam.cameras) <= reader.MOST_STUCK + 1
    jam.let_go()
    number = camera.newest(0).number
    for _ in range(500):
        if camera.newest(number).number > number:
            break
    assert camera.newest(0).number > number
    camera.close()


def test_a_bug_in_the_thread_reaches_whoever_asks(plug, monkeypatch):
    camera = opened(plug.clock, plug)
    monkeypatch.setattr(plug.cameras[0], "read", lambda: {}["no such"])
    with pytest.raises(KeyError, match="no such"):
        camera.newest(1)
    assert plug.held() == []


def test_real_threads_and_real_time_do_the_same():
    plug = Plug(Clock())
    arrived = threading.Event()

    class Quick(FakeCamera):
        def read(self):
            if self._first is None:
                arrived.wait(0.005)
                return self._shot()
            return super().read()

    camera = Reader(Quick(plug), plug.open_camera, plug.clock)
    numbers = [0]
    for _ in range(4):
        numbers.append(camera.newest(numbers[-1]).number)
    camera.close()
    assert numbers == sorted(set(numbers))
    assert not camera._worker.thread.is_alive()


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 30), (8, 30), (10**6, 30)]
)
def test_the_wait_doubles_up_to_half_a_minute(failures, seconds):
    assert back_off_s(failures) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.04, "2 s"), (99.4, "99 s"), (100, "2 min"), (3600, "60 min"), (9000, "2 h")]
)
def test_a_duration_is_short(seconds, text):
    assert duration(seconds) == text
