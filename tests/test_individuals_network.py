"""getnet_tf.individuals: the describer, its file, and how it learns, on maps made by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import bit_equal, one_line, shake, values_of

from getnet_tf import archive
from getnet_tf.errors import InputError
from getnet_tf.individuals import checkpoint, settings
from getnet_tf.individuals.batches import ExampleBatches
from getnet_tf.individuals.card import CellsCard
from getnet_tf.individuals.examples import Example
from getnet_tf.individuals.network import Describer, build_head
from getnet_tf.individuals.places import middles_norm
from getnet_tf.individuals.trainer import CellsTrainer

pytestmark = pytest.mark.usefixtures("shallow")
HW = (64, 64)
CONFIG = settings.quick(
    "nowhere", weights="random", image_hw=HW, dim=16, steps=60, log_every=60, learning_rate=0.01
)


@pytest.fixture(scope="module")
def describer():
    """An untrained one whose weights are all in use. Not to be changed."""
    keras.utils.set_random_seed(0)
    network = Describer(HW, 16)
    shake(network.variables)
    return network


def test_every_cell_has_length_1(describer, rng):
    cells = np.asarray(describer(rng.random((2, *HW, 3), np.float32)))
    assert cells.shape == (2, 4, 4, 16)
    np.testing.assert_allclose(np.linalg.norm(cells, axis=-1), 1, atol=1e-5)
    assert cells.std() > 0.05


def test_the_file_gives_the_same_describer_and_its_card(describer, rng, tmp_path):
    card = CellsCard(CONFIG, "by hand", "abc", 1.5, {"cells_val_auc": 0.5})
    archive.save(tmp_path / "model.keras", describer, card.member, card.to_json())
    loaded, images = checkpoint.load(tmp_path), rng.random((1, *HW, 3), np.float32)
    np.testing.assert_array_equal(loaded(images), describer(images))
    assert CellsCard.read(tmp_path) == card and CellsCard.is_in(tmp_path)


def test_a_file_that_is_none_is_refused_in_one_line(describer, tmp_path):
    def refused(said):
        with pytest.raises(InputError, match=said) as caught:
            checkpoint.load(tmp_path)
        assert one_line(caught.value)

    refused(r"No such checkpoint: .*individuals\.train")
    describer.save(tmp_path / "model.keras")
    refused(r"holds no describer: it has no cells\.json")
    other = CellsCard(settings.quick("nowhere", dim=8), "", "", 0, {})
    archive.save(tmp_path / "model.keras", describer, other.member, other.to_json())
    refused(r"holds another network than its cells\.json says")


@pytest.mark.slow
def test_tf_keras_builds_the_same_head_and_it_quantizes_whole(rng):
    import tf_keras

    from export.quantize import rebuilt

    ours = build_head(16)
    shake(ours.variables)
    theirs, whole = (rebuilt(ours, build_head(16, tf_keras), quantized) for quantized in (False, True))
    maps = rng.random((2, 4, 5, 112), np.float32)
    answer, other = (np.asarray(model(maps)) for model in (ours, theirs))
    assert np.abs(answer - other).max() < 1e-4 and answer.std() > 1e-2
    assert [layer.name for layer in whole.layers if not layer.name.startswith(("quant", "maps"))] == []


class Shifted:
    """The view shows the reference one cell farther right, as the first 12 of 112 numbers say; the others are noise."""

    def drawn(self, rng):
        world, other = rng.normal(size=(2, 4, 6, 112)).astype(np.float32)
        view = np.concatenate([world[..., :12], other[..., 12:]], axis=-1)
        places = middles_norm(HW) + np.float32((2 * 16 / 63, 0))
        return Example(world[:, :4], view[:, 1:5], other[:, :4], places, places[:, 0] < 1)


@pytest.fixture
def trainer():
    keras.utils.set_random_seed(0)
    return CellsTrainer(Describer(HW, 16), CONFIG)


def test_the_head_learns_and_the_trunk_does_not(trainer):
    network, batches = trainer.network, ExampleBatches([Shifted()], 4, seed=0)
    before = {part: values_of(getattr(network, part).variables) for part in ("trunk", "cells")}
    train_step = tf.function(trainer.train_step)
    first = float(trainer.losses(batches(100), training=True)["loss"])
    for step in range(40):
        train_step(batches(step), "cells")
    assert bit_equal(values_of(network.trunk.variables), before["trunk"])
    assert not bit_equal(values_of(network.cells.variables), before["cells"])
    assert float(trainer.losses(batches(100), training=True)["loss"]) < 0.8 * first


def test_only_cells_of_the_own_reference_near_the_place_are_no_other_ones(trainer):
    """Two examples of 16 cells: of 2 x 2 x 16 cells those round number 5 of the own reference do not count, nine of them."""
    places = np.tile(middles_norm(HW)[5], (2, 1, 1))
    apart = np.asarray(trainer._apart(places, 2))
    assert apart.shape == (2, 1, 64)
    near = [n for n in range(16) if n // 4 < 3 and n % 4 < 3]
    assert np.flatnonzero(~apart[0, 0]).tolist() == near
    assert np.flatnonzero(~apart[1, 0]).tolist() == [16 + n for n in near]


def test_a_match_is_read_where_the_place_says(trainer):
    """Head and trunk aside: maps in which every cell is unlike all others, and a view that is shifted by one cell."""
    world = np.eye(24, dtype=np.float32).reshape(4, 6, 24)
    trainer.network.described = lambda maps, training: maps
    batch = {
        "reference": world[None, :, :4],
        "view": world[None, :, 1:5],
        "other": np.zeros((1, 4, 4, 24), np.float32),
        "cells": np.float32([[0, 5, 14]]),
        "weight": np.ones(1, np.float32),
    }
    middles = middles_norm(HW)
    right = batch | {"places": middles[None, [1, 6, 15]]}
    wrong = batch | {"places": middles[None, [12, 12, 0]]}
    assert float(trainer.losses(right, training=False)["right"]) == 1
    # The match has a cosine of 1 with itself, and nothing else has any with it; of 32 cells some are near and left out.
    assert float(trainer.losses(right, training=False)["loss"]) < 1e-4
    assert float(trainer.losses(wrong, training=False)["right"]) == 0
