"""getnet_tf/data/renders.py and matched_views.py on a box whose views can be worked out by hand. Skipped where nothing can be drawn."""

import dataclasses
import sys
import types

import numpy as np
import pytest
from boxes3d import box_mesh

from getnet_tf.data.cameras import camera_at, looking_from, projected
from getnet_tf.data.drawing import as_render, open_context
from getnet_tf.data.matched_views import Seen, carried, cell_middles, cell_places, drawn_views, seen_from
from getnet_tf.data.renders import KEPT, Light, Paint, Renderer, drawn_paint
from getnet_tf.errors import InputError

FLAT = Light(ambient=1.0)  # no shadow, so colours are the texture's
HALVES = np.zeros((8, 8, 3), np.uint8)  # upper half red, lower half blue
HALVES[:4, :, 0] = HALVES[4:, :, 2] = 200


@pytest.fixture(scope="module")
def renderer():
    try:
        made = Renderer()
    except InputError as error:
        pytest.skip(str(error))
    with made:
        yield made


def front(mesh, image_hw=(80, 100), focal=2.0):
    return camera_at(mesh.vertices, looking_from((1, 0, 0)), focal, image_hw)


def test_a_cube_from_the_front_is_its_near_face(renderer):
    """0.9 of 80 pixels is 72; the face fills the pixels whose centres are within 36 of the middle, (49.5, 39.5)."""
    cube = box_mesh()
    render = renderer.draw(cube, front(cube))
    expected = np.zeros((80, 100), bool)
    expected[4:76, 14:86] = True
    assert render.picture.shape == (80, 100, 3)
    assert (render.alpha == expected).all()
    assert (np.isfinite(render.points).all(axis=-1) == expected).all()


