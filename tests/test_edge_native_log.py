"""What native code prints is held back, and not lost where it may matter."""

import os

import pytest

from edge_demo.native_log import captured_stderr, stderr_without_information


def test_lines_are_captured_and_the_descriptor_comes_back(capfd):
    with captured_stderr() as lines:
        os.write(2, b"one\ntwo\n")
    os.write(2, b"three\n")
    assert lines == ["one", "two"]
    assert capfd.readouterr().err == "three\n"


def test_lines_are_captured_when_the_block_fails(capfd):
    with pytest.raises(OSError, match="no"), captured_stderr() as lines:
        os.write(2, b"one\n")
        raise OSError("no")
    assert lines == ["one"]
    assert capfd.readouterr().err == ""


def test_information_is_dropped_and_everything_else_passed_on(capfd):
    with stderr_without_information():
        os.write(2, b"INFO: Created a delegate.\nERROR: no such op\n")
        os.write(2, b"I0000 00:00:1.2 3 loader.cc:1] hello\nWARNING: x\n")
    assert capfd.readouterr().err == "ERROR: no such op\nWARNING: x\n"
