"""getnet_tf.individuals: the contrast, places and cells, scores, and which examples are drawn; all on numbers made by hand."""

import numpy as np
import pytest
from checks import bit_equal, gradient_error
from keras import ops

from getnet_tf.alignment.affine_maps import IDENTITY
from getnet_tf.alignment.batches import Seen
from getnet_tf.alignment.finds import AREAS
from getnet_tf.alignment.finds import ROLES as FIND_ROLES
from getnet_tf.individuals.batches import CELLS, LEAST_SEEN, ExampleBatches, compared
from getnet_tf.individuals.examples import Example, OfFinds, OfViews, Rendered
from getnet_tf.individuals.loss import info_nce
from getnet_tf.individuals.places import middles_norm, near_norm, reach
from getnet_tf.individuals.scores import best_here, scores_of

HW = (64, 64)
GRID = (4, 4)  # cells of a map of it


def test_the_contrast_is_the_logarithm_of_a_share():
    """exp(ln 2) = 2 against 1 + 1: the match has half of it all; what does not count is not in it."""
    loss = info_nce(np.log([2.0]), np.array([[0.0, 0.0, 5.0]]), np.array([[True, True, False]]), 1.0)
    np.testing.assert_allclose(loss, [np.log(2)], rtol=1e-6)


def test_a_match_among_its_likes_is_one_of_so_many():
    """At any temperature: three that count are as like as the match, so it is one of four."""
    for temperature in (0.05, 1.0):
        loss = info_nce(np.array(0.3), np.full(3, 0.3), np.ones(3, bool), temperature)
        np.testing.assert_allclose(loss, np.log(4), rtol=1e-5)


def test_a_perfect_match_costs_nothing_and_a_low_temperature_forgives_less():
    far = np.ones(4, bool)
    assert float(info_nce(np.array(1.0), np.full(4, -1.0), far, 0.05)) < 1e-6
    # One that is liker by 0.1: exp(0.1 / t) to 1, which is e at 0.1 and e^2 at 0.05.
    for temperature, odds in ((0.1, np.e), (0.05, np.e**2)):
        loss = info_nce(np.array(0.5), np.array([0.6]), far[:1], temperature)
        np.testing.assert_allclose(loss, np.log(1 + odds), rtol=1e-5)


def test_the_contrast_has_the_gradient_that_numbers_give(rng):
    apart = rng.random((2, 5)) < 0.7
    error, least = gradient_error(
        lambda match, cosines: info_nce(match, ops.where(apart, cosines, 0.0), apart, 0.5),
        rng.uniform(-1, 1, 2),
        rng.uniform(-1, 1, (2, 5)),
    )
    assert error < 1e-6 < least


def test_middles_of_cells_lie_inside():
    """32 x 64 pixels: cells have their middles at 7.5 and 23.5 of 31 across, and so on down."""
    middles = middles_norm((64, 32))
    assert middles.shape == (8, 2)
    np.testing.assert_allclose(middles[0], (2 * 7.5 / 31 - 1, 2 * 7.5 / 63 - 1), atol=1e-6)
    np.testing.assert_allclose(middles[1], (2 * 23.5 / 31 - 1, 2 * 7.5 / 63 - 1), atol=1e-6)
    np.testing.assert_allclose(reach((64, 32)), middles[-1], atol=1e-6)


def test_near_is_next_to_it_even_across_the_corner_and_no_farther():
    middles, near = middles_norm(HW), near_norm(HW)
    around = np.linalg.norm(middles - middles[5], axis=1) <= near
    assert around.reshape(GRID).tolist() == [[True] * 3 + [False]] * 3 + [[False] * 4]


def one_hot_example(seen=16):
    """Every cell of the view is unlike all others, and lies at the same place of the reference; the other one is blank."""
    maps = np.eye(16, dtype=np.float32).reshape(*GRID, 16)
    return Example(maps, maps, np.ones_like(maps) / 4, middles_norm(HW), np.arange(16) < seen)


def test_cells_that_know_their_places_score_1():
    """Twice: the cosine is 1 at the right place, and 1/4 in the blank map."""
    found = scores_of(lambda maps: maps, [one_hot_example(), one_hot_example(6)], HW)
    assert found == {"nearest": 1.0, "auc": 1.0, "paired": 1.0}


def test_a_look_alike_that_is_the_reference_cannot_be_told():
    """The reference is as like as itself: half of the pairs, and never more."""
    maps = one_hot_example().reference
    found = scores_of(
        lambda maps: maps, [Example(maps, maps, maps, middles_norm(HW), np.ones(16, bool))] * 2, HW
    )
    assert found == {"nearest": 1.0, "auc": 0.5, "paired": 0.0}


def test_cells_that_are_somewhere_else_are_wrong():
    """The places are turned by half a circle: of 16 cells only the four in the middle are near theirs."""
    example = one_hot_example()
    turned = Example(
        example.reference, example.view, example.other, middles_norm(HW)[::-1].copy(), example.seen
    )
    assert scores_of(lambda maps: maps, [turned], HW)["nearest"] == 0.25


