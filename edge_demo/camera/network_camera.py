"""Cameras on the network, by RTSP or HTTP."""

from __future__ import annotations

import os

import cv2

from edge_demo.camera import address
from edge_demo.camera.capture import Capture
from edge_demo.camera.frames import Opening
from edge_demo.camera.live import LiveSource
from edge_demo.errors import EdgeError
from edge_demo.native_path import drawable

SCHEMES = ("rtsp", "rtsps", "http", "https")
_OPEN_MS = 10_000  # of a stream, until its first picture
_READ_MS = 5_000


class NetworkSource(LiveSource):
    """By its address, which no message shows with its password."""

    kind = "an rtsp:// or http:// address"

    @classmethod
    def named(cls, text: str, opening: Opening) -> NetworkSource | None:
        scheme = address.scheme(text)
        if scheme is None:
            return None
        if scheme not in SCHEMES:
            raise EdgeError(
                f"Source {address.masked(text)}: expected an address that begins with one of "
                f"{', '.join(SCHEMES)}, received {scheme}. Or save it as a file first."
            )
        if drawable(text) != text:
            raise EdgeError(
                f"Source {address.masked(text)!a}: expected an address in UTF-8, received other bytes in it. Write them as %E9 and the like."
            )
        if not address.is_clear(text):
            raise EdgeError(
                f"Source {address.masked(text)}: expected an address that shows where the password ends, received one with / ? "
                f"or # before an @. In a user, a password and a path write {address.ENCODE}."
            )
        return cls(address.masked(text), lambda: open_url(text), opening.clock)


def open_url(url: str) -> Capture:
    """A stream from the network.

    Raises:
        EdgeError: if it gives no picture; the password is masked.
    """
    # FFmpeg prints lines of its own on every attempt, and they may hold the address with its password. Takes
    # effect if nothing has used FFmpeg so far.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _READ_MS]
    return Capture(
        cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits),
        f"{address.masked(url)} gives no picture. Check the address, the user and the password, and that this computer "
        f"reaches the camera; a player such as VLC should show it.",
    )
