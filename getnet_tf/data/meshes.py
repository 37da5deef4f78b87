"""A thing as triangles with a picture on them, and how scans of things are read.

FOLDER/NAME.npz    `vertices` (V, 3), centred, the diagonal of their bounding box 1, z up; `uv` (V, 2), origin bottom left;
                   `faces` (F, 3), numbers of vertices
FOLDER/NAME.jpg    the texture
"""

import dataclasses
import pathlib

import numpy as np

from edge_demo.own_file import arrays_of
from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError


@dataclasses.dataclass(frozen=True, eq=False)
class Mesh:
    """A thing with texture, its diagonal about 1.

    Raises:
        ValueError: if shapes disagree or a face names a vertex that is not there.
    """

    name: str
    vertices: np.ndarray  # (V, 3) float32, z up
    uv: np.ndarray  # (V, 2) float32, places in the texture, (0, 0) its bottom left corner
    faces: np.ndarray  # (F, 3) uint32
    texture: np.ndarray  # (h, w, 3) uint8, RGB

    def __post_init__(self):
        shapes = [array.shape[1:] for array in (self.vertices, self.uv, self.faces)]
        if shapes != [(3,), (2,), (3,)] or len(self.vertices) != len(self.uv) or not len(self.faces):
            received = [array.shape for array in (self.vertices, self.uv, self.faces)]
            raise ValueError(f"Expected vertices (V, 3), uv (V, 2) and faces (F, 3), received {received}.")
        if self.faces.max() >= len(self.vertices):
            raise ValueError(
                f"Expected faces of {len(self.vertices)} vertices, received the number {self.faces.max()}."
            )
        if self.texture.ndim != 3 or self.texture.shape[2] != 3 or self.texture.dtype != np.uint8:
            raise ValueError(
                f"Expected a texture (h, w, 3) uint8, received {self.texture.shape} {self.texture.dtype}."
            )


def vertex_normals(vertices, faces):
    """Normals of a surface at its vertices: (V, 3) float32, length 1, zero where no face has an area.

    Vertices at one place, as a texture's seams have them, share their normal; larger faces weigh more.
    """
    _, place = np.unique(vertices, axis=0, return_inverse=True)
    place = place.ravel()
    a, b, c = (vertices[faces[:, corner]].astype(np.float64) for corner in range(3))
    across = np.cross(b - a, c - a)  # its length is twice the area
    sums = np.zeros((place.max() + 1, 3))
    for corner in range(3):
        np.add.at(sums, place[faces[:, corner]], across)
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    return (sums / np.maximum(length, 1e-12))[place].astype(np.float32)


def read_scan(folder, name):
    """The scan of this name in a folder, see the module's docstring.

    Raises:
        InputError: if a file is missing or not what it should be.
    """
    path = pathlib.Path(folder) / f"{name}.npz"
    try:
        content = arrays_of(path)
        vertices, uv, faces = (content[key] for key in ("vertices", "uv", "faces"))
        texture = read_rgb(path.with_suffix(".jpg"))
        return Mesh(name, np.float32(vertices), np.float32(uv), faces.astype(np.uint32), texture)
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{path}: expected a scan with vertices, uv and faces, received: {str(error).splitlines()[0]}"
        ) from None
