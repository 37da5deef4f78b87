"""Rates and medians by a clock that the test sets."""

import pytest

from edge_demo.errors import EdgeError
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.results import tally

BOX = (0.0, 0.0, 1.0, 1.0)


@pytest.fixture
def clock(monkeypatch):
    moments = []
    monkeypatch.setattr(tally.time, "perf_counter", lambda: moments[-1])
    return moments


def result(latency_ms, *matches):
    return MatchResult(latency_ms, [ObjectMatch("x", 0.5, match, BOX, 0.5) for match in matches])


def test_five_frames_have_four_intervals(clock):
    counted = tally.Tally()
    for second, latency_ms, matches in [
        (10, 5, [True, True]),
        (11, 1, [False]),
        (12, 9, []),
        (13, 2, [True]),
        (14, 3, []),
    ]:
        clock.append(second)
        counted.add(result(latency_ms, *matches))
    summary = counted.summary()
    assert (summary.frames, summary.matches, summary.latency_ms, summary.fps) == (5, 2, 3, 1)
    assert str(summary) == "5 frames, 2 with a match, median latency 3.0 ms, 1.0 frames/s"


def test_one_frame_has_no_rate(clock):
    clock.append(1)
    counted = tally.Tally()
    assert counted.recent_fps() is None
    counted.add(result(1))
    assert counted.recent_fps() is None
    assert counted.summary().fps is None


def test_a_pause_is_left_out(clock):
    """Two frames, then 100 s of pause, then two more: three intervals of half a second each."""
    counted = tally.Tally()
    for moment in (0, 0.5, 101, 101.5):
        if moment == 101:
            counted.leave_out(100)
        clock.append(moment)
        counted.add(result(1))
    assert counted.summary().fps == pytest.approx(2)
    assert counted.recent_fps() == pytest.approx(2)


def test_the_recent_rate_forgets_and_the_whole_one_doesn_t(clock):
    """Ten slow frames, then thirty fast ones: 29 intervals of 0.1 s are left."""
    counted = tally.Tally()
    moment = 0.0
    for index in range(40):
        moment += 1.0 if index < 10 else 0.1
        clock.append(moment)
        counted.add(result(1))
    assert counted.recent_fps() == pytest.approx(10)
    assert counted.summary().fps == pytest.approx(39 / 12)


def test_no_frame_is_an_error():
    with pytest.raises(EdgeError, match="no frame"):
        tally.Tally().summary()
