"""A box as a mesh, made by hand, and as the files of a scan."""

import cv2
import numpy as np

from getnet_tf.data.meshes import Mesh

# Corners of a face in its own axes, counter-clockwise from outside.
_CORNERS = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])


def box_mesh(sides=(1.0, 1.0, 1.0), texture=None):
    """A box round the origin with sides along x, y and z; every face shows the whole texture, grey unless given."""
    vertices, faces = [], []
    for axis in range(3):
        for sign in (1, -1):
            face = np.zeros((4, 3))
            face[:, axis] = sign
            face[:, (axis + 1) % 3], face[:, (axis + 2) % 3] = _CORNERS[::sign].T
            first = len(vertices)
            vertices.extend(face * np.array(sides) / 2)
            faces += [(first, first + 1, first + 2), (first, first + 2, first + 3)]
    uv = np.tile([(0, 0), (1, 0), (1, 1), (0, 1)], (6, 1))
    texture = np.full((8, 8, 3), 128, np.uint8) if texture is None else texture
    return Mesh("box", np.float32(vertices), np.float32(uv), np.uint32(faces), texture)


def write_scan(folder, name, seed):
    """Writes a box as NAME.npz and NAME.jpg; its texture is a few strong colours, others for every seed."""
    mesh = box_mesh((0.6, 0.6, 0.5))
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / f"{name}.npz", vertices=mesh.vertices, uv=mesh.uv, faces=mesh.faces)
    colours = np.random.default_rng(seed).integers(0, 2, (4, 4, 3)).astype(np.uint8) * 200 + 30
    cv2.imwrite(str(folder / f"{name}.jpg"), cv2.resize(colours, (64, 64), interpolation=cv2.INTER_NEAREST))
