"""All outputs. Another one is a file beside these, and a name in this list."""

from __future__ import annotations

import argparse

from edge_demo.errors import EdgeError
from edge_demo.outputs.event_log import EventLog
from edge_demo.outputs.listener import Opener
from edge_demo.outputs.mqtt import Mqtt
from edge_demo.outputs.on_seen import OnSeen
from edge_demo.outputs.recorder import Recorder
from edge_demo.outputs.snapshots import Snapshots

OUTPUTS = (Recorder, EventLog, Snapshots, Mqtt, OnSeen)  # in the order in which they are told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of all outputs."""
    for output in OUTPUTS:
        output.add_arguments(parser)


def from_arguments(arguments: argparse.Namespace) -> list[Opener]:
    """What opens those that are asked for.

    Raises:
        EdgeError: for options that can't be, or if nothing is asked for that is worth running without a screen.
    """
    asked = [(output, output.from_arguments(arguments)) for output in OUTPUTS]
    if arguments.headless and not any(opener and output.enough_for for output, opener in asked):
        *others, last = (output.enough_for for output in OUTPUTS if output.enough_for)
        raise EdgeError(f"Expected {', '.join(others)} or {last} with --headless, received none.")
    return [opener for _, opener in asked if opener is not None]
