"""An output is a file and a name in the list: its options, its refusals and its part in the run come with it."""

import argparse
import contextlib
import inspect

import pytest

from edge_demo.errors import EdgeError
from edge_demo.outputs import outputs
from edge_demo.outputs.event_log import EventLog
from edge_demo.outputs.listener import Listener
from edge_demo.outputs.mqtt import Mqtt
from edge_demo.outputs.on_seen import OnSeen
from edge_demo.outputs.outputs import OUTPUTS
from edge_demo.outputs.recorder import Recorder
from edge_demo.outputs.snapshots import Snapshots
from edge_demo.screen.screen import Screen


def asked(*argv, headless=False, web=None):
    """What opens the outputs that a command line asks for."""
    parser = argparse.ArgumentParser()
    parser.set_defaults(headless=headless, web=web)
    outputs.add_arguments(parser)
    return outputs.from_arguments(parser.parse_args([str(part) for part in argv]))


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_output_takes_all_calls_of_a_listener(output):
    assert issubclass(output, Listener)
    self = event = frame = result = scene = None
    inspect.signature(output.tell).bind(self, event, frame, result)
    inspect.signature(output.step).bind(self, frame, result, scene)


def test_options_ask_for_outputs_in_the_order_of_the_list(tmp_path):
    argv = ["--on-seen", "true", "--snapshots", tmp_path / "seen", "--out", tmp_path / "out"]
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(opener(None, Screen(0.5))) for opener in asked(*argv, headless=True)]
    assert [type(output) for output in opened] == [Recorder, EventLog, Snapshots, OnSeen]
    assert asked() == []


def test_snapshots_of_whoever_looks_go_where_the_others_go(tmp_path):
    screen = Screen(0.5)
    (opener,) = asked("--snapshots", tmp_path)
    assert opener(None, screen).save == screen.save


def test_without_a_screen_something_must_last():
    with pytest.raises(
        EdgeError, match=r"Expected --out DIR, --snapshots DIR.* --mqtt ADDRESS.* with --headless"
    ):
        asked("--on-seen", "true", headless=True)
    assert [output for output in OUTPUTS if output.enough_for] == [Recorder, Snapshots, Mqtt]
    assert len(asked("--mqtt", "mqtt://h", headless=True)) == 1


def test_a_new_output_needs_its_name_in_the_list_and_nothing_else(monkeypatch):
    class Bell(Listener):
        enough_for = "--bell"

        @classmethod
        def add_arguments(cls, parser):
            parser.add_argument("--bell", action="store_true")

        @classmethod
        def from_arguments(cls, arguments):
            return (lambda *_run: cls()) if arguments.bell else None

    monkeypatch.setattr(outputs, "OUTPUTS", (OnSeen, Bell))
    assert [type(opener(None, None)) for opener in asked("--bell", headless=True)] == [Bell]
    assert asked() == []
