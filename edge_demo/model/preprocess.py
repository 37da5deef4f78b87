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
from edge_demo.model.metadata import Metadata
from edge_demo.native_log import captured_stderr

MIN_SIDE_PX = 8  # a picture below this holds nothing to recognise: more likely a wrong file


def read_picture(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a picture of any common format, turned upright as its EXIF data says.

    16 bits become 8, gray becomes three equal channels, transparency is dropped.

    Returns:
        frame_bgr_u8: (H, W, 3) uint8.

    Raises:
        EdgeError: if the file is missing, unreadable, no whole picture, or smaller than 8 pixels on a side.
    """
    try:
        with open(path, "rb") as file:
            content = np.frombuffer(file.read(), np.uint8)
    except FileNotFoundError:
        raise EdgeError(f"{path}: expected a picture, found no such file. Check the path.") from None
    except OSError as error:
        raise EdgeError(f"{path}: expected a readable picture, received: {error.strerror}.") from None
    # Not by `imread`, which can't open every path on Windows and doesn't tell missing from damaged.
    with captured_stderr():
        frame_bgr_u8 = decoded(content)
    if frame_bgr_u8 is None:
        raise EdgeError(
            f"{path}: expected a whole picture, received {content.size} bytes that don't decode: cut short, "
            f"or another kind of file. Copy it again, or save it as JPEG or PNG."
        )
    height, width = frame_bgr_u8.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        raise EdgeError(
            f"{path}: expected a picture of at least {MIN_SIDE_PX}x{MIN_SIDE_PX} pixels, received "
            f"{width}x{height}. Use a larger one."
        )
    return frame_bgr_u8


def decoded(content: np.ndarray) -> np.ndarray | None:
    """The picture, (H, W, 3) uint8 BGR, that a file's bytes, (N,) uint8, hold; None if they don't."""
    try:
        return cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    except cv2.error:  # instead of None, for instance for more pixels than OpenCV accepts
        return None


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
