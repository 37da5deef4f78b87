"""Each coming and going is told once, and the user's command never holds anything up."""

import dataclasses
import json
import os
import shlex
import sys
import time

import numpy as np
import pytest
from checks import one_line, room_for

from edge_demo.camera.frames import Frame
from edge_demo.errors import EdgeError
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.outputs.event_log import EventLog
from edge_demo.outputs.on_seen import MOST_AT_ONCE, OnSeen
from edge_demo.results.events import Event, Events, event_line

BOX = (1.0, 2.0, 3.0, 4.0)
SEEN = Event("seen", "cup", 0.934, 0.97, True, BOX, 1.5, 1.0)
FRAME = Frame(7, np.zeros((4, 4, 3), np.uint8), 10.0)


def result(**matches):
    return MatchResult(
        1.0, [ObjectMatch(name, 0.9 if on else 0.1, on, BOX, 0.0) for name, on in matches.items()]
    )


def told(events, on, step_s=0.5):
    """(time, kind) of all events of one object whose frames say "x" where it matches, half a second apart."""
    found = []
    for index, character in enumerate(on):
        for event in events.update(result(cup=character == "x"), index * step_s):
            found.append((event.time_s, event.kind))
    return found


def test_seen_after_a_second_of_matches_and_gone_after_two_without():
    assert told(Events(1.0, 2.0), "..xxxxx......") == [(2.0, "seen"), (5.0, "gone")]


def test_only_frames_that_were_looked_at_decide():
    """Matches that are carried along from frame 1 on make nothing seen before the look in frame 4, nor gone before the one in frame 10."""
    events, found = Events(1.0, 2.0), []
    for index in range(12):
        item = ObjectMatch("cup", 0.9, index < 9, BOX, 0.0, looked=index in (0, 4, 10))
        found += [(event.kind, index) for event in events.update(MatchResult(1.0, [item]), index * 0.5)]
    assert found == [("seen", 4), ("gone", 10)]


def test_a_short_match_is_no_event_and_a_short_break_is_none_either():
    assert told(Events(1.0, 2.0), "xx.xx.xx.") == []
    assert told(Events(1.0, 2.0), "xxx...xxx...x.xx") == [(1.0, "seen")]


def test_it_can_be_seen_again_after_it_is_gone():
    assert told(Events(0.5, 1.0), "xx...xxx") == [(0.5, "seen"), (1.5, "gone"), (3.0, "seen")]


def test_one_frame_is_enough_without_a_least_duration():
    assert told(Events(0.0, 0.5), "x.x.") == [(0.0, "seen"), (0.5, "gone"), (1.0, "seen"), (1.5, "gone")]


def test_what_an_event_says():
    events = Events(1.0, 2.0)
    events.update(result(cup=True), 10.0)
    assert events.update(result(cup=True), 11.0) == [Event("seen", "cup", 0.9, 0.9, None, BOX, 11.0, 10.0)]
    assert events.update(result(cup=False), 13.0) == [Event("gone", "cup", 0.9, 0.9, None, BOX, 13.0, 11.0)]


def test_objects_are_apart_and_a_deleted_one_goes():
    events = Events(0.0, 1.0)
    assert [e.name for e in events.update(result(cup=True, pen=True), 0.0)] == ["cup", "pen"]
    assert [(e.kind, e.name) for e in events.update(result(cup=True), 1.0)] == [("gone", "pen")]
    assert events.update(result(cup=True), 2.0) == []


def test_a_line_of_the_log():
    assert json.loads(event_line(SEEN, 7)) == {
        "event": "seen",
        "name": "cup",
        "score": 0.934,
        "kind_score": 0.97,
        "same": True,
        "frame": 7,
        "time_s": 1.5,
        "since_s": 1.0,
        "box_px": [1.0, 2.0, 3.0, 4.0],
        "outline_px": None,
        "angle_deg": None,
    }


def test_an_event_says_how_the_thing_lay_in_the_frame_of_its_box():
    """Seen in the first frame; gone in the third, and lay last as in the second."""
    events, lines = Events(0.0, 1.0), []
    for number, match in enumerate((True, True, False)):
        outline_px = ((1.0, 2.0), (3.0, 2.0), (3.0, 4.0), (1.0, 4.0 + number))
        lies = {"outline_px": outline_px, "angle_deg": 10.0 * number} if match else {}
        found = MatchResult(1.0, [ObjectMatch("cup", 0.9, match, BOX, 0.0, **lies)])
        lines += [json.loads(event_line(event, number)) for event in events.update(found, 1.0 * number)]
    assert [(line["event"], line["outline_px"][3], line["angle_deg"]) for line in lines] == [
        ("seen", [1.0, 4.0], 0.0),
        ("gone", [1.0, 5.0], 10.0),
    ]