def test_an_example_of_which_too_little_is_seen_is_left_out():
    few = one_hot_example(LEAST_SEEN - 1)
    assert all(np.isnan(value) for value in scores_of(lambda maps: maps, [few], HW).values())
    assert compared(few, np.random.default_rng(0))["weight"] == 0


def test_the_best_that_is_here_counts_and_nothing_here_is_0():
    cosines = np.array([[0.1, 0.9, 0.4], [0.5, 0.6, 0.7]])
    here = np.array([[True, False, True], [False, False, False]])
    assert best_here(cosines, here) == 0.2


def seen_photos(groups, count, rng, **facts):
    """Maps of noise, the first number of each that of its picture; even groups are learned from, and show one of two things."""
    maps = rng.normal(size=(groups * count, *GRID, 8)).astype(np.float16)
    maps[:, 0, 0, 0] = np.arange(groups * count)
    return Seen(maps, facts, count, np.arange(groups) // 2 % 2, np.arange(0, groups, 2))


def test_a_view_of_a_photo_lies_where_its_map_says(rng):
    """View 0 is the photo; view 1 shows its right half, magnified: what is in its middle lies at 0.5 there."""
    theta = np.tile(np.stack([IDENTITY, np.float32([0.5, 0, 0.5, 0, 0.5, 0])]), (8, 1))
    views = seen_photos(8, 2, rng, theta=theta)
    source, middles = OfViews(views, views.chosen, HW), middles_norm(HW)
    for _ in range(20):
        example = source.drawn(rng)
        a, b, other = (int(m[0, 0, 0]) for m in (example.reference, example.view, example.other))
        assert a // 2 == b // 2 and a // 2 % 2 == 0 and other // 2 % 2 == 0
        assert views.labels[other // 2] != views.labels[a // 2]
        expected = middles * 0.5 + (0.5, 0) if b % 2 else (middles - (0.5, 0)) * 2
        np.testing.assert_allclose(example.places, expected, atol=1e-6)
        # In the photo the left half is not seen by the view of the right one: of 16 cells 4 lie in it.
        assert example.seen.sum() == (16 if b % 2 else 4)


def test_a_find_is_beside_its_reference_in_the_turn_that_comes_nearest(rng):
    """The thing lies turned by 100 degrees: a quarter of a circle is nearest, which leaves 10."""
    cos, sin = np.cos(np.deg2rad(100)), np.sin(np.deg2rad(100))
    theta = np.tile(np.float32([cos, -sin, 0, sin, cos, 0]), (4 * FIND_ROLES, AREAS, 1))
    finds = seen_photos(4, FIND_ROLES, rng, theta=theta)
    example = OfFinds(finds, np.arange(4), HW).drawn(rng)
    assert example.reference[0, 0, 0] % FIND_ROLES in (2, 6)
    left = np.deg2rad(10)
    turn = np.array([[np.cos(left), -np.sin(left)], [np.sin(left), np.cos(left)]])
    np.testing.assert_allclose(example.places, middles_norm(HW) @ turn.T, atol=1e-5)


def test_a_triple_s_maps_come_in_order(rng):
    maps = rng.normal(size=(6, *GRID, 8)).astype(np.float16)
    places, seen = rng.random((6, *GRID, 2)), rng.random((6, *GRID)) < 0.5
    example = Rendered(maps, {"places": places, "seen": seen})[1]
    np.testing.assert_array_equal(np.stack([example.reference, example.view, example.other]), maps[3:])
    np.testing.assert_array_equal(example.places[5], places[3, 1, 1])
    np.testing.assert_array_equal(example.seen, seen[3].ravel())


class Few:
    """A source whose examples are marked by a number, and of which few cells are seen."""

    def __init__(self, mark, seen):
        self.example = one_hot_example(seen)
        self.example.reference[0, 0, 0] = mark

    def drawn(self, rng):
        return self.example


def test_sources_take_turns_and_only_what_is_seen_is_compared():
    batches = ExampleBatches([Few(7, 5), Few(9, 2)], 4, seed=1)
    batch = batches(3)
    assert batch["reference"][:, 0, 0, 0].tolist() == [7, 9, 7, 9]
    assert batch["weight"].tolist() == [1, 0, 1, 0]
    assert batch["cells"].shape == (4, CELLS) and batch["cells"][::2].max() < 5
    chosen = batch["cells"][0].astype(int)
    np.testing.assert_array_equal(batch["places"][0], middles_norm(HW)[chosen])


@pytest.mark.parametrize("step", [0, 5])
def test_a_batch_is_a_function_of_the_step(step):
    one, other = (ExampleBatches([Few(7, 16)], 4, seed=1) for _ in range(2))
    assert bit_equal(list(one(step).values()), list(other(step).values()))
    assert not np.array_equal(one(step)["cells"], one(step + 1)["cells"])
