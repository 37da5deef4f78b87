"""getnet_tf.alignment: the regressors, the cascade, its file, and its training on cached maps."""

import dataclasses
import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import bit_equal, difference_in_tf_keras, one_line, shake, values_of

from edge_demo.model.alignment.turns import TURNS, turn_theta
from getnet_tf.alignment import card as alignment_card
from getnet_tf.alignment import checkpoint, settings
from getnet_tf.alignment.affine_maps import IDENTITY, resampled
from getnet_tf.alignment.batches import AffineBatches, Seen, SplineBatches
from getnet_tf.alignment.correlation import all_pairs_correlation
from getnet_tf.alignment.finds import AREAS, ROLES
from getnet_tf.alignment.network import Aligner, build_parts
from getnet_tf.alignment.regressor import build_regressor
from getnet_tf.alignment.trainer import AlignTrainer
from getnet_tf.errors import InputError
from getnet_tf.spatial_transformer import SpatialTransformer

pytestmark = pytest.mark.usefixtures("shallow")
HW = (64, 64)
CELLS = (4, 4)
CONFIG = settings.quick("nowhere", weights="random")


@pytest.fixture(scope="module")
def aligner():
    """An untrained aligner whose weights are all in use. Not to be changed."""
    keras.utils.set_random_seed(0)
    network = Aligner(HW)
    shake(network.variables)
    return network


@pytest.fixture
def pair(rng):
    return rng.random((2, 3, *HW, 3), np.float32)


@pytest.mark.parametrize(("kind", "size"), [("affine", 6), ("tps", 18)])
def test_a_regressor_begins_with_the_identity(kind, size, rng):
    offset, fit = build_regressor((3, 5), kind)(rng.random((2, 3, 5, 15), np.float32))
    np.testing.assert_array_equal(offset, np.zeros((2, size)))
    assert fit.shape == (2, 1)


@pytest.mark.slow
def test_tf_keras_builds_the_same_regressors():
    import tf_keras

    for kind in ("affine", "tps"):
        both = []
        for framework in (keras, tf_keras):
            model = build_regressor((5, 5), kind, framework)
            assert model.get_layer("offset") is not None and model.get_layer("fit") is not None
            both.append(framework.Model(model.input, framework.layers.Concatenate()(model.outputs)))
        assert difference_in_tf_keras(*both) < 1e-5


def test_the_aligner_says_where_and_whether(aligner, pair):
    found = aligner(*pair)
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "affine": (3, 6),
        "tps": (3, 18),
        "confidence": (3,),
    }
    assert aligner.image_hw == HW


def test_an_item_of_a_batch_is_what_it_is_alone(aligner, pair):
    together, alone = aligner(*pair), aligner(pair[0][1:2], pair[1][1:2])
    for name, value in alone.items():
        np.testing.assert_allclose(together[name][1:2], value, atol=1e-4, err_msg=name)


def test_the_turn_that_fits_best_counts(pair):
    """Regressors that always say the identity, and a fit that is drawn: theta is the turn whose fit is largest."""
    network = Aligner(HW)
    shake([network.affine.get_layer("fit").kernel])
    maps_b = network.maps(pair[1])
    fits = []
    for number in range(TURNS):
        turn = np.tile(turn_theta(number), (3, 1))
        maps_a = network.maps(SpatialTransformer(HW, "affine")([pair[0], turn]))
        fits.append(np.asarray(network.affine(all_pairs_correlation(maps_a, maps_b))[1])[:, 0])
    assert len(set(np.argmax(fits, axis=0))) > 1
    expected = [turn_theta(n) for n in np.argmax(fits, axis=0)]
    np.testing.assert_allclose(network(*pair)["affine"], expected, atol=1e-5)
    _, fit = network.best_turn(network.turns(pair[0]), maps_b)
    np.testing.assert_allclose(fit, np.max(fits, axis=0), atol=1e-5)


def test_the_file_gives_the_same_aligner_and_its_card(aligner, pair, tmp_path):
    card = alignment_card.AlignCard(CONFIG, "by hand", "abc", 1.5, {"affine_val_grid": 0.25})
    checkpoint.save(tmp_path / "model.keras", aligner, card)
    loaded = checkpoint.load(tmp_path)
    for name, value in aligner(*pair).items():
        np.testing.assert_array_equal(loaded(*pair)[name], value)
    assert alignment_card.read_card(tmp_path / "model.keras") == card
    assert bit_equal(values_of(loaded.variables), values_of(aligner.variables))


