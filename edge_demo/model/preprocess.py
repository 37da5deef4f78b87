"""From a picture to the network's input: the NumPy twin of the training side's preprocessing.

Order matters for equal pixels on every processor: three channels are resized first and turned gray
afterwards, because OpenCV's one-channel 8-bit resizing may differ between its x86 and ARM builds; three
channels don't.
"""

from __future__ import annotations

import os

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.avif_turn import turned_upright
from edge_demo.model.metadata import Metadata
from edge_demo.model.picture_size import MOST_PIXELS, size_of
from edge_demo.model.png_remarks import without_remarks
from edge_demo.native_log import captured_stderr
from edge_demo.plain_file import read_plain

MIN_SIDE_PX = 8  # a picture below this holds nothing to recognise: more likely a wrong file


class NoPicture(EdgeError):
    """Bytes that hold no picture that can be used; the message says why, without the file's name."""


def read_picture(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a picture of any common format, turned upright as its EXIF data says.

    16 bits become 8, gray becomes three equal channels, transparency is dropped, of an animation the first frame is taken.

    Returns:
        frame_bgr_u8: (H, W, 3) uint8.

    Raises:
        EdgeError: if the file is missing, unreadable, no file, no whole picture, smaller than 8 pixels on a side, or larger than
            `MOST_PIXELS`.
    """
    try:
        content = read_plain(path)
    except FileNotFoundError:
        raise EdgeError(f"{path}: expected a picture, found no such file. Check the path.") from None
    except OSError as error:
        raise EdgeError(f"{path}: expected a readable picture, received: {error.strerror}.") from None
    # Not by `imread`, which can't open every path on Windows and doesn't tell missing from damaged.
    try:
        with captured_stderr():
            return decoded(content)
    except NoPicture as error:
        raise EdgeError(f"{path}: {error}. Copy it again, or save it anew, as JPEG or PNG.") from None


def decoded(content: bytes) -> np.ndarray:
    """The picture that a file's bytes hold, as `read_picture` gives it; from any thread.

    Raises:
        NoPicture: if they hold none, or one too small or too large; that is known before it is decoded.
    """
    size = size_of(content)
    if size is None:
        raise NoPicture(_undecodable(content))
    width, height = size
    if min(size) < MIN_SIDE_PX:
        raise NoPicture(f"expected at least {MIN_SIDE_PX}x{MIN_SIDE_PX} pixels, received {width}x{height}")
    if width * height > MOST_PIXELS:
        raise NoPicture(f"expected at most {MOST_PIXELS // 10**6} million pixels, received {width}x{height}")
    try:
        frame_bgr_u8 = cv2.imdecode(np.frombuffer(without_remarks(content), np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # instead of None
        frame_bgr_u8 = None
    if frame_bgr_u8 is None:
        raise NoPicture(_undecodable(content))
    return turned_upright(frame_bgr_u8, content)


def _undecodable(content: bytes) -> str:
    return (
        f"expected a whole picture, received {len(content)} bytes that don't decode: cut short, or another "
        f"kind of file"
    )


def frame_to_input(frame_bgr_u8: np.ndarray, metadata: Metadata) -> np.ndarray:
    """Stretches a frame to the network's image.

    Args:
        frame_bgr_u8: (H', W', 3) uint8, BGR.
        metadata: says the size and the colours.

    Returns:
        (1, H, W, C) float32 in [0, 1], RGB or gray.

    Raises:
        ValueError: if the frame is not (H', W', 3) uint8.
    """
    return stretched(frame_bgr_u8, metadata.image_hw, metadata.color)


def reference_to_input(picture_bgr_u8: np.ndarray, metadata: Metadata) -> np.ndarray:
    """Stretches a whole reference picture to the encoder's crop, (1, h, w, C); as `frame_to_input`."""
    return stretched(picture_bgr_u8, metadata.crop_hw, metadata.color)


def stretched(frame_bgr_u8: np.ndarray, hw: tuple[int, int], color: str) -> np.ndarray:
    """Stretches a picture to (h, w) pixels of "rgb" or "gray": (1, h, w, C) float32 in [0, 1]; as `frame_to_input`."""
    if frame_bgr_u8.ndim != 3 or frame_bgr_u8.shape[2] != 3 or frame_bgr_u8.dtype != np.uint8:
        received = f"{frame_bgr_u8.shape} {frame_bgr_u8.dtype}"
        raise ValueError(f"Invalid `frame_bgr_u8`. Expected (H, W, 3) uint8, received {received}.")
    resized = cv2.resize(frame_bgr_u8, hw[::-1], interpolation=cv2.INTER_AREA)
    if color == "gray":
        resized = cv2.cvtColor(resized, cv2.COLOR_BGR2GRAY)[:, :, None]
    else:
        resized = cv2.cvtColor(resized, cv2.COLOR_BGR2RGB)  # many times faster than to read it backwards
    image = resized[None].astype(np.float32)
    image /= 255
    return image
