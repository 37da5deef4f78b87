"""getnet_tf/data/meshes.py and scans.py: normals, what is read, and what nothing learns from."""

import cv2
import numpy as np
import pytest
from boxes3d import box_mesh

from getnet_tf.data import scans
from getnet_tf.data.meshes import Mesh, read_scan, vertex_normals
from getnet_tf.errors import InputError


def test_normals_of_a_box_point_along_its_diagonals():
    """At a corner three faces meet at right angles; each has two triangles, of which one or both touch the corner."""
    mesh = box_mesh()
    normals = vertex_normals(mesh.vertices, mesh.faces)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
    assert (np.sign(normals) == np.sign(mesh.vertices)).all()


def test_vertices_at_one_place_share_their_normal():
    mesh = box_mesh()
    normals = vertex_normals(mesh.vertices, mesh.faces)
    corner = (mesh.vertices == 0.5).all(axis=1)
    assert corner.sum() == 3
    np.testing.assert_allclose(normals[corner], normals[corner][:1].repeat(3, axis=0))


def test_a_single_triangle_has_the_normal_of_its_winding():
    """Counter-clockwise seen from +z."""
    triangle = np.array([(0, 0, 0), (2, 0, 0), (0, 1, 0)], np.float32)
    np.testing.assert_allclose(vertex_normals(triangle, np.array([(0, 1, 2)])), [(0, 0, 1)] * 3)


def test_a_face_of_a_vertex_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="faces of 3 vertices, received the number 3"):
        Mesh("bad", np.zeros((3, 3)), np.zeros((3, 2)), np.array([(0, 1, 3)]), np.zeros((2, 2, 3), np.uint8))


def test_a_scan_is_read_as_it_was_written(tmp_path):
    mesh = box_mesh((0.6, 0.6, 0.5))
    np.savez(
        tmp_path / "box.npz", vertices=np.float16(mesh.vertices), uv=mesh.uv, faces=np.uint16(mesh.faces)
    )
    cv2.imwrite(str(tmp_path / "box.jpg"), np.full((16, 16, 3), (0, 0, 255), np.uint8))  # red, in BGR
    read = read_scan(tmp_path, "box")
    np.testing.assert_allclose(read.vertices, mesh.vertices, atol=1e-3)
    assert read.faces.tolist() == mesh.faces.tolist() and read.vertices.dtype == np.float32
    assert read.texture[0, 0, 0] > 240 and read.texture[0, 0, 2] < 15


def test_a_scan_without_its_arrays_is_one_line(tmp_path):
    np.savez(tmp_path / "box.npz", vertices=np.zeros((3, 3)))
    with pytest.raises(InputError, match=r"box\.npz: expected a scan with vertices, uv and faces"):
        read_scan(tmp_path, "box")
    with pytest.raises(InputError, match=r"none\.npz: expected a scan"):
        read_scan(tmp_path, "none")


def test_what_is_tested_on_or_chosen_by_never_trains(tmp_path):
    assert len(set(scans.TEST)) == 20 and len(set(scans.VALIDATION)) == 12
    assert not set(scans.TEST) & set(scans.VALIDATION)
    for name in (*scans.TEST[:2], scans.VALIDATION[0], "my_mug"):
        (tmp_path / f"{name}.npz").touch()
    found = scans.scan_names(tmp_path)
    assert found == {"train": ["my_mug"], "val": [scans.VALIDATION[0]], "test": sorted(scans.TEST[:2])}


def test_a_folder_without_scans_is_one_line(tmp_path):
    with pytest.raises(InputError, match="No scan in"):
        scans.scan_names(tmp_path)