def test_points_say_what_is_seen_where(renderer):
    """Of the near face x is 0.5; a pixel is 1/72 wide there, y grows to the right, z up."""
    cube = box_mesh()
    points = renderer.draw(cube, front(cube)).points
    np.testing.assert_allclose(points[4, 14], (0.5, -0.5 + 0.5 / 72, 0.5 - 0.5 / 72), atol=1e-4)
    np.testing.assert_allclose(points[75, 80], (0.5, 66.5 / 72 - 0.5, -0.5 + 0.5 / 72), atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_points_lie_at_their_pixel_from_any_side(renderer, seed):
    mesh, rng = box_mesh((0.7, 0.5, 0.3)), np.random.default_rng(seed)
    view, _ = drawn_views(renderer, mesh, rng, 96)
    y, x = np.nonzero(view.render.alpha)
    assert len(y) > 500
    places, _ = projected(view.render.points[y, x], view.camera)
    assert np.abs(places - np.stack([x, y], axis=-1)).max() < 0.05


def test_the_picture_is_upright_and_its_colours_are_the_textures(renderer):
    cube = box_mesh(texture=HALVES)
    cube = dataclasses.replace(
        cube, uv=np.float32(cube.vertices[:, 1:] + 0.5)
    )  # of the front face: y right, z up
    picture = renderer.draw(cube, front(cube), FLAT).picture
    np.testing.assert_allclose(picture[20, 50], (200, 0, 0), atol=2)
    np.testing.assert_allclose(picture[60, 50], (0, 0, 200), atol=2)


def test_a_lamp_from_the_side_leaves_the_ambient_light(renderer):
    """The lamp shines along a picture's plane: no light from it. The normals are those of one flat face."""
    plate = box_mesh()
    plate = dataclasses.replace(plate, vertices=plate.vertices * np.float32((0, 1, 1)))
    plate = dataclasses.replace(plate, faces=plate.faces[:2])
    camera = front(plate)
    aside, full = (
        renderer.draw(plate, camera, Light(d, 0.25)).picture[40, 50] for d in ((1, 0, 0), (0, 0, 1))
    )
    np.testing.assert_allclose(full, 128, atol=1)
    np.testing.assert_allclose(aside, 32, atol=1)


def test_repainting_changes_colours_alone(renderer):
    cube = box_mesh(texture=HALVES)
    camera = camera_at(cube.vertices, looking_from((1, 0.4, 0.3)), 2.0, (80, 100))
    before = renderer.draw(cube, camera)
    after = renderer.draw(cube, camera, paint=drawn_paint(np.random.default_rng(0)))
    other = renderer.draw(dataclasses.replace(cube, texture=HALVES[::-1].copy()), camera)
    for render in (after, other):
        assert (render.alpha == before.alpha).all()
        np.testing.assert_array_equal(render.points, before.points)
        apart = np.abs(render.picture.astype(int) - before.picture)[before.alpha == 1]
        assert apart.max(axis=-1).mean() > 30


def test_paint_is_a_matrix_and_an_offset(renderer):
    """Red and blue change places; (200, 0, 0) / 255 becomes (0, 0, 200) / 255, plus 0.1 of green."""
    cube = box_mesh(texture=np.full((4, 4, 3), (200, 0, 0), np.uint8))
    paint = Paint(np.eye(3)[::-1], np.array([0, 0.1, 0]))
    np.testing.assert_allclose(
        renderer.draw(cube, front(cube), FLAT, paint).picture[40, 50], (0, 25.5, 200), atol=1
    )


def test_colours_go_on_beyond_the_outline():
    """A white dot on nothing: beside it and far from it the picture is white, so nothing dark is mixed in."""
    colours = np.zeros((30, 40, 4), np.uint8)
    colours[15, 20] = 255
    render = as_render(colours, np.zeros((30, 40, 4), np.float32))
    assert (render.picture == 255).all()
    assert render.alpha.sum() == 1


def test_a_view_and_itself_match_cell_by_cell(renderer):
    cube = box_mesh()
    view = Seen(renderer.draw(cube, front(cube)), front(cube))
    places, on_thing, seen = cell_places(view, view)
    assert (on_thing == seen).all()
    assert on_thing.tolist() == [[False, True, True, True, True, False]] * 5  # middles 7.5, 23.5, ... 87.5
    assert np.abs(places - cell_middles((80, 100)))[seen].max() < 0.75  # the nearest pixel counts


def test_what_the_other_view_hides_is_not_seen_there(renderer):
    """A looks from the front, B from the right: of B's face, y = 0.5, A sees nothing."""
    cube = box_mesh()
    a, b = (
        seen_from(renderer, cube, looking_from(direction), 2.0, 96, FLAT)
        for direction in ((1, 0, 0), (0, 1, 0))
    )
    _, on_thing, seen = cell_places(a, b)
    assert on_thing.sum() == 36 and not seen.any()


def test_a_point_is_carried_to_its_place_in_a_view_from_aside(renderer):
    """A looks from x and y alike, B from the front; both see the front face. Its middle, (0.5, 0, 0), is left in A:
    across by -0.5 / sqrt 2, and 2 - 0.5 / sqrt 2 away."""
    cube = box_mesh()
    a, b = (
        seen_from(renderer, cube, looking_from(direction), 2.0, 97, FLAT)
        for direction in ((1, 1, 0), (1, 0, 0))
    )
    places, on_thing, seen = carried(np.array([(48.0, 48.0), (0.0, 0.0)]), b, a)
    aside = 0.5 / np.sqrt(2)
    x = a.camera.centre_px[0] - a.camera.focal_px * aside / (2 - aside)
    np.testing.assert_allclose(places[0], (x, 48), atol=0.01)
    assert on_thing.tolist() == [True, False] and seen.tolist() == [True, False]
    assert places[1].tolist() == [0, 0]


def test_a_cameras_views_are_at_most_so_far_apart(renderer):
    cube, rng = box_mesh(), np.random.default_rng(0)
    for _ in range(5):
        a, b = drawn_views(renderer, cube, rng, 32, most_deg=60)
        assert a.camera.rotation[2] @ b.camera.rotation[2] >= 0.5 - 1e-9


def test_without_moderngl_one_line_says_what_to_install(without_modules):
    without_modules("moderngl")
    with pytest.raises(InputError, match=r"\[render\].*libegl1 libgl1-mesa-dri"):
        open_context()


def test_without_egl_one_line_says_what_to_install(monkeypatch):
    def no_egl(backend):
        raise Exception(f"(standalone) cannot detect the {backend} library")

    monkeypatch.setitem(sys.modules, "moderngl", types.SimpleNamespace(create_standalone_context=no_egl))
    with pytest.raises(InputError, match=r"cannot detect the egl library\. Run.*apt install libegl1"):
        open_context()


def test_this_process_never_loads_what_draws(renderer):
    """TensorFlow is, or will be, in it."""
    renderer.draw(box_mesh(), front(box_mesh()))
    assert "moderngl" not in sys.modules


def test_meshes_beyond_those_kept_are_loaded_again(renderer):
    cubes = [box_mesh(texture=np.full((2, 2, 3), 3 * number, np.uint8)) for number in range(KEPT + 2)]
    for number in (*range(KEPT + 2), 0, KEPT + 1):
        picture = renderer.draw(cubes[number], front(cubes[number]), FLAT).picture
        np.testing.assert_allclose(picture[40, 50], 3 * number, atol=1)


def test_a_process_that_ends_early_is_one_line(renderer):
    with Renderer() as other:
        other._process.kill()
        other._process.wait()
        with pytest.raises(InputError, match="ended early, with -9"):
            other.draw(box_mesh(), front(box_mesh()))
