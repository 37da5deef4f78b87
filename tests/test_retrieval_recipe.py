"""A recipe: what a head has learned and a whitening, as one function and one file."""

import numpy as np
import pytest

from getnet_tf.errors import InputError
from getnet_tf.retrieval.recipe import Recipe
from getnet_tf.retrieval.whitening import Whitening

ROW = np.array([[[[1.0, 0.0], [3.0, 4.0]]]], np.float32)
TURN = Whitening(np.zeros(2, np.float32), np.array([[0, 1], [1, 0]], np.float32))
VLAD = {"kernel": np.zeros((2, 2)), "bias": np.zeros(2), "centres": np.array([[0.0, 0], [1, 1]])}


def test_a_head_is_given_what_it_has_learned_and_its_parts_are_whitened():
    """GeM of power 1 is the average, (2, 2); of power 3 (2.410142, 3.174802), at length 1 (0.604658, 0.796485), turned round."""
    assert np.allclose(Recipe("gem", {"power": 1.0})(ROW), [[0.5**0.5, 0.5**0.5]])
    assert np.allclose(Recipe("gem", whitening=TURN)(ROW), [[0.796485, 0.604658]], atol=1e-5)


def test_codes_are_as_long_as_the_last_step_makes_them():
    assert Recipe().dim(7) == 7
    assert Recipe(whitening=TURN).dim(2) == 2
    assert Recipe("netvlad", VLAD).dim(2) == 4
    one = Whitening(np.zeros(4), np.ones((4, 1)))
    assert Recipe("netvlad", VLAD, one).dim(2) == 1
    assert Recipe("netvlad", VLAD, one)(ROW).tolist() in ([[1]], [[-1]])


@pytest.mark.parametrize(
    ("recipe", "channels", "said"),
    [(Recipe(whitening=TURN), 3, "of 2 numbers, the model makes 3"), (Recipe("netvlad", VLAD), 3, "of 2 n")],
)
def test_a_recipe_for_other_maps_is_refused(recipe, channels, said):
    with pytest.raises(InputError, match=said):
        recipe.dim(channels)


@pytest.mark.parametrize("recipe", [Recipe("rmac", {}, TURN), Recipe("gem", {"power": np.float32(2)}, TURN)])
def test_a_file_gives_back_what_was_saved(recipe, tmp_path):
    path = tmp_path / "white.npz"
    path.write_bytes(recipe.to_bytes())
    again = Recipe.load(path)
    assert again.fingerprint == recipe.fingerprint != Recipe().fingerprint
    assert np.array_equal(again(np.tile(ROW, (1, 3, 2, 1))), recipe(np.tile(ROW, (1, 3, 2, 1))))


@pytest.mark.parametrize("content", [b"", b"no numbers at all", b"PK\x05\x06" + bytes(18)])
def test_another_file_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "white.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="expected a whitening"):
        Recipe.load(path)
    with pytest.raises(InputError, match="found no such file"):
        Recipe.load(tmp_path / "none.npz")


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"head": "mac", "mean": np.zeros(3), "projection": np.zeros((2, 2))},
            r"received \(3,\) and \(2, 2\)",
        ),
        ({"head": "max", "mean": np.zeros(2), "projection": np.eye(2)}, "received max"),
        ({"head": "mac"}, r"received \(\) and \(\)"),
    ],
)
def test_a_file_that_does_not_fit_itself_is_refused(tmp_path, arrays, said):
    np.savez(tmp_path / "white.npz", **arrays)
    with pytest.raises(InputError, match=said):
        Recipe.load(tmp_path / "white.npz")
