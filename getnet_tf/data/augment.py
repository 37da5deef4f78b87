"""Changes that leave a picture's class as it is: light, colour and sharpness, and the camera's place.

Every function is pure: the same picture and the same state of `rng` give the same bytes.
"""

import dataclasses
import math

import cv2
import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclasses.dataclass(frozen=True)
class Strengths:
    """How far each change may go; 0 switches it off. Drawn uniformly and anew for every picture."""

    brightness: float = 0.15  # added, share of the full range, either way
    contrast: float = 0.3  # factor 1 +- this, about the middle grey
    saturation: float = 0.4  # factor 1 +- this
    hue_deg: float = 8.0  # turn of the colour circle, either way
    blur_px: float = 1.0  # largest sigma
    blur_share: float = 0.2  # of the pictures that are blurred
    jpeg_loss: int = 60  # largest; quality 100 - this
    jpeg_share: float = 0.2  # of the pictures that are compressed
    flip_share: float = 0.5  # of the pictures that are mirrored left to right
    rotate_deg: float = 10.0  # either way
    zoom: float = 0.2  # magnified or reduced up to the factor 1 + this
    aspect: float = 0.1  # width over height changes up to the factor 1 + this
    shift: float = 0.08  # share of each side, either way
    perspective: float = 0.04  # each corner moves up to this share of each side

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value, name = getattr(self, field.name), field.name
            most = _MOST.get(name, 1.0)
            if not 0 <= value <= most:
                raise ValueError(f"Invalid `{name}`. Expected 0 to {most}. Received: {name}={value}.")


_MOST = {"hue_deg": 180.0, "blur_px": 20.0, "jpeg_loss": 99, "rotate_deg": 180.0, "perspective": 0.4}
NONE = Strengths(*[0] * len(dataclasses.fields(Strengths)))


def augment(picture, rng, strengths):
    """One changed copy of a picture.

    Args:
        picture: (H, W, 3) uint8, RGB.
        rng: `numpy.random.Generator`, the only randomness.
        strengths: `Strengths`.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        ValueError: if the picture is not (H, W, 3) uint8.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(f"Expected picture (H, W, 3) uint8, received {picture.shape} {picture.dtype}.")
    return photometric(geometric(picture, rng, strengths), rng, strengths)


def augment_batch(pictures, rng, strengths):
    """`augment` for each of (B, H, W, 3) uint8, one after the other."""
    return np.stack([augment(picture, rng, strengths) for picture in pictures])


def photometric(picture, rng, strengths):
    """Changes light, colours and sharpness; every pixel stays where it is. As `augment`."""
    s = strengths
    matrix = color_matrix(
        _either_way(rng, s.brightness),
        1 + _either_way(rng, s.contrast),
        1 + _either_way(rng, s.saturation),
        math.radians(_either_way(rng, s.hue_deg)),
    )
    picture = cv2.transform(picture, matrix)
    # The lens comes before the file.
    blurred, sigma_px = rng.random() < s.blur_share, rng.uniform(0, s.blur_px)
    if blurred and sigma_px > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), sigma_px)
    compressed, loss = rng.random() < s.jpeg_share, rng.integers(s.jpeg_loss + 1)
    if compressed and s.jpeg_loss:
        _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 100 - int(loss)])
        picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    return picture


def color_matrix(brightness, contrast, saturation, hue_rad):
    """One linear map for all changes of colour.

    Args:
        brightness: added, share of the full range.
        contrast: factor on the distance from the middle grey, 127.5.
        saturation: factor on the distance from the pixel's own grey; greys stay.
        hue_rad: turn about the axis of greys, from red towards green; greys stay.

    Returns:
        (3, 4) float64: (R, G, B, 1) in 0 ... 255 -> (R, G, B).
    """
    axis = np.full(3, 3**-0.5)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(hue_rad) * cross + (1 - np.cos(hue_rad)) * (cross @ cross)  # Rodrigues
    grey = np.tile(LUMA, (3, 1))
    linear = contrast * (grey + saturation * (np.eye(3) - grey)) @ turn
    return np.column_stack([linear, np.full(3, 127.5 * (1 - contrast) + 255 * brightness)])


def geometric(picture, rng, strengths):
    """Changes the camera's place: mirrors, turns, zooms, shifts and tilts; what was outside is reflected. As `augment`."""
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]])
    source = source_corners(corners, rng, strengths)
    if np.array_equal(source, corners):
        return picture.copy()
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), source.astype(np.float32))
    # Cubic: linear interpolation blurs, and no real picture has the blur.
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(
        picture, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101
    )


def source_corners(corners, rng, strengths):
    """Where the corners of the changed picture lie in the original.

    Args:
        corners: (4, 2), the centres of the corner pixels (x, y), from the upper left one clockwise.
        rng, strengths: as in `augment`.

    Returns:
        (4, 2) float64.
    """
    s = strengths
    middle, side = corners.mean(axis=0), np.ptp(corners, axis=0)
    offset = (corners - middle).astype(float)
    offset += rng.uniform(-s.perspective, s.perspective, (4, 2)) * side
    mirrored = rng.random() < s.flip_share
    scale = (1 + s.zoom) ** _either_way(rng, 1)
    aspect = (1 + s.aspect) ** _either_way(rng, 1)
    offset *= [scale * aspect**0.5 * (-1 if mirrored else 1), scale * aspect**-0.5]
    angle_rad = math.radians(_either_way(rng, s.rotate_deg))
    turn = np.array([[math.cos(angle_rad), -math.sin(angle_rad)], [math.sin(angle_rad), math.cos(angle_rad)]])
    return middle + offset @ turn.T + rng.uniform(-s.shift, s.shift, 2) * side


def _either_way(rng, most):
    return rng.uniform(-most, most)
