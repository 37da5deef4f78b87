"""Two views of a thing, and which cell of the map of one is which place of the other: supervision that nobody drew.

A point that is seen in B lies somewhere in A; whether it is seen there, too, is told by the point that A does show at that pixel.

Example:
    a, b = drawn_views(renderer, mesh, rng, side=320, most_deg=60)
    places, on_thing, seen = cell_places(a, b)          # (20, 20, 2) pixels of A, and twice (20, 20) bool
"""

import dataclasses

import numpy as np

from getnet_tf.data.cameras import (
    Camera,
    another_side,
    camera_at,
    drawn_direction,
    looking_from,
    projected,
    rolled,
)
from getnet_tf.data.renders import AS_IT_IS, Render, drawn_light

STRIDE = 16  # pixels of a map's cell
NEAR = 0.02  # of the thing's diagonal: points that are no farther apart are one
FOCALS = (1.2, 4.0)  # lenses, see `camera_at`


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """A view and who saw it."""

    render: Render
    camera: Camera


def drawn_views(renderer, mesh, rng, side, most_deg=None, roll_deg=180.0, paint=AS_IT_IS):
    """Two views of a thing by different lenses and lights.

    Args:
        renderer: `Renderer`.
        mesh: `Mesh`.
        rng: `numpy.random.Generator`.
        side: of the pictures, pixels.
        most_deg: between the directions they are seen from; None: any.
        roll_deg: the second one is turned by at most so much either way.
        paint: `Paint` of both.

    Returns:
        two `Seen`.
    """
    first = looking_from(drawn_direction(rng))
    second = rolled(another_side(first, most_deg, rng), rng.uniform(-roll_deg, roll_deg))
    return tuple(
        seen_from(renderer, mesh, rotation, rng.uniform(*FOCALS), side, drawn_light(rng), paint)
        for rotation in (first, second)
    )


def seen_from(renderer, mesh, rotation, focal, side, light, paint=AS_IT_IS):
    """A thing in the middle of a square picture, as `camera_at` and `Renderer.draw` take it: `Seen`."""
    camera = camera_at(mesh.vertices, rotation, focal, (side, side))
    return Seen(renderer.draw(mesh, camera, light, paint), camera)


def carried(places_px, b, a):
    """Where pixels of B lie in A.

    Args:
        places_px: (..., 2) float, x and y in B; the nearest pixel counts.
        b, a: `Seen`, of one mesh.

    Returns:
        places (..., 2) float32, pixels of A, 0 where B does not show the thing; `on_thing` (...) bool, whether it does; `seen` (...) bool,
        whether A shows that very point.
    """
    points, on_thing = point_at(places_px, b)
    places, _ = projected(points, a.camera)
    shown, _ = point_at(places, a)
    apart = np.linalg.norm(shown - points, axis=-1)
    return (
        np.where(on_thing[..., None], places, 0).astype(np.float32),
        on_thing,
        apart < NEAR,
    )  # nan is not near


def point_at(places_px, view):
    """The points (..., 3) of the thing at pixels (..., 2) of a view, nan where there is none, and whether there is one (...)."""
    known = np.isfinite(places_px).all(axis=-1)
    x, y = np.moveaxis(np.rint(np.where(known[..., None], places_px, -1)).astype(int), -1, 0)
    height, width = view.camera.image_hw
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    points = view.render.points[np.where(inside, y, 0), np.where(inside, x, 0)].copy()
    points[~inside] = np.nan
    return points, np.isfinite(points[..., 0])


def cell_places(a, b, stride=STRIDE):
    """Where the middles of the cells of B's map lie in A, as `carried`: (h, w, 2), (h, w) and (h, w)."""
    return carried(cell_middles(b.camera.image_hw, stride), b, a)


def cell_middles(image_hw, stride=STRIDE):
    """Middles of the cells of a picture's map: (h, w, 2) float, pixels. Cell i covers `stride` pixels from i * stride on."""
    y, x = ((np.arange(length // stride) + 0.5) * stride - 0.5 for length in image_hw)
    return np.stack(np.meshgrid(x, y), axis=-1)
