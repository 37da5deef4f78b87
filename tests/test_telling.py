"""getnet_tf.individuals.telling: the likeness with a gradient, what is asked of it, trials on disk, and the training."""

import dataclasses
import json
import re

import keras
import numpy as np
import pytest
from checks import bit_equal, gradient_error, one_line, values_of
from trial_files import noise_trial, write_trials

from edge_demo.model.layout.likeness import Upright, likeness
from edge_demo.model.unit_cells import unit_cells
from getnet_tf.errors import InputError
from getnet_tf.individuals.telling import checkpoint, encoded, run, settings, train
from getnet_tf.individuals.telling.card import TellingCard
from getnet_tf.individuals.telling.likeness import cells_alike, nearby, ranked
from getnet_tf.individuals.telling.network import Teller
from getnet_tf.individuals.telling.trainer import TellingRecorder
from getnet_tf.individuals.telling.trials import ROLES, paths_in, read, write
from getnet_tf.training.run_folder import read_log

pytestmark = pytest.mark.usefixtures("shallow")


def cells_of(rng, *shape):
    return unit_cells(rng.normal(size=(*shape, 20, 20, 4))).astype(np.float32)


def test_the_likeness_is_that_of_the_camera_program(rng):
    """Three pairs of noise, compared in ellipses of all sizes, down to a cell."""
    reference, area = cells_of(rng, 3), cells_of(rng, 3)
    compared = np.zeros((3, 20, 20), bool)
    compared[0, 5:15, 3:17] = compared[1, :, 9] = compared[2, 0, 0] = True
    found = cells_alike(reference, area, compared.astype(np.float32))
    ab, nothing = np.zeros((20, 20, 2), np.float32), np.zeros(1, np.float32)
    expected = [
        likeness(Upright(one, ab, nothing), Upright(other, ab, nothing), which)["cells"]
        for one, other, which in zip(reference, area, compared, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_cell_looks_two_cells_around_itself_and_no_farther():
    around = nearby(2).reshape(20, 20, 20, 20)
    assert around[10, 10].sum() == 25 and around[0, 0].sum() == 9
    assert around[10, 10, 8, 12] and not around[10, 10, 7, 10]


def test_what_is_above_costs_little_and_what_is_even_the_logarithm_of_two():
    """Two trials; of four pairs, two of them within a trial, each 1 above, 1 below, or even."""
    even = ranked(np.zeros(2), np.zeros(2))
    np.testing.assert_allclose(even, np.log(2), rtol=1e-6)
    up, down = np.log1p(np.exp([-1.0, 1.0]))
    found = ranked(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(found, ((up + 2 * np.log(2) + down) / 4 + (up + down) / 2) / 2, rtol=1e-6)


def test_the_ranking_has_the_gradient_that_numbers_give(rng):
    error, least = gradient_error(ranked, rng.normal(size=4), rng.normal(size=4))
    assert error < 1e-6 < least


def test_the_likeness_leads_cells_to_what_they_are_like(rng):
    """A step along its gradient makes two areas more alike."""
    import tensorflow as tf

    reference, area = (tf.Variable(cells_of(rng, 1)) for _ in range(2))
    compared = np.ones((1, 20, 20), np.float32)
    with tf.GradientTape() as tape:
        before = cells_alike(reference, area, compared)
    area.assign_add(100 * tape.gradient(before, area))
    assert float(cells_alike(reference, area, compared)[0]) > float(before[0]) + 0.01


def test_a_trial_comes_back_as_it_was(tmp_path):
    trial = noise_trial(3)
    write(tmp_path / "one.npz", trial)
    again = read(tmp_path / "one.npz")
    assert all(np.array_equal(again.canvases[role], trial.canvases[role]) for role in ROLES)
    assert np.array_equal(again.rest, trial.rest) and np.array_equal(again.compared, trial.compared)


def test_what_is_no_trial_is_one_line(tmp_path):
    with pytest.raises(InputError, match="No trials in"):
        paths_in(tmp_path)
    path = tmp_path / "a.npz"
    for content in (b"", b"PK\x03\x04"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.npz: expected a trial") as caught:
            read(path)
        assert one_line(caught.value)
    np.savez(
        path, **{role: np.zeros((8, 8, 3), np.uint8) for role in ROLES}, rest=np.zeros((2, 2), np.float32)
    )
    with pytest.raises(InputError, match="expected a trial"):
        read(path)


def test_a_batch_holds_whole_trials(rng):
    """Maps that are numbered: of a trial come the reference, the thing and the other one, in order, with its own facts."""
    maps = np.arange(15, dtype=np.float16)[:, None, None, None]
    facts = {"rest": np.arange(15).repeat(4).reshape(15, 2, 2), "compared": np.ones((15, 20, 20), bool)}
    batches = encoded.TrialBatches(encoded.SeenTrials(maps, facts), 4, seed=0)
    assert bit_equal(*(list(batches(7).values()) for _ in range(2)))
    for step in range(3):
        batch = batches(step)
        numbers = batch["reference"].ravel() / 3
        assert len(set(numbers)) == 4
        assert [batch[role].ravel().tolist() for role in ROLES] == [
            (3 * numbers + n).tolist() for n in range(3)
        ]
        assert batch["rest"][:, 0, 0].tolist() == (3 * numbers).tolist()


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    return write_trials(tmp_path_factory.mktemp("trials"), 10)


@pytest.fixture(scope="module")
def quick(trials):
    return settings.quick(trials, weights="random", steps=4)


@pytest.fixture(scope="module")
def trained(quick, tmp_path_factory):
    """A quick training with random weights: the run's folder."""
    folder = tmp_path_factory.mktemp("run") / "telling"
    run.run(quick, folder, command="quick", verbose=0)
    return folder


def test_trials_give_a_checkpoint_and_a_log_and_no_cache(trained, rng):
    teller, card = checkpoint.load(trained), TellingCard.read(trained)
    assert card.command == "quick" and set(card.scores) == {"telling_val_auc", "telling_val_paired"}
    rows = read_log(trained)
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(0 <= float(row[name]) <= 1 for row in rows for name in ("right", "val_auc", "val_paired"))
    assert not (trained / "cache").exists() and not (trained / "state.npz").exists()
    cells = np.asarray(teller(rng.random((1, 320, 320, 3), np.float32)))
    assert cells.shape == (1, 20, 20, 64)
    np.testing.assert_allclose(np.linalg.norm(cells, axis=-1), 1, atol=1e-4)


def test_the_front_stays_as_it_is_and_the_rest_learns(quick, trained):
    keras.utils.set_random_seed(quick.seed)
    before, after = Teller(quick.image_hw, quick.dim), checkpoint.load(trained)
    assert bit_equal(values_of(before.trunk.variables), values_of(after.trunk.variables))
    for part in ("end", "cells"):
        learned = zip(
            getattr(before, part).trainable_variables, getattr(after, part).trainable_variables, strict=True
        )
        assert all(not np.array_equal(one, other) for one, other in learned)


def test_of_what_was_learned_a_share_is_kept(quick, trained, tmp_path):
    """The weights lie seven tenths of the way from the beginning towards those of a training that keeps all of it."""
    whole = run.run(dataclasses.replace(quick, kept=1.0), tmp_path / "whole", verbose=0)
    keras.utils.set_random_seed(quick.seed)
    began, learned, kept = Teller(quick.image_hw, quick.dim), checkpoint.load(whole), checkpoint.load(trained)
    for one, other, between in zip(began.learning, learned.learning, kept.learning, strict=True):
        expected = np.array(one) + 0.7 * (np.array(other) - np.array(one))
        np.testing.assert_allclose(np.array(between), expected, atol=1e-6)


def test_a_killed_training_goes_on_to_the_same_weights(quick, trained, tmp_path, monkeypatch):
    """Killed while the second log line is written: what was saved by then is the state after step 2."""
    look, looks = TellingRecorder.look, []

    def killed(*arguments):
        looks.append(arguments)
        if len(looks) == 2:
            raise KeyboardInterrupt
        look(*arguments)

    monkeypatch.setattr(TellingRecorder, "look", killed)
    with pytest.raises(KeyboardInterrupt):
        run.run(quick, tmp_path / "telling", verbose=0)
    monkeypatch.setattr(TellingRecorder, "look", look)
    path = run.run(quick, tmp_path / "telling", resume=True, verbose=0)
    one, other = checkpoint.load(path), checkpoint.load(trained)
    assert bit_equal(values_of(one.variables), values_of(other.variables))


def test_what_is_watched_is_not_learned_from(trials, tmp_path):
    found = encoded.look(settings.quick(trials))
    assert len(found.watched) == 2 and len(found.learned) == 8 and not {*found.watched} & {*found.learned}
    found = encoded.look(settings.quick(trials, watched=write_trials(tmp_path / "others", 4, first=50)))
    assert len(found.learned) == 10 and [path.parent.name for path in found.watched] == ["others"] * 4


def test_trials_are_seen_role_by_role(trials):
    picture = encoded.pictures_of(paths_in(trials))
    for number in (3, 4, 5):
        seen = picture(number)
        assert np.array_equal(seen["image"], noise_trial(1).canvases[ROLES[number - 3]])
        assert np.array_equal(seen["rest"], noise_trial(1).rest)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "nowhere"], "No trials in .*nowhere. Expected files NAME.npz"),
        (["--watched", "nowhere"], "No trials in .*nowhere"),
        (["--steps", "150"], "Invalid `steps`. Expected a multiple of log_every=100"),
        (["--dim", "0"], "Invalid `dim`"),
        (["--kept", "0"], "Invalid `kept`. Expected a number above 0, at most 1. Received: kept=0.0"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, said, trials, tmp_path, capfd):
    assert train.main(["--data", str(trials), *arguments, "--out", str(tmp_path / "run")]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and re.search(said, lines[0])
    assert not (tmp_path / "run").exists()


def test_too_few_trials_are_one_line(tmp_path):
    with pytest.raises(InputError, match="at least 4 trials to learn from, found 2"):
        encoded.look(settings.quick(write_trials(tmp_path, 3)))


def test_settings_come_back_from_their_file():
    config = settings.full("trials", watched="watched", seed=3)
    assert settings.TellingConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(ValueError, match="Expected the settings of a training of a teller"):
        settings.TellingConfig.from_json({"data": "trials"})
    with pytest.raises(ValueError, match="as trials have it"):
        settings.quick("trials", image_hw=(64, 64))
