"""PCK, and the ways in which points are carried."""

import pathlib

import numpy as np
import pytest
from alignment_pairs import Aligner, Bend

from edge_demo.model.alignment.ways import WAYS, carried, found
from edge_demo.model.thetas import KINDS
from getnet_tf.alignment.keypoints import KeyedPicture
from getnet_tf.alignment.pck import pck, pck_scores
from getnet_tf.alignment.placement import placements

SQUARE = [(0, 0), (100, 0), (0, 50), (100, 50)]


@pytest.fixture(autouse=True)
def bend(monkeypatch):
    monkeypatch.setitem(KINDS, "tps", Bend())


def test_half_of_four_points_are_within_a_tenth_of_the_longer_side():
    """The box is 100 x 50, so ten pixels count: off by 10 does, by 10.1 and by 6 and 8.1 does not, by 0 does."""
    carried_px = [(10, 0), (100, 10.1), (6, 58.1), (100, 50)]
    assert pck(carried_px, SQUARE) == 0.5
    assert pck(carried_px, SQUARE, alpha=0.2) == 1.0


def test_the_side_is_that_of_the_picture_that_is_measured_in():
    """Ten pixels off: a tenth of A's 100, but a fifth of B's 50. Of two sub-classes each has its own mean."""
    far, near = (np.array(SQUARE, float) * scale for scale in (1, 0.5))
    wide = KeyedPicture(pathlib.Path("car/a.jpg"), np.zeros((8, 8, 3), np.uint8), far)
    small = KeyedPicture(pathlib.Path("car/b.jpg"), np.zeros((8, 8, 3), np.uint8), near)
    other = KeyedPicture(pathlib.Path("duck/c.jpg"), np.zeros((8, 8, 3), np.uint8), near)
    off = np.array([10, 0])
    shifted = [_Sends(far + off), _Sends(near + off), _Sends(near)]
    share, subclasses = pck_scores([(wide, small), (small, wide), (other, small)], shifted)
    assert subclasses == {"car": 0.5, "duck": 1.0}
    assert share == pytest.approx(2 / 3)


def test_the_cascade_reads_at_the_affine_of_the_spline():
    """The spline takes (0, 0) to (-0.1, 0.3); the affine doubles x, adds 0.5 to it, and halves y."""
    thetas = {"affine": np.array([2, 0, 0.5, 0, 0.5, 0]), "tps": np.array([0.2, 0.3] + [0] * 16)}
    points = [(0, 0), (1, 1)]
    np.testing.assert_allclose(carried(thetas, "affine", points), [(0.5, 0), (2.5, 0.5)])
    np.testing.assert_allclose(carried(thetas, "tps", points), [(-0.1, 0.3), (1, 1.3)])
    np.testing.assert_allclose(carried(thetas, "cascade", points), [(0.3, 0.15), (2.5, 0.65)])


@pytest.mark.parametrize("way", WAYS)
def test_what_was_carried_is_found_again(way):
    rng = np.random.default_rng(0)
    thetas = {"affine": np.array([0.4, -0.9, 0.3, 0.8, 0.5, -0.2]), "tps": np.array([0.6, 0.3] + [0] * 16)}
    points = rng.uniform(-1.2, 1.2, (20, 2))
    np.testing.assert_allclose(found(thetas, way, carried(thetas, way, points)), points, atol=1e-6)


def test_a_map_to_a_line_finds_something_finite():
    thetas = {"affine": np.array([1.0, 1, 0, 1, 1, 0])}
    assert np.isfinite(found(thetas, "affine", [(1, -1), (0, 0)])).all()


def test_pixels_are_carried_from_picture_to_picture_through_the_network_s_image():
    """The image has 60 x 40 pixels, as A; B has half as many each way. (3, 4) of B is (6.5, 8.5) of the image; the affine reads it
    1 further right, half the span of the image's 59 pixels: at 36."""
    aligner = Aligner(affine=(1, 0, 1, 0, 1, 0))
    picture_a, picture_b = np.zeros((40, 60, 3), np.uint8), np.zeros((20, 30, 3), np.uint8)
    every, sure = placements(aligner, [(picture_a, picture_b)] * 20)
    assert [len(own) for own in every.values()] == [20] * 3 and sure.tolist() == [0.5] * 20
    placement = every["affine"][-1]
    np.testing.assert_allclose(placement.carried([(3, 4)]), [(36, 8.5)])
    np.testing.assert_allclose(placement.found([(36, 8.5)]), [(3, 4)])


def test_the_spline_alone_is_that_of_the_pictures_as_they_are():
    """Alone it lowers by 2 of the image's 40 rows, after the affine by 1, and the affine itself shifts by 3 columns."""
    right, down = 2 / 59, 2 / 39
    aligner = Aligner((1, 0, 3 * right, 0, 1, 0), (0, 1 * down), alone=(0, 2 * down))
    every, _ = placements(aligner, [(np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60, 3), np.uint8))])
    places = {way: own[0].carried([(20, 20)])[0].round(4).tolist() for way, own in every.items()}
    assert places == {"affine": [23, 20], "tps": [20, 22], "cascade": [23, 21]}


def test_the_aligner_sees_a_first_and_b_second_with_a_camera_s_colours():
    aligner = Aligner()
    red, blue = np.zeros((2, 40, 60, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 200
    placements(aligner, [(red, blue)])
    (picture_a, picture_b), *_ = aligner.seen
    assert (picture_a == [0, 0, 255]).all() and (picture_b == [200, 0, 0]).all()  # BGR


class _Sends:
    """Carries whatever to fixed places."""

    def __init__(self, places_px):
        self.places_px = places_px

    def carried(self, points_px):
        return self.places_px
