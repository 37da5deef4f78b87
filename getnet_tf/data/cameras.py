"""Where a camera stands, and at which pixel it sees a point.

Convention: as `getnet_tf.geometry`, pixel centres at whole numbers, x right, y down. A rotation (3, 3) takes points of a thing (z up) to
the camera's axes: x right, y up, z from the thing to the camera. The camera looks at the thing's origin from `distance` away.
"""

import dataclasses

import numpy as np

CLOSEST = 0.6  # of a thing's diagonals: nearer, the camera would be among its corners


@dataclasses.dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera."""

    rotation: np.ndarray  # (3, 3) float64
    distance: float  # in the thing's units
    focal_px: float
    centre_px: tuple  # (x, y), where the thing's origin is seen
    image_hw: tuple  # (height, width), pixels


def looking_from(direction, roll_deg=0.0):
    """The rotation of a camera that stands in a direction of the thing, upright, and then rolled.

    Args:
        direction: (3,) float, from the thing towards the camera, of any length but 0.
        roll_deg: the picture of the thing turns by so much, counter-clockwise.

    Returns:
        (3, 3) float64.
    """
    forward = np.asarray(direction, float) / np.linalg.norm(direction)
    # From straight above or below there is no upright; y then is what is up in the picture.
    up = np.array([0, 0, 1.0]) if abs(forward[2]) < 0.999 else np.array([0, 1.0, 0])
    right = np.cross(up, forward)
    right /= np.linalg.norm(right)
    return rolled(np.stack([right, np.cross(forward, right), forward]), roll_deg)


def rolled(rotation, roll_deg):
    """A rotation (3, 3) whose picture is turned counter-clockwise."""
    cos, sin = np.cos(np.deg2rad(roll_deg)), np.sin(np.deg2rad(roll_deg))
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]) @ rotation


def moved_aside(rotation, angle_deg, towards_deg):
    """A rotation (3, 3) of a camera that went round the thing by an angle, towards a direction of its picture, 0 being right."""
    angle, towards = np.deg2rad([angle_deg, towards_deg])
    x, y = -np.sin(towards), np.cos(towards)  # the axis, about which the camera goes
    across = np.array([[0, 0, y], [0, 0, -x], [-y, x, 0]])
    step = np.eye(3) + np.sin(angle) * across + (1 - np.cos(angle)) * across @ across  # Rodrigues' formula
    return step.T @ rotation


def drawn_direction(rng):
    """A direction (3,), all alike."""
    direction = rng.standard_normal(3)
    return direction / np.linalg.norm(direction)


def another_side(rotation, most_deg, rng):
    """The rotation of a camera elsewhere: at most `most_deg` round the thing from another one, or anywhere if that is None."""
    if most_deg is None:
        return looking_from(drawn_direction(rng))
    return moved_aside(rotation, rng.uniform(0, most_deg), rng.uniform(0, 360))


def camera_at(vertices, rotation, focal, image_hw, fill=0.9):
    """The camera that sees a thing in the middle of its picture.

    Args:
        vertices: (V, 3) float, of the thing, its diagonal about 1.
        rotation: (3, 3) float.
        focal: how long the lens is: the camera is so many diagonals away. A wide angle is 1, a phone 1.5, a tele lens 4.
        image_hw: (height, width), pixels.
        fill: of a side of the picture, how much the thing takes at most.

    Raises:
        ValueError: if `focal` is below 0.6.
    """
    if focal < CLOSEST:
        raise ValueError(f"Invalid `focal`. Expected at least {CLOSEST}. Received: focal={focal}.")
    seen = vertices @ rotation.T
    places = seen[:, :2] * (1, -1) / (focal - seen[:, 2:])
    low, high = places.min(axis=0), places.max(axis=0)
    wh = np.array(image_hw[::-1])
    focal_px = float(fill * np.min(wh / np.maximum(high - low, 1e-6)))
    centre = (wh - 1) / 2 - focal_px * (low + high) / 2
    return Camera(np.asarray(rotation, float), float(focal), focal_px, tuple(centre), tuple(image_hw))


def projected(points, camera):
    """Where a camera sees points of the thing.

    Args:
        points: (..., 3) float.

    Returns:
        places (..., 2) float64, pixels, and depths (...), along the camera's axis. What is not in front of it has no place: nan.
    """
    seen = np.asarray(points, float) @ camera.rotation.T
    depth = camera.distance - seen[..., 2]
    ahead = np.where(depth > 1e-6, depth, np.nan)
    return camera.focal_px * seen[..., :2] * (1, -1) / ahead[..., None] + camera.centre_px, depth


def clip_matrix(camera, radius):
    """A camera as OpenGL's matrix (4, 4) float32, for points within `radius` of the origin; the picture's first row is the lowest."""
    height, width = camera.image_hw
    near, far = max(camera.distance - radius, 0.01), camera.distance + radius
    view = np.eye(4)
    view[:3, :3] = camera.rotation
    view[2] = [*-camera.rotation[2], camera.distance]  # depth, in z's place
    x, y = (
        (2 * centre + 1) / side - 1 for centre, side in zip(camera.centre_px, (width, height), strict=True)
    )
    lens = np.array(
        [
            [2 * camera.focal_px / width, 0, x, 0],
            [0, -2 * camera.focal_px / height, y, 0],
            [0, 0, (far + near) / (far - near), -2 * far * near / (far - near)],
            [0, 0, 1, 0],
        ]
    )
    return (lens @ view).astype(np.float32)