def test_a_file_that_is_none_is_refused_in_one_line(aligner, tmp_path):
    good, bad = tmp_path / "good.keras", tmp_path / "bad.keras"
    checkpoint.save(good, aligner, alignment_card.AlignCard(CONFIG, "", "", 0, {}))

    def refused(said, path=bad):
        with pytest.raises(InputError, match=said) as caught:
            checkpoint.load(path)
        assert one_line(caught.value)

    refused("No such checkpoint", tmp_path / "none.keras")
    bad.write_bytes(b"no archive")
    refused("not a checkpoint, or a damaged one")
    bad.write_bytes(good.read_bytes()[:5000])
    refused("not a checkpoint, or a damaged one")
    aligner.affine.save(bad)
    refused("holds no aligner: it has no alignment.json")
    with zipfile.ZipFile(bad, "a") as archive:
        fields = {"config": CONFIG.to_json(), "command": "", "commit": "", "seconds": 0, "scores": {}}
        archive.writestr(alignment_card.MEMBER, json.dumps(fields))
    refused("holds another network than its alignment.json says")


def seen(groups, count, rng, kind="affine"):
    """Maps of noise, in each the number of its picture; one group out of two."""
    maps = rng.normal(size=(groups * count, *CELLS, 112)).astype(np.float16)
    maps[:, 0, 0, 0] = np.arange(groups * count)
    size = {"affine": 6, "tps": 18}[kind]
    theta = rng.normal(0, 0.1, (groups * count, size)).astype(np.float32)
    if kind == "affine":
        theta += IDENTITY
    return Seen(maps, {"theta": theta}, count, np.arange(groups), np.arange(0, groups, 2))


def some_batches(kind, rng, size=16):
    finds = seen(10, ROLES, rng)
    near = np.repeat(finds.facts["theta"][::ROLES], ROLES, axis=0)
    theta = np.repeat(near[:, None], AREAS, axis=1)
    finds = dataclasses.replace(finds, facts={"theta": theta, "near": near})
    return kind(seen(10, 3, rng), seen(10, 2, rng, "tps"), finds, size, 0.0, seed=3)


