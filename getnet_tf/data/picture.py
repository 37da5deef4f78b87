"""A picture file -> RGB pixels, from any thread.

Why it exists beside `edge_demo.model.preprocess`: that one holds back stderr of the whole process while it decodes, and two
threads that do so at once lose it for good. One test pins the two together, format by format.
"""

import cv2
import numpy as np

from edge_demo.model.preprocess import NoPicture, decoded
from edge_demo.plain_file import read_plain
from getnet_tf.errors import InputError


class DamagedPicture(ValueError):
    """A file that holds no usable picture; the message says why, without the file's name."""


def read_content(path):
    """The bytes of a file. Raises DamagedPicture if there is none or it cannot be read."""
    try:
        return read_plain(path)
    except FileNotFoundError:
        raise DamagedPicture("expected a picture, found no such file") from None
    except OSError as error:
        raise DamagedPicture(f"expected a readable picture, received: {error.strerror}") from None


def decode(content, max_side=None):
    """Decodes an encoded picture of any common format, turned upright as its EXIF data says.

    16 bits become 8 (the upper ones), grey becomes three equal channels, CMYK becomes RGB, transparency is dropped, of an animation
    the first frame is taken.

    Args:
        content: bytes of a whole file.
        max_side: larger pictures are reduced, by area, until their longer side has so many pixels; None: never.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        DamagedPicture: if the bytes are no whole picture, or it has a side below 8 pixels, or too many of them in all.
    """
    try:
        picture_bgr_u8 = decoded(content)
    except NoPicture as error:
        raise DamagedPicture(str(error)) from None
    height, width = picture_bgr_u8.shape[:2]
    if max_side is not None and max(height, width) > max_side:
        factor = max_side / max(height, width)
        hw = max(1, round(height * factor)), max(1, round(width * factor))
        picture_bgr_u8 = cv2.resize(picture_bgr_u8, hw[::-1], interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(picture_bgr_u8, cv2.COLOR_BGR2RGB)


def read_rgb(path, max_side=None):
    """Reads a picture file, see `decode`.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        InputError: if the file is missing, unreadable, no whole picture, or smaller than 8 pixels on a side.
    """
    try:
        return decode(read_content(path), max_side)
    except DamagedPicture as error:
        raise InputError(f"{path}: {error}. Replace the picture, or leave it out.") from None


def stretch(picture, image_hw):
    """Stretches a picture (H', W', 3) uint8 to (H, W, 3), by area, as the edge every frame; or (H', W') to (H, W)."""
    return cv2.resize(picture, tuple(image_hw)[::-1], interpolation=cv2.INTER_AREA)


def as_reference(images, crop_hw):
    """Images of the network as the references they would make: what the edge does with a picture, done from its pixels.

    Args:
        images: (B, H, W, 3) float in [0, 1].
        crop_hw: (h, w) of the target area, pixels.

    Returns:
        (B, h, w, 3) float32 in [0, 1].
    """
    pictures = np.round(np.asarray(images) * 255).astype(np.uint8)
    return np.stack([stretch(picture, crop_hw) for picture in pictures]).astype(np.float32) / 255


def frame_of(image):
    """An image of the network as the frame that it would be stretched from: (H, W, C) float in [0, 1] -> (H, W, 3) uint8 BGR."""
    frame = np.round(np.asarray(image)[:, :, ::-1] * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(frame, (*frame.shape[:2], 3)))


def with_references(batch, config):
    """A batch of pairs, as a network of this `ModelConfig` takes it: guided, with `reference0` and `reference1`."""
    if not config.takes_reference:
        return batch
    return batch | {f"reference{i}": as_reference(batch[f"image{i}"], config.crop_hw) for i in (0, 1)}
