"""All sources of frames. Another one is a file beside these, and a name in this list.

Example:
    with open_source("clip.mp4") as source:
        for frame in source:
            print(frame.index, frame.frame_bgr_u8.shape)
"""

from __future__ import annotations

from edge_demo.camera.address import masked
from edge_demo.camera.clock import Clock
from edge_demo.camera.folder import FolderSource
from edge_demo.camera.frames import Opening, Source
from edge_demo.camera.network_camera import NetworkSource
from edge_demo.camera.pi_camera import PiSource
from edge_demo.camera.sim import SimSource
from edge_demo.camera.usb_camera import UsbSource
from edge_demo.camera.video import VideoSource
from edge_demo.errors import EdgeError

SOURCES = (
    UsbSource,
    PiSource,
    NetworkSource,
    SimSource,
    FolderSource,
    VideoSource,
)  # the first that knows a text


def kinds() -> str:
    """What there is to choose from, in words."""
    *others, last = (source.kind for source in SOURCES)
    return f"{', '.join(others)} or {last}"


def open_source(spec: str, seed: int = 0, realtime: bool = False, clock: Clock | None = None) -> Source:
    """Opens the source that a command line names.

    Args:
        spec: a camera's number or device path, "csi" for the Raspberry Pi's ribbon camera, an RTSP or HTTP
            address, "sim", the path of a picture, of a folder of them, or of a video file. A file or folder
            whose name is a number, "csi" or "sim" is reached by "./0", "./csi" or "./sim".
        seed: of the simulated camera.
        realtime: whether what isn't live is played at its own rate, and drops what comes too late.
        clock: tests bring their own.

    Raises:
        EdgeError: if there is no such camera, file or folder, or it holds nothing to show.
    """
    opening = Opening(seed, realtime, clock or Clock())
    for kind in SOURCES:
        source = kind.named(spec, opening)
        if source is not None:
            return source
    raise EdgeError(f"Source {masked(spec)!r}: expected {kinds()}, found nothing there.")
