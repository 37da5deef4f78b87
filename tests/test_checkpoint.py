"""getnet_tf.checkpoint and getnet_tf.card: one file that comes back whole, or one line that says what is wrong with it."""

import dataclasses
import json
import os
import pathlib
import shutil
import zipfile

import keras
import numpy as np
import pytest
from checks import TINY, bit_equal, one_line, random_pairs, run_python, shake, values_of

from getnet_tf import card as cards
from getnet_tf import checkpoint
from getnet_tf.config import AlternationConfig, DataConfig, RunConfig
from getnet_tf.errors import InputError
from getnet_tf.evaluation.calibration import Calibration
from getnet_tf.model import GetNet
from getnet_tf.training.alternating import AlternatingTrainer

CONFIG = RunConfig(TINY, DataConfig(variant="scaled", noise=0.1), AlternationConfig(pairs=64, log_every=1))
CARD = cards.Card(
    config=CONFIG,
    calibration=Calibration(0.625, 0.1, 500),
    command="python -m getnet_tf.train --out 'runs/a b'",
    commit="abc1234+",
    seconds=12.5,
    scores={"val_pair_accuracy": 0.984, "val_pairs": 500},
    localiser_start="scratch",
)


@pytest.fixture(scope="module")
def saved(tiny_network, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "model.keras"
    checkpoint.save(path, tiny_network, CARD)
    return path


@pytest.fixture
def copy(saved, tmp_path):
    return pathlib.Path(shutil.copy(saved, tmp_path / "copy.keras"))


def rewrite(path, **members):
    """Replaces members of a zip archive, by stem (`model_weights` is model.weights.h5); None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            content = members.get(name.rsplit(".", 1)[0].replace(".", "_"), content)
            if content is not None:
                archive.writestr(name, content)


def changed_card(path, change):
    """Rewrites the card after `change(fields)`."""
    with zipfile.ZipFile(path) as archive:
        fields = json.loads(archive.read("getnet.json"))
    change(fields)
    rewrite(path, getnet=json.dumps(fields))


def test_network_and_card_come_back(saved, tiny_network):
    network, card = checkpoint.load(saved)
    assert card == CARD
    assert network.config == TINY
    assert bit_equal(values_of(network.variables), values_of(tiny_network.variables))
    pair = random_pairs(2, TINY)
    np.testing.assert_array_equal(network(pair)["distance"], tiny_network(pair)["distance"])


def test_a_run_folder_stands_for_its_checkpoint(saved):
    assert checkpoint.load(saved.parent)[1] == CARD
    assert cards.read_card(saved.parent) == CARD


def test_a_card_is_read_without_tensorflow(saved):
    code = f"""
        import sys
        sys.modules["tensorflow"] = sys.modules["keras"] = None
        from getnet_tf.card import read_card
        print(read_card({str(saved)!r}).calibration.threshold)
    """
    assert run_python(code).strip() == "0.625"


def test_a_card_from_before_the_start_was_noted_does_not_know_it(copy):
    changed_card(copy, lambda fields: fields.pop("localiser_start"))
    assert checkpoint.load(copy)[1] == dataclasses.replace(CARD, localiser_start=None)


def test_a_card_with_the_settings_of_both_ways_to_learn_is_read_without_those_that_nothing_read(copy):
    """As cards were written when one class held them all."""
    changed_card(copy, lambda fields: fields["config"]["train"].update(siamese_steps=200, start="shipped"))
    assert checkpoint.load(copy)[1] == CARD


def test_saving_leaves_one_file(saved):
    assert os.listdir(saved.parent) == ["model.keras"]


def test_any_keras_opens_the_file(saved, tiny_network):
    """The card rides along; Keras does not mind."""
    network = keras.saving.load_model(saved)
    assert bit_equal(values_of(network.variables), values_of(tiny_network.variables))


def test_a_failed_save_leaves_nothing_half_written_and_the_old_file(copy, tiny_network, monkeypatch):
    def fails(path):
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    before = copy.read_bytes()
    monkeypatch.setattr(tiny_network, "save", fails)
    with pytest.raises(OSError, match=r"No space left"):
        checkpoint.save(copy, tiny_network, CARD)
    assert copy.read_bytes() == before
    assert os.listdir(copy.parent) == [copy.name]


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"No such checkpoint: .*gone\.keras.*getnet_tf\.train") as caught:
        checkpoint.load(tmp_path / "gone.keras")
    assert one_line(caught.value)
    with pytest.raises(InputError, match=r"No such checkpoint: .*model\.keras"):
        checkpoint.load(tmp_path)


def garble_weights(path):
    rewrite(path, model_weights=b"\x89HDF\r\n\x1a\n" + bytes(300))


def shorten(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_byte_of_the_card(path):
    content = bytearray(path.read_bytes())
    content[content.index(b'"calibration"') + 3] ^= 1
    path.write_bytes(content)


def foreign(path):
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save(path)


def another_network(path):
    with zipfile.ZipFile(path) as archive:
        card = archive.read("getnet.json")
    foreign(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("getnet.json", card)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_text("not a model"), "is not a checkpoint, or a damaged one"),
        (lambda path: path.write_bytes(b""), "is not a checkpoint, or a damaged one"),
        (shorten, "is not a checkpoint, or a damaged one"),
        (flip_a_byte_of_the_card, "is not a checkpoint, or a damaged one"),
        (foreign, r"not one of ours: it has no getnet\.json"),
        (lambda path: rewrite(path, getnet=b"{half"), "is not a checkpoint, or a damaged one"),
        (lambda path: rewrite(path, getnet=b"\xff\xfe"), "is not a checkpoint, or a damaged one"),
        (lambda path: rewrite(path, getnet=b"[1, 2]"), r"getnet\.json|another version|Train the model again"),
        (garble_weights, "does not load"),
        (lambda path: rewrite(path, model_weights=None), "does not load"),
        (lambda path: rewrite(path, config=b"{}"), "does not load"),
        (another_network, r"holds another network than its getnet\.json says"),
    ],
    ids=[
        "text", "empty", "truncated", "flipped byte", "foreign", "half a card", "binary card", "list as card",
        "garbled weights", "no weights", "empty config", "another network",
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_line(copy, damage, message):
    damage(copy)
    with pytest.raises(InputError, match=message) as caught:
        checkpoint.load(copy)
    assert one_line(caught.value) and copy.name in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields["config"]["model"].update(descriptor_cells=25),
        lambda fields: fields["config"]["model"].update(localiser="clairvoyant"),
        lambda fields: fields["config"].pop("train"),
        lambda fields: fields.pop("calibration"),
        lambda fields: fields["calibration"].update(slope=3),
        lambda fields: fields.pop("seconds"),
        lambda fields: fields.update(seconds="1"),
        lambda fields: fields.update(scores=[]),
        lambda fields: fields["calibration"].update(temperature=0),
        lambda fields: fields["calibration"].update(threshold=[0.5]),
        lambda fields: fields["config"]["data"].update(source=5),
        lambda fields: fields["config"].update(train=[]),
    ],
    ids=[
        "new setting",
        "new choice",
        "no section",
        "no calibration",
        "new calibration",
        "no seconds",
        "seconds as text",
        "scores as list",
        "no temperature",
        "threshold as list",
        "source as number",
        "section as list",
    ],
)
def test_a_card_of_another_version_says_what_to_do(copy, change):
    """Each of these is what an older or a newer getnet_tf may have written."""
    changed_card(copy, change)
    with pytest.raises(
        InputError, match=r"another version|Train the model again|Invalid `localiser`"
    ) as caught:
        checkpoint.load(copy)
    assert one_line(caught.value) and copy.name in str(caught.value)


def test_a_card_that_disagrees_with_the_network_is_refused(copy):
    changed_card(copy, lambda fields: fields["config"]["model"].update(crop_hw=[12, 8]))
    with pytest.raises(InputError, match=r"another network than its getnet\.json says") as caught:
        checkpoint.load(copy)
    assert one_line(caught.value)


@pytest.mark.parametrize("failure", [RuntimeError(), AssertionError("two\nlines")])
def test_a_failure_of_keras_is_one_line_even_without_words(copy, failure, monkeypatch):
    def fails(*_, **__):
        raise failure

    monkeypatch.setattr(keras.saving, "load_model", fails)
    with pytest.raises(InputError, match=r"does not load") as caught:
        checkpoint.load(copy)
    assert one_line(caught.value)


def trainer_with(**settings):
    config = AlternationConfig(pairs=56, batch=4, log_every=7, transformer_steps=1, whole_steps=1)
    return AlternatingTrainer(GetNet(RunConfig(model=TINY).model), config, **settings)


@pytest.fixture(scope="module")
def trainer():
    trainer = trainer_with()
    shake(trainer.state)
    trainer.step, trainer.seconds = 7, 3.25
    return trainer


@pytest.fixture
def state(trainer, tmp_path):
    checkpoint.save_state(tmp_path / "state.npz", trainer)
    return tmp_path / "state.npz"


def test_a_training_state_comes_back_to_the_bit(trainer, state):
    """Variables of the network, moments and iterations of both optimizers, the step and the time."""
    other = trainer_with()
    assert not bit_equal(values_of(other.state), values_of(trainer.state))
    checkpoint.load_state(state, other)
    assert bit_equal(values_of(other.state), values_of(trainer.state))
    assert (other.step, other.seconds) == (7, 3.25)
    assert len(trainer.state) > len(trainer.network.variables) + 2 * len(
        trainer.network.transformer_variables
    )
    assert os.listdir(state.parent) == ["state.npz"]


def test_a_failed_save_keeps_the_old_state(trainer, state, monkeypatch):
    def fails(file, *_, **__):
        file.write(b"half")
        raise OSError("No space left on device")

    before = state.read_bytes()
    monkeypatch.setattr(np, "savez", fails)
    with pytest.raises(OSError, match=r"No space left"):
        checkpoint.save_state(state, trainer)
    assert state.read_bytes() == before and os.listdir(state.parent) == ["state.npz"]


def as_single_array(path):
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))


def flip_a_byte_in_the_middle(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def rewritten_state(path, change):
    with np.load(path) as file:
        arrays = dict(file)
    change(arrays)
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text("not a state"),
        lambda path: path.write_bytes(b""),
        shorten,
        flip_a_byte_in_the_middle,
        as_single_array,
        lambda path: np.savez(path, other=np.zeros(3)),
        lambda path: rewritten_state(path, lambda arrays: arrays.update(step=np.array(-1))),
        lambda path: rewritten_state(path, lambda arrays: arrays.update(step=np.array("x"))),
        lambda path: rewritten_state(path, lambda arrays: arrays.update(step=np.array(6))),
        lambda path: rewritten_state(path, lambda arrays: arrays.update(step=np.array(21))),
        lambda path: rewritten_state(path, lambda arrays: arrays.update(step=np.array(2**62))),
        lambda path: rewritten_state(path, lambda arrays: arrays.update(step=np.array(np.inf))),
        lambda path: rewritten_state(path, lambda arrays: arrays.update(arr_0=arrays["arr_0"] * np.nan)),
    ],
    ids=[
        "text",
        "empty",
        "truncated",
        "flipped byte",
        "one array",
        "other arrays",
        "step below 0",
        "step as text",
        "step within an interval",
        "step beyond the run's",
        "step beyond all runs'",
        "infinite step",
        "no number",
    ],
)
def test_a_damaged_state_is_one_line_and_changes_nothing(state, damage):
    damage(state)
    other = trainer_with()
    before = values_of(other.state)
    with pytest.raises(InputError, match=r"is not a training state, or a damaged one") as caught:
        checkpoint.load_state(state, other)
    assert one_line(caught.value)
    assert bit_equal(values_of(other.state), before) and other.step == 0


def test_the_state_of_another_network_is_refused(state):
    other = trainer_with()
    other.network = GetNet(CONFIG.model.__class__(image_hw=(16, 24), crop_hw=(8, 12), embedding_dim=6))
    with pytest.raises(InputError, match=r"belongs to another network"):
        checkpoint.load_state(state, other)


def test_the_commit_is_that_of_the_code_with_a_plus_if_changed(git, monkeypatch):
    module = git.folder / "card.py"
    monkeypatch.setattr(cards, "__file__", str(module))
    git("init")
    module.write_text("1")
    git("add", ".")
    git("commit", "-m", "one")
    short = git("rev-parse", "--short", "HEAD")
    assert cards.commit() == short
    git("tag", "v1")
    assert cards.commit() == short
    module.write_text("2")
    assert cards.commit() == short + "+"


def test_the_commit_is_unknown_outside_a_checkout_and_without_git(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "__file__", str(tmp_path / "card.py"))
    assert cards.commit() == "unknown"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cards.commit() == "unknown"
