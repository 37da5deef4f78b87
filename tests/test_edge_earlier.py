"""The time line of the page begins with what earlier runs kept."""

import datetime
import json

import cv2
import numpy as np
import pytest
from test_edge_snapshots import START, Clock, opened, tell

from edge_demo.screen.screen import Screen
from edge_demo.web.earlier import FORGOTTEN, earlier
from edge_demo.web.timeline import Timeline


def after(seconds):
    return START + datetime.timedelta(seconds=seconds)


@pytest.fixture
def folder(tmp_path):
    """A cup came after 0 s and went after 1; a pen came after 2, a cup after 3, and the run ended. Times are to the millisecond."""
    clock = Clock()
    with opened(tmp_path, clock=clock) as snapshots:
        tell(snapshots, 0)
        tell(snapshots, 0, "gone")
        tell(snapshots, 1, name="pen")
        tell(snapshots, 2)
    return tmp_path


def told(sightings):
    return [(one.number, one.name, one.since, one.until) for one in sightings]


def test_the_newest_come_first_and_what_was_there_went_with_the_last_line(folder):
    found = earlier(folder, {"cup": "#e69f00"}, 9)
    assert told(found) == [
        (3, "cup", after(3), after(3)),
        (2, "pen", after(2), after(3)),
        (1, "cup", after(0), after(1)),
    ]
    assert [one.color for one in found] == ["#e69f00", FORGOTTEN, "#e69f00"]
    assert [one.score for one in found] == [0.934] * 3
    picture = cv2.imdecode(np.frombuffer(found[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (48, 64, 3)


def test_no_more_than_wanted_are_read_and_they_are_the_newest(folder):
    assert told(earlier(folder, {}, 2)) == [(2, "cup", after(3), after(3)), (1, "pen", after(2), after(3))]


def test_a_thing_that_comes_again_without_having_gone_went_before(tmp_path):
    for start in (0, 60):
        with opened(tmp_path, clock=Clock(after(start))) as snapshots:
            tell(snapshots, start)
    assert told(earlier(tmp_path, {}, 9)) == [
        (2, "cup", after(60), after(60)),
        (1, "cup", after(0), after(60)),
    ]


def test_pictures_that_made_room_or_are_damaged_are_left_out(folder):
    first, second, _ = sorted(folder.glob("*.jpg"))
    first.unlink()
    second.write_bytes(b"\xff\xd8 no picture")
    assert told(earlier(folder, {}, 9)) == [(1, "cup", after(3), after(3))]


@pytest.mark.parametrize(
    "damage",
    [
        {"snapshot": "../outside.jpg"},
        {"snapshot": "20260501T101500.250Z-../../outside.jpg"},
        {"snapshot": 3},
        {"name": None},
        {"score": 7},
        {"utc": "yesterday"},
        {"utc": 5},
        {"event": "came"},
    ],
)
def test_a_line_that_was_changed_is_left_out(folder, damage):
    (folder.parent / "outside.jpg").write_bytes(next(folder.glob("*cup.jpg")).read_bytes())
    log = folder / "events.jsonl"
    *lines, last = log.read_text().splitlines()
    log.write_text("\n".join([*lines, json.dumps(json.loads(last) | damage), "[" * 9000, "7", '{"event":']))
    assert [one.name for one in earlier(folder, {}, 9)] == ["pen", "cup"]


def test_a_folder_without_a_log_begins_with_nothing(tmp_path):
    assert earlier(tmp_path, {}, 9) == []


def test_the_time_line_goes_on_with_the_next_number(folder):
    class Objects:
        known = ()

    screen, timeline = Screen(0.5), Timeline()
    assert timeline.of(Objects(), screen).changes == 0  # nothing is kept
    screen.snapshots = folder
    timeline.of(Objects(), screen)
    assert timeline.changes == 1 and [one["number"] for one in timeline.fields()] == [3, 2, 1]
    assert timeline.picture(3) is not None and timeline.picture(4) is None
    assert next(timeline._numbers) == 4
