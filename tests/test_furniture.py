"""getnet_tf/data/furniture.py: a catalog becomes scans that are drawn like any other."""

import zipfile

import cv2
import numpy as np
import pytest

from getnet_tf.data import furniture
from getnet_tf.data.meshes import read_scan

PROPERTIES = """# a comment
license=Some licence
name#1=Lamp
category#1=Lights
model#1=/house/lamp/lamp.obj
creator#1=Ada
model#2=/house/guest/guest.obj
category#2=Characters
creator#2=Bea
model#3=/house/slab/slab.obj
category#3=Kitchen
creator#3=Cy, Di
"""
# Of the lamp's two triangles one is red and stands; one lies and shows the picture's place (1, 1), its upper right.
LAMP = """mtllib lamp.mtl
v 0 0 0
v 2 0 0
v 0 4 0
v 0 0 4
vt 1 1
usemtl red
f 1 2 3
usemtl printed
f 1/1 2/1 4/1
"""
MATERIALS = """newmtl red
Kd 1 0 0
newmtl printed
map_Kd print.png
"""
SLAB = "mtllib lamp.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl red\nf 1 2 3\n"


def write_catalog(path, properties=PROPERTIES):
    """A lamp of two materials, a person, and a slab of one colour."""
    printed = np.zeros((64, 64, 3), np.uint8)
    printed[:32, 32:] = (0, 255, 0)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(furniture.PROPERTIES, properties)
        archive.writestr("house/lamp/lamp.obj", LAMP)
        archive.writestr("house/lamp/lamp.mtl", MATERIALS)
        archive.writestr("house/lamp/print.png", cv2.imencode(".png", printed)[1].tobytes())
        archive.writestr("house/guest/guest.obj", SLAB)
        archive.writestr("house/slab/slab.obj", SLAB)
        archive.writestr("house/slab/lamp.mtl", MATERIALS)
    return path


def colour_at(scan, vertex):
    """The texture's colour (3,) at the places of a vertex."""
    h, w = scan.texture.shape[:2]
    u, v = scan.uv[vertex] % 1
    return scan.texture[round((1 - v) * (h - 1)), round(u * (w - 1))].astype(int)


def test_a_catalog_names_its_models_and_their_authors_but_no_people():
    lamp, slab = furniture.models_of(PROPERTIES)
    assert lamp == furniture.Model("lamp", "house/lamp/lamp.obj", "Ada", "Some licence")
    assert slab.author == "Cy, Di"


def test_up_becomes_z_and_the_box_has_the_diagonal_1():
    """A box of 2 x 4 x 4, its diagonal 6: what is 4 up is 4 / 6 high, and what came to the viewer comes to the viewer."""
    stood = furniture.standing([(0, 0, 0), (2, 4, 4)])
    np.testing.assert_allclose(stood, [(-1 / 6, 1 / 3, -1 / 3), (1 / 6, -1 / 3, 1 / 3)], atol=1e-6)


def test_colours_and_pictures_become_one_texture(tmp_path):
    written = furniture.convert(write_catalog(tmp_path / "House.sh3f"), tmp_path / "things")
    assert written == (1, 1)  # the slab shows one colour
    scan = read_scan(tmp_path / "things", "House_lamp")
    assert len(scan.faces) == 2
    lying, standing = sorted(scan.faces, key=lambda face: np.ptp(scan.vertices[face, 2]))
    red, green = colour_at(scan, standing[0]), colour_at(scan, lying[0])
    assert abs(red - (255, 0, 0)).max() < 40 and abs(green - (0, 255, 0)).max() < 40  # a JPEG
    assert (tmp_path / "things" / furniture.AUTHORS).read_text() == "House_lamp,Ada,Some licence\n"


def test_what_is_there_is_not_written_again(tmp_path):
    catalog, out = write_catalog(tmp_path / "House.sh3f"), tmp_path / "things"
    furniture.convert(catalog, out)
    (out / "House_lamp.jpg").write_bytes(b"mine")
    assert furniture.convert(catalog, out)[0] == 0
    assert (out / "House_lamp.jpg").read_bytes() == b"mine"
    assert len((out / furniture.AUTHORS).read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"no zip", "expected a furniture catalog"), (None, "No such file"), ({}, "it has no")],
)
def test_what_is_no_catalog_is_one_line(tmp_path, capsys, content, reason):
    path = tmp_path / "House.sh3f"
    if content == {}:
        zipfile.ZipFile(path, "w").close()
    elif content is not None:
        path.write_bytes(content)
    assert furniture.main([str(path), "--out", str(tmp_path / "things")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and reason in said
    assert not (tmp_path / "things").exists()


def test_a_model_that_is_missing_is_named(tmp_path, capsys):
    path = write_catalog(tmp_path / "House.sh3f", PROPERTIES.replace("lamp/lamp.obj", "lamp/lost.obj"))
    assert furniture.main([str(path), "--out", str(tmp_path / "things")]) == 2
    assert "house/lamp/lost.obj" in capsys.readouterr().err
