"""getnet_tf.training.in_turn: each phase changes what it should, and nothing else to the bit."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import bit_equal, shake, values_of

from getnet_tf import presets
from getnet_tf.config import InTurnConfig, ModelConfig
from getnet_tf.data.map_batches import MAPS
from getnet_tf.localisers import shipped as shipped_localiser
from getnet_tf.model import GetNet
from getnet_tf.training import losses
from getnet_tf.training.in_turn import (
    SIAMESE,
    TRANSFORMER,
    InTurnTrainer,
    begin_localiser,
    localiser_start,
)
from getnet_tf.training.phase_trainer import fit

pytestmark = pytest.mark.usefixtures("shallow")
FRAME, CELLS, FINE, COARSE, DIM = (4, 6), (2, 2), 112, 1280, 7  # cells of a frame, of a reference; channels
CONFIG = ModelConfig(
    image_hw=(64, 96),
    crop_hw=(32, 32),
    channels=3,
    localiser="guided",
    backbone="efficientnet-lite0",
    embedding_dim=DIM,
)
TRAIN = InTurnConfig(batch=4, siamese_steps=2, locating_steps=2, log_every=2)


def network_of(localiser="guided"):
    """Of random weights, all of them and the statistics in use."""
    keras.utils.set_random_seed(0)
    network = GetNet(dataclasses.replace(CONFIG, localiser=localiser))
    shake([v for v in network.variables if "gamma" not in v.path])
    return network


@pytest.fixture(scope="module")
def networks():
    """Built once, each as good as new when it is asked for: `networks("salient")`."""
    made = {}

    def give(localiser="guided"):
        if localiser not in made:
            network = network_of(localiser)
            made[localiser] = network, values_of(network.variables)
        network, start = made[localiser]
        for variable, value in zip(network.variables, start, strict=True):
            variable.assign(value)
        return network

    return give


def batches_of(phase, count=4, seed=0):
    """Batches of noise: a function (first step, end) -> Dataset."""
    rng = np.random.default_rng(seed)

    def maps(cells, channels):
        return rng.gamma(1.0, size=(count, *cells, channels)).astype(np.float32)

    if phase == SIAMESE:
        label = (np.arange(count)[:, None] % 2 == np.arange(count) % 2).astype(np.float32)
        start = rng.random((count, DIM))
        start /= np.linalg.norm(start, axis=1, keepdims=True)
        batch = {
            "maps": maps(CELLS, FINE),
            "start": start.astype(np.float32),
            "label": label,
            "known": 1 - np.eye(count, dtype=np.float32),
        }
    else:
        label = np.array([1, 1, 0, 1], np.float32)
        box = np.array([0.25, 0.25, 0.75, 0.75], np.float32) * label[:, None]
        batch = {"label": label, "box": box}
        for name, cells in (("", FRAME), ("reference_", CELLS)):
            batch[f"{name}fine"] = maps(cells, FINE)
            batch[f"{name}coarse"] = maps((cells[0] // 2, cells[1] // 2), COARSE)
            batch[f"{name}evidence"] = maps((cells[0] // 2, cells[1] // 2), DIM) - 1
    return lambda first, end: tf.data.Dataset.from_tensors(batch).repeat(end - first)


def parts_of(network):
    """Values of all variables, moving statistics included, by part."""
    names = [
        name
        for name in ("trunk", "top", "encoder", "neck", "localiser")
        if getattr(network, name) is not None
    ]
    return {name: values_of(getattr(network, name).variables) for name in names}


def changed(before, network):
    after = parts_of(network)
    return {name for name in before if not bit_equal(before[name], after[name])}


@pytest.mark.parametrize(("learns", "expected"), [("top", {"top", "encoder"}), ("head", {"encoder"})])
def test_the_siamese_phase_changes_the_siamese_part_and_nothing_else(networks, learns, expected):
    network = networks()
    before = parts_of(network)
    trainer = InTurnTrainer(network, dataclasses.replace(TRAIN, learns=learns))
    fit(trainer, batches_of(SIAMESE), 2, [], 0)
    assert trainer.step == 2 and changed(before, network) == expected


def test_the_siamese_phase_leaves_the_statistics_of_the_backbone(networks):
    network = networks()
    statistics = [v for v in network.top.variables if "moving" in v.path]
    before = values_of(statistics)
    fit(InTurnTrainer(network, TRAIN), batches_of(SIAMESE), 2, [], 0)
    assert len(statistics) == 2 * (3 + 3 + 3 + 1) and bit_equal(before, values_of(statistics))


@pytest.mark.parametrize("supervision", ["pairs+synthetic", "pairs"])
@pytest.mark.parametrize("localiser", ["guided", "salient"])
def test_the_transformers_phase_changes_the_transformer_and_nothing_else(networks, localiser, supervision):
    network = networks(localiser)
    before = parts_of(network)
    trainer = InTurnTrainer(network, dataclasses.replace(TRAIN, supervision=supervision))
    trainer.step = TRAIN.siamese_steps
    fit(trainer, batches_of(TRANSFORMER), 4, [], 0)
    assert trainer.step == 4 and changed(before, network) == {"neck", "localiser"}


def test_a_step_belongs_to_its_phase(networks):
    trainer = InTurnTrainer(networks(), TRAIN)
    assert [trainer.phase(step) for step in range(4)] == [SIAMESE] * 2 + [TRANSFORMER] * 2
    assert set(trainer.optimizers) == {SIAMESE, TRANSFORMER}
    alone = InTurnTrainer(networks("none"), dataclasses.replace(TRAIN, locating_steps=0))
    assert set(alone.optimizers) == {SIAMESE}


def test_the_siamese_loss_is_the_pair_loss_and_what_moving_away_costs(networks):
    """Embeddings as they started have moved by 0; those turned round by 2."""
    network = networks()
    trainer = InTurnTrainer(network, dataclasses.replace(TRAIN, keep_weight=3.0))
    batch = next(iter(batches_of(SIAMESE)(0, 1)))
    embedding = network.branch.embedding_of_map(batch["maps"])
    pair_loss = losses.batch_contrastive_loss(
        embedding, batch["label"], batch["known"], TRAIN.margin, TRAIN.slack
    )
    for start, moved in ((embedding, 0.0), (-embedding, 2.0)):
        values = trainer.siamese_losses({**batch, "start": start})
        assert float(values["moved"]) == pytest.approx(moved, abs=1e-5)
        assert float(values["loss"]) == pytest.approx(float(pair_loss) + 3 * moved, abs=1e-4)


def test_overlap_is_averaged_over_the_pairs_that_have_an_object(networks):
    """With a box where the localiser already looks, the three positives overlap wholly; the negative does not count."""
    network = networks()
    batch = next(iter(batches_of(TRANSFORMER)(0, 1)))
    maps = [batch[name] for name in MAPS]
    shown = [batch[f"reference_{name}"] for name in MAPS]
    branch = network.branch
    box, _ = branch.strategy.box(
        branch, maps, branch.strategy.descriptor(branch, shown, training=True), training=True
    )
    trainer = InTurnTrainer(network, TRAIN)
    values = trainer.transformer_losses({**batch, "box": box * batch["label"][:, None]})
    assert float(values["iou"]) == pytest.approx(1.0, abs=1e-3) and float(values["found"]) == 1.0


@pytest.mark.parametrize("localiser", ["guided", "salient"])
def test_pair_labels_alone_reach_the_localiser_through_the_resting_encoder(networks, localiser):
    """Every variable of the transformer has a gradient; boxes that nobody knows change nothing."""
    network = networks(localiser)
    trainer = InTurnTrainer(network, dataclasses.replace(TRAIN, supervision="pairs"))
    batch, found = next(iter(batches_of(TRANSFORMER)(0, 1))), []
    for box in (batch["box"], tf.zeros((4, 4))):
        with tf.GradientTape() as tape:
            loss = trainer.transformer_losses({**batch, "box": box})["loss"]
        found.append(values_of(tape.gradient(loss, trainer.variables_of[TRANSFORMER])))
    assert all(np.abs(gradient).max() > 0 for gradient in found[0] if gradient.size > 1)
    assert bit_equal(*found)
    own = {id(variable) for variable in network.transformer_variables}
    assert {id(variable) for variable in trainer.variables_of[TRANSFORMER]} == own
    assert not own & {id(variable) for variable in network.siamese_variables}


def transformer_of(network):
    return values_of(network.neck.variables + network.localiser.variables)


def scenes_of(count=3, seed=0):
    """Three maps of noise, as of `GetNet.maps`."""
    batch = next(iter(batches_of(TRANSFORMER, 4, seed)(0, 1)))
    return [batch[name].numpy()[:count] for name in MAPS]


def test_the_network_that_photos_get_begins_with_the_shipped_localiser_and_a_line_says_so(capsys):
    config = presets.photos("my_photos/")
    network = GetNet(config.model)
    begin_localiser(network, config.train, scenes=None)
    with np.load(shipped_localiser.PATH) as file:
        shipped = [file[name].astype(np.float32) for name in file.files]
    assert bit_equal(transformer_of(network), shipped)
    assert localiser_start(network, config.train) == "shipped"
    assert localiser_start(network, dataclasses.replace(config.train, start="scratch")) == "scratch"
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "begins with the shipped one" in said and "--start scratch" in said


@pytest.mark.parametrize(
    ("localiser", "settings", "said"),
    [
        ("guided", {"start": "scratch"}, ""),
        ("guided", {}, "does not fit, it is for --backbone efficientnet-lite0 --size 224"),
        ("salient", {}, ""),  # there is none to ask for
    ],
)
def test_a_localiser_begins_from_scratch_where_it_should_or_must(networks, localiser, settings, said, capsys):
    network, config = networks(localiser), dataclasses.replace(TRAIN, **settings)
    before = transformer_of(network)
    begin_localiser(network, config, scenes_of())
    after = transformer_of(network)
    assert not bit_equal(before, after), "the neck takes the directions of the maps"
    assert localiser_start(network, config) == "scratch"
    line = capsys.readouterr().err
    assert said in line and line.count("\n") == bool(said)


def test_where_nothing_learns_to_locate_nothing_begins(networks):
    assert localiser_start(networks("none"), dataclasses.replace(TRAIN, locating_steps=0)) is None