@pytest.mark.parametrize("kind", [AffineBatches, SplineBatches])
def test_batches_are_a_function_of_the_step_and_draw_from_what_was_chosen(kind, rng):
    batches = some_batches(kind, rng)
    again, other = batches(5), batches(6)
    assert bit_equal(list(batches(5).values()), list(again.values()))
    assert not np.array_equal(again["maps_b"], other["maps_b"])
    places = {AffineBatches: range(TURNS, TURNS + AREAS), SplineBatches: [TURNS]}
    count_of = {True: 2 if kind is SplineBatches else 3, False: ROLES}
    for step in range(20):
        batch = batches(step)
        numbers = batch["maps_b"][:, 0, 0, 0].astype(int)
        assert all(number // count_of[True] % 2 == 0 for number in numbers[:8])
        assert all(number // ROLES % 2 == 0 and number % ROLES in places[kind] for number in numbers[8:])
        assert (batch["located"] <= batch["label"]).all() and set(batch["asked"]) <= {0, 1}


@pytest.mark.parametrize("kind", [AffineBatches, SplineBatches])
def test_pairs_to_learn_from_are_read_anew_and_theta_follows(kind, rng):
    """Without the reading theta is what the watched pairs of the same step have, which come as they are."""
    batches = some_batches(kind, rng)
    watched = batches(2)
    batches.unlike = 1e-9  # no noise to be seen
    learned = batches(2)
    np.testing.assert_allclose(learned["maps_b"], watched["maps_b"], atol=1e-6)
    assert (watched["read_a"] == IDENTITY).all() and (watched["read_b"] == IDENTITY).all()
    theta = resampled(watched["theta"], kind.kind, learned["read_a"], learned["read_b"])
    np.testing.assert_allclose(learned["theta"], theta, atol=1e-4)
    alike = np.abs(learned["read_a"] - learned["read_b"])
    assert 0 < alike.max() < 0.7  # turned and mirrored as one, and a little apart


def test_pairs_of_two_things_do_not_fit_and_have_no_theta(rng):
    batches, label = some_batches(AffineBatches, rng), []
    for step in range(40):
        batch = batches(step)
        numbers = {n: batch[f"maps_{n}"][:8, 0, 0, 0].astype(int) // 3 for n in "ab"}
        np.testing.assert_array_equal(batch["label"][:8], numbers["a"] == numbers["b"])
        np.testing.assert_array_equal(batch["located"][:8], batch["label"][:8])
        label += list(batch["label"][:8])
    assert 0.7 < np.mean(label) < 0.9  # a quarter are strangers, of whom one in five is drawn as itself


def test_a_reference_turned_too_far_does_not_fit(rng):
    """All finds lie as their reference: it fits unturned, not in a quarter turn, and of an eighth nobody is asked."""
    batches = some_batches(AffineBatches, rng)
    batches.finds.facts["theta"][:] = IDENTITY
    for step in range(20):
        batch = batches(step)
        a, b = (batch[f"maps_{n}"][8:, 0, 0, 0].astype(int) for n in "ab")
        same = a // ROLES == b // ROLES
        np.testing.assert_array_equal(batch["label"][8:], same & (a % ROLES == 0))
        np.testing.assert_array_equal(batch["asked"][8:], ~same | ~np.isin(a % ROLES, [1, TURNS - 1]))
        np.testing.assert_allclose(
            batch["theta"][8:][a % ROLES == 0], np.tile(IDENTITY, (sum(a % ROLES == 0), 1))
        )


def test_each_phase_teaches_its_regressor_and_nothing_else(rng):
    keras.utils.set_random_seed(0)
    network = Aligner(HW)
    trainer = AlignTrainer(network, CONFIG)
    assert [trainer.phase(step) for step in (0, 3, 4, 7)] == ["affine", "affine", "tps", "tps"]
    for phase, kind in (("affine", AffineBatches), ("tps", SplineBatches)):
        parts = {name: getattr(network, name) for name in build_parts(HW)}
        before = {name: values_of(part.variables) for name, part in parts.items()}
        batch = some_batches(kind, rng)(0)
        assert np.isfinite(float(trainer.train_step(batch, phase)[f"{phase}_loss"]))
        moved = [n for n, part in parts.items() if not bit_equal(values_of(part.variables), before[n])]
        assert moved == [phase]


def test_a_shift_of_the_map_is_learned(rng):
    """Pairs of maps of noise, shifted by whole cells: the affine regressor learns to say by how many."""
    keras.utils.set_random_seed(0)
    network = Aligner((128, 128))
    trainer = AlignTrainer(network, dataclasses.replace(CONFIG, affine_steps=100, learning_rate=3e-3))

    def batch():
        world = rng.normal(size=(16, 10, 10, 112)).astype(np.float32)
        shift = rng.integers(0, 3, (16, 2))
        maps_b = np.stack([w[y : y + 8, x : x + 8] for w, (x, y) in zip(world, shift, strict=True)])
        theta = np.tile(IDENTITY, (16, 1))
        theta[:, [2, 5]] = (shift - 1) * 2 / 7  # cells of A, whose corner is one cell inside, as shares
        ones = np.ones(16, np.float32)
        return {
            "maps_a": world[:, 1:9, 1:9],
            "maps_b": maps_b,
            "read_a": np.tile(IDENTITY, (16, 1)),
            "read_b": np.tile(IDENTITY, (16, 1)),
            "theta": theta,
            "located": ones,
            "label": ones,
            "asked": ones,
        }

    start = float(trainer.losses(batch(), "affine", training=False)["grid"])
    train_step = tf.function(trainer.train_step, autograph=False)
    for _ in range(60):
        train_step(batch(), "affine")
    last = float(trainer.losses(batch(), "affine", training=True)["grid"])
    assert start > 0.08 and last < 0.25 * start


@pytest.mark.parametrize(
    "given",
    [
        {"image_hw": (240, 160)},
        {"image_hw": (100, 100)},
        {"weights": "mine"},
        {"finds": 0},
        {"batch": 2.5},
        {"learning_rate": 0.0},
        {"affine_steps": 3},
    ],
    ids=str,
)
def test_an_impossible_setting_is_refused_by_name(given):
    (name,) = given
    with pytest.raises(ValueError, match=f"Invalid `{name}`. Expected .* Received: ") as caught:
        settings.quick("nowhere", **given)
    assert one_line(caught.value)


def test_settings_come_back_from_their_file():
    config = settings.full("photos", seed=3)
    assert settings.AlignConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(ValueError, match="Expected the settings of an alignment training"):
        settings.AlignConfig.from_json({"data": "photos"})
