"""getnet_tf/data/cameras.py: rotations by hand, the pinhole formula, and OpenGL's matrix against it."""

import numpy as np
import pytest

from getnet_tf.data.cameras import (
    another_side,
    camera_at,
    clip_matrix,
    looking_from,
    moved_aside,
    projected,
    rolled,
)

CUBE = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)])


def test_from_the_front_x_is_towards_the_camera_y_right_and_z_up():
    np.testing.assert_allclose(
        looking_from((2, 0, 0)) @ np.eye(3), [(0, 1, 0), (0, 0, 1), (1, 0, 0)], atol=1e-12
    )


def test_a_roll_turns_the_picture_counter_clockwise():
    """What was right, y of the thing, is then up."""
    rotation = looking_from((1, 0, 0), roll_deg=90)
    np.testing.assert_allclose(rotation @ (0, 1, 0), (0, 1, 0), atol=1e-12)


@pytest.mark.parametrize("direction", [(0, 0, 1), (0, 0, -3), (1, 2, 3), (-1, 0.1, 0)])
def test_every_direction_gives_a_rotation_that_looks_along_it(direction):
    rotation = looking_from(direction, 33)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    np.testing.assert_allclose(rotation[2], np.array(direction) / np.linalg.norm(direction), atol=1e-12)


def test_a_camera_that_goes_right_by_a_quarter_sees_the_side():
    """From the front, x, to the right is y; the picture stays upright."""
    np.testing.assert_allclose(
        moved_aside(looking_from((1, 0, 0)), 90, 0), looking_from((0, 1, 0)), atol=1e-12
    )


@pytest.mark.parametrize("angle", [0, 25, 60, 180])
def test_a_camera_moves_aside_by_the_angle(angle):
    before = looking_from((1, -2, 0.5), 12)
    after = moved_aside(before, angle, 70)
    assert before[2] @ after[2] == pytest.approx(np.cos(np.deg2rad(angle)))
    np.testing.assert_allclose(after @ after.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize(("most_deg", "least_cos"), [(0, 1), (60, 0.5), (None, -1)])
def test_another_side_is_no_farther_than_asked_and_may_be_so_far(most_deg, least_cos):
    rotation, rng = looking_from((1, 2, 3)), np.random.default_rng(0)
    cos = [another_side(rotation, most_deg, rng)[2] @ rotation[2] for _ in range(200)]
    assert least_cos - 1e-9 <= min(cos) <= least_cos + 0.03


def test_a_cube_is_seen_where_the_pinhole_formula_says():
    """Its near face, of side 1, is 1.5 away: with 90 pixels for the face, the focal length is 135."""
    camera = camera_at(CUBE, looking_from((1, 0, 0)), 2.0, (80, 100), fill=0.9)
    assert camera.focal_px == pytest.approx(0.9 * 80 * 1.5)
    np.testing.assert_allclose(camera.centre_px, (49.5, 39.5))
    places, depth = projected(np.array([(0.5, 0.5, 0.5), (-0.5, 0, 0)]), camera)
    np.testing.assert_allclose(places, [(49.5 + 36, 39.5 - 36), (49.5, 39.5)])
    np.testing.assert_allclose(depth, (1.5, 2.5))


def test_what_is_behind_the_camera_has_no_place():
    camera = camera_at(CUBE, looking_from((1, 0, 0)), 2.0, (80, 100))
    places, _ = projected(np.array([(3.0, 0, 0)]), camera)
    assert np.isnan(places).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_matrix_for_opengl_is_the_same_camera(seed):
    """OpenGL's window: x from -1 to 1 over the width; row 0, whose edge is -1, is our first."""
    rng = np.random.default_rng(seed)
    camera = camera_at(CUBE, rolled(looking_from(rng.normal(size=3)), 20), 1.7, (60, 90))
    points = rng.uniform(-0.5, 0.5, (20, 3))
    clip = np.c_[points, np.ones(20)] @ clip_matrix(camera, 0.9).T
    places = (clip[:, :2] / clip[:, 3:] + 1) / 2 * (90, 60) - 0.5
    np.testing.assert_allclose(places, projected(points, camera)[0], atol=1e-3)
    order = clip[:, 2] / clip[:, 3]
    assert (np.abs(order) <= 1).all()
    assert np.argsort(order).tolist() == np.argsort(projected(points, camera)[1]).tolist()


def test_a_camera_among_the_corners_is_refused():
    with pytest.raises(ValueError, match="focal"):
        camera_at(CUBE, np.eye(3), 0.4, (80, 80))
