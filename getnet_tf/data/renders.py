"""Pictures of a thing from any side, with its outline and, at every pixel, the point of the thing that is seen there.

Drawn without a screen, by OpenGL's EGL: a graphics card's, or Mesa's, which needs none. It takes Debian's libegl1 and libgl1-mesa-dri,
and moderngl of the extra "render". Two views of one thing know which pixel of one is which of the other: `getnet_tf.data.matched_views`.

Example:
    with Renderer() as renderer:
        camera = camera_at(mesh.vertices, looking_from((1, 0, 0.3)), focal=1.5, image_hw=(320, 320))
        render = renderer.draw(mesh, camera, Light((0.5, 1, 1)))
"""

import collections
import dataclasses
import pickle
import subprocess
import sys

import numpy as np

from getnet_tf.errors import InputError

KEPT = 64  # meshes that stay loaded


@dataclasses.dataclass(frozen=True)
class Light:
    """One far lamp and what comes from everywhere."""

    direction: tuple = (0.3, 0.6, 1.0)  # to the lamp, in the camera's axes: x right, y up, z to the camera
    ambient: float = 0.5  # of the brightness, what is there in the lamp's shadow, 0 to 1


@dataclasses.dataclass(frozen=True, eq=False)
class Paint:
    """Other colours on the same texture: `mixing` (3, 3) times red, green and blue in [0, 1], and `offset` (3,)."""

    mixing: np.ndarray
    offset: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Render:
    """One view.

    `picture` (H, W, 3) uint8, RGB; beyond the outline the colours near it go on, so that resizing mixes nothing in. `alpha` (H, W)
    float32, 1 where the thing is seen at the pixel's centre, else 0. `points` (H, W, 3) float32, the point of the thing that is seen
    there, nan where none is. For a smooth outline draw larger and shrink.
    """

    picture: np.ndarray
    alpha: np.ndarray
    points: np.ndarray


AS_IT_IS = Paint(np.eye(3), np.zeros(3))


def drawn_paint(rng):
    """Colours that nobody takes for the thing's own: hues turned by 60 degrees or more, and a tint, for grey has no hue.

    Source: the rotation about the grey axis, as in Rodrigues' formula.
    """
    angle = np.deg2rad(rng.uniform(60, 300))
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    turned = np.eye(3) + np.sin(angle) * across + (1 - np.cos(angle)) * across @ across
    tint = rng.permutation([rng.uniform(0.35, 0.65), rng.uniform(0.6, 1.0), 1.0])
    # Black becomes a colour, too: a black thing would stay what it was.
    offset = rng.uniform(0, 0.25) * tint
    return Paint(np.diag(tint) @ turned * (1 - offset.max()), offset)


def drawn_light(rng):
    """A lamp anywhere on the camera's side, soft or hard."""
    x, y = rng.uniform(-1, 1, 2)
    return Light((float(x), float(y) + 0.3, 1.0), float(rng.uniform(0.35, 0.8)))


class Renderer:
    """Draws meshes, in a process of its own: `getnet_tf.data.drawing` says why. Close it, or use it in a `with`.

    Raises:
        InputError: if this machine cannot draw without a screen.
    """

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "getnet_tf.data.drawing"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._numbers, self._loads = collections.OrderedDict(), 0  # id of a mesh -> (the mesh, its number)
        if (reason := self._answer()) is not None:
            self.close()
            raise InputError(reason)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the process."""
        self._process.communicate()

    def draw(self, mesh, camera, light=Light(), paint=AS_IT_IS):
        """A view of a mesh.

        Args:
            mesh: `Mesh`; to be drawn again fast, it must be the same object.
            camera: `Camera`, outside of the mesh.
            light: `Light`.
            paint: `Paint`; alpha and points do not depend on it, nor on the light.

        Returns:
            `Render`.
        """
        self._order("draw", self._number_of(mesh), camera, light, paint)
        return self._answer()

    def _number_of(self, mesh):
        if id(mesh) not in self._numbers:
            if len(self._numbers) == KEPT:
                self._order("forget", self._numbers.popitem(last=False)[1][1])
            self._loads += 1
            self._numbers[id(mesh)] = mesh, self._loads
            self._order("load", self._loads, mesh)
        self._numbers.move_to_end(id(mesh))
        return self._numbers[id(mesh)][1]

    def _order(self, *order):
        try:
            pickle.dump(order, self._process.stdin, protocol=5)
            self._process.stdin.flush()
        except BrokenPipeError:
            self._answer()

    def _answer(self):
        try:
            return pickle.load(self._process.stdout)
        except EOFError:
            raise InputError(
                f"The process that draws ended early, with {self._process.wait()}. Expected a render; see what it said above."
            ) from None