def test_a_line_is_in_the_log_as_soon_as_it_is_written(tmp_path):
    with EventLog(tmp_path) as log:
        log.tell(SEEN, FRAME, result())
        assert (tmp_path / "events.jsonl").read_text() == event_line(SEEN, 7) + "\n"
    assert [path.name for path in tmp_path.iterdir()] == ["events.jsonl"]
    assert log.files == (tmp_path / "events.jsonl",)
    assert log.files[0].read_text() == event_line(SEEN, 7) + "\n"
    with EventLog(tmp_path) as log:  # the next run, to the same folder, had none
        pass
    assert log.files == ()
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_keeps_what_happened_before(tmp_path):
    with pytest.raises(RuntimeError), EventLog(tmp_path) as log:
        log.tell(SEEN, FRAME, result())
        raise RuntimeError
    assert (tmp_path / "events.jsonl").read_text() == event_line(SEEN, 7) + "\n"


def test_a_log_that_cannot_be_written_is_one_line(tmp_path):
    with (
        pytest.raises(EdgeError, match=r"expected to write events\.jsonl"),
        EventLog(tmp_path / "none") as log,
    ):
        log.tell(SEEN, FRAME, result())


def python(code):
    return shlex.join([sys.executable, "-c", code])


def wait_for_all(on_seen):
    deadline = time.monotonic() + 30
    while on_seen._running and time.monotonic() < deadline:
        time.sleep(0.02)
        on_seen.step()
    assert not on_seen._running


@pytest.mark.parametrize("same, text", [(True, "true"), (None, "")])
def test_the_command_gets_name_and_scores_and_no_shell(tmp_path, same, text):
    names = "NAME", "SCORE", "KIND_SCORE", "SAME"
    told = " + ".join(f"os.environ['GETNET_{name}']" for name in names)
    code = f"import os, sys; open(sys.argv[1], 'w').write({told} + sys.argv[2])"
    on_seen = OnSeen(f"{python(code)} {shlex.quote(str(tmp_path / 'a file'))} '$HOME;'")
    on_seen.tell(dataclasses.replace(SEEN, same=same))
    wait_for_all(on_seen)
    assert (tmp_path / "a file").read_text() == f"cup0.930.97{text}$HOME;"


def test_a_command_that_fails_is_reported_once_and_leaves_no_zombie(capfd):
    on_seen = OnSeen(python("raise SystemExit(3)"))
    for _ in range(2):
        on_seen.tell(SEEN)
    pids = [process.pid for process in on_seen._running]
    wait_for_all(on_seen)
    assert capfd.readouterr().err.count("exit code 3") == 1
    for pid in pids:
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def test_a_command_that_hangs_is_not_waited_for_and_not_piled_up(capfd):
    on_seen = OnSeen(python("import time; time.sleep(60)"))
    begun = time.monotonic()
    for _ in range(MOST_AT_ONCE + 2):
        on_seen.tell(SEEN)
    assert time.monotonic() - begun < 20
    assert len(on_seen._running) == MOST_AT_ONCE
    assert capfd.readouterr().err.count("still run") == 1
    for process in on_seen._running:
        process.kill()
    wait_for_all(on_seen)


@pytest.mark.parametrize("command", ["", "  ", "no-such-program-anywhere", "echo 'open"])
def test_a_command_that_cannot_be_run_is_refused_before_the_first_frame(command):
    with pytest.raises(EdgeError, match="--on-seen: expected"):
        OnSeen(command)


def test_a_line_that_finds_no_room_is_not_there_at_all_and_the_next_one_is(tmp_path):
    with EventLog(tmp_path) as log:
        log.tell(SEEN, FRAME, result())
        size = (tmp_path / "events.jsonl").stat().st_size
        with (
            room_for(size + 20),
            pytest.raises(EdgeError, match=r"expected to write events\.jsonl, received: ") as caught,
        ):
            log.tell(SEEN, FRAME, result())
        assert one_line(caught.value)
        log.tell(SEEN, FRAME, result())
    lines = (tmp_path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["frame"] for line in lines] == [7, 7]
