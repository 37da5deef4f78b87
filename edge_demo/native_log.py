"""What the native libraries under OpenCV and LiteRT print on file descriptor 2, past Python's `sys.stderr`.

Why it exists: one missing camera makes OpenCV print a dozen lines, and LiteRT announces its delegate on every
load. Our own one-line errors say the same thing better, and would drown. Everything here concerns the whole
process, what other threads print meanwhile included: keep the blocks short.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator

import cv2

if not hasattr(
    cv2.utils, "logging"
):  # with which this package would not work, and says so before it does anything
    raise ImportError(f"expected OpenCV 4.13 or newer, received {cv2.__version__}", name="cv2")

_INFORMATION = re.compile(r"INFO: |VERBOSE: |I\d{4} ")  # LiteRT's and Abseil's lines below a warning
# "[h264 @ 0x5612] error while decoding MB 0 11" and "[ WARN:0@1.2] global cap.cpp:12 read ..."
_COMPLAINT = re.compile(r"\[[\w:, ]+ @ 0x[0-9a-f]+\] *(.+)|\[ *(?:WARN|ERROR|FATAL):\d+@[\d.]+\] *(.+)")
_OPENCV_LEVEL = cv2.utils.logging.getLogLevel()  # read once: threads that silence may overlap


@contextlib.contextmanager
def captured_stderr() -> Iterator[list[str]]:
    """Holds back what is printed; gives a list that has the lines once the block has ended.

    For calls whose failure we report in our own words, the lines can simply be dropped.
    """
    lines: list[str] = []
    with _memory_file() as held:
        try:
            with _redirected_stderr(held.fileno()):
                yield lines
        finally:
            held.seek(0)
            lines.extend(held.read().decode(errors="replace").splitlines())


@contextlib.contextmanager
def stderr_without_information() -> Iterator[None]:
    """Drops lines of level INFO; passes on warnings, errors and everything else when the block ends."""
    try:
        with captured_stderr() as lines:
            yield
    finally:
        for line in lines:
            if not _INFORMATION.match(line):
                print(line, file=sys.stderr)


def complaints(lines: list[str]) -> tuple[list[str], list[str]]:
    """What FFmpeg and OpenCV said among some lines, without who says it, and the other lines."""
    found = [(_COMPLAINT.match(line), line) for line in lines]
    said = [(match[1] or match[2]).strip(" .") for match, _ in found if match]
    return said, [line for match, line in found if not match]


@contextlib.contextmanager
def opencv_silenced() -> Iterator[None]:
    """Keeps OpenCV's own lines, not FFmpeg's, from being written.

    For another thread than the main one and for calls that take long: there, holding back everything would
    also hold back what the main thread says.
    """
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(_OPENCV_LEVEL)


def _memory_file() -> io.FileIO:
    """Unbuffered, because others write to it; in memory if possible: a full disk may be the news."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("stderr"), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


@contextlib.contextmanager
def _redirected_stderr(to_fd: int) -> Iterator[None]:
    try:
        stderr_fd = os.dup(2)
    except OSError:  # a daemon without stderr: nothing can be printed, so nothing needs redirecting
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    os.dup2(to_fd, 2)
    try:
        yield
    finally:
        os.dup2(stderr_fd, 2)
        os.close(stderr_fd)
