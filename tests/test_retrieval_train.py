"""`python -m getnet_tf.retrieval.train`: from class folders to a checkpoint, on after a kill, and to a file."""

import json
import re

import keras
import numpy as np
import pytest
from checks import bit_equal, values_of
from photo_files import write_classes

from getnet_tf.backbones import efficientnet_lite0, pretrained
from getnet_tf.data.picture import read_rgb, stretch
from getnet_tf.retrieval import network, run, seen, settings, train
from getnet_tf.retrieval.batches import KindBatches
from getnet_tf.retrieval.card import CodeCard
from getnet_tf.retrieval.coder import open_coder
from getnet_tf.retrieval.network import CodeNetwork
from getnet_tf.retrieval.seen import watched_of
from getnet_tf.retrieval.trainer import CodeRecorder, Watched
from getnet_tf.training.run_folder import read_log

LABELS = np.repeat(np.arange(6), 8)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_classes(tmp_path_factory.mktemp("pictures"), {"cup": 10, "tool/saw": 9, "tool/axe": 9})


class Small:
    """In the place of EfficientNet-Lite0: colours of 16 px, mixed to 6 numbers, and of 32 px, to 12."""

    normalize = staticmethod(efficientnet_lite0.normalize)

    @staticmethod
    def build_trunk(image_hw):
        return pooled((*image_hw, 3), 16, 6)

    @staticmethod
    def build_top(map_hw):
        return pooled((*map_hw, 6), 2, 12)


def pooled(shape, side, channels):
    image = keras.layers.Input(shape)
    averaged = keras.layers.AveragePooling2D(side)(image)
    return keras.Model(image, keras.layers.Conv2D(channels, 1, activation="relu")(averaged))


@pytest.fixture(scope="module", autouse=True)
def _small():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "efficientnet_lite0", Small)
        yield


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    """A quick training with random weights: the run's folder."""
    folder = tmp_path_factory.mktemp("run") / "code"
    run.run(quick(pictures), folder, command="quick", verbose=0)
    return folder


def quick(pictures, **given):
    return settings.quick(pictures, **{"weights": "random", "dim": 4, **given})


def test_a_training_gives_a_checkpoint_and_a_log_and_no_cache(trained):
    card = CodeCard.read(trained)
    assert (card.command, card.config.loss) == ("quick", "triplet")
    assert 0 <= card.scores["code_val_ap_at_10"] <= 1
    assert [row["step"] for row in read_log(trained)] == ["2", "4"]
    assert not (trained / "cache").exists() and not (trained / "state.npz").exists()


def test_the_coder_of_a_checkpoint_makes_the_codes_of_its_network(trained, pictures):
    """Head and whitening are its own; another head has no whitening."""
    coder, picture = open_coder(trained), read_rgb(pictures / "cup" / "0.png")
    assert (coder.head, coder.dim) == ("gem", 4)
    trained_one = CodeCard.load(trained, CodeNetwork)
    image = stretch(picture, trained_one.image_hw)[None].astype(np.float32) / 255
    assert np.allclose(coder(picture).whole, np.asarray(trained_one(image))[0], atol=1e-4)
    assert open_coder(trained, "mac").dim == 12


def test_a_killed_training_goes_on_to_the_same_weights(pictures, trained, tmp_path, monkeypatch):
    """Killed while the second log line is written: what was saved by then is the state after step 2."""
    config = quick(pictures)
    look, looks = CodeRecorder.look, []

    def killed(*arguments):
        looks.append(arguments)
        if len(looks) == 2:
            raise KeyboardInterrupt
        look(*arguments)

    monkeypatch.setattr(CodeRecorder, "look", killed)
    with pytest.raises(KeyboardInterrupt):
        run.run(config, tmp_path / "code", verbose=0)
    monkeypatch.setattr(CodeRecorder, "look", look)
    assert len(read_log(tmp_path / "code")) == 1
    path = run.run(config, tmp_path / "code", resume=True, verbose=0)
    one, other = (CodeCard.load(where, CodeNetwork) for where in (path, trained))
    assert bit_equal(values_of(one.variables), values_of(other.variables))


def test_without_a_step_the_whitening_is_that_of_the_components(pictures, tmp_path):
    run.run(quick(pictures, steps=0, head="netvlad"), tmp_path / "code", verbose=0)
    assert CodeCard.read(tmp_path / "code").scores == {}
    coder = open_coder(tmp_path / "code")
    assert (coder.head, coder.dim) == ("netvlad", 4)
    assert np.linalg.norm(coder(read_rgb(pictures / "cup" / "1.png")).whole) == pytest.approx(1, abs=1e-5)


def test_a_batch_has_so_many_of_each_kind_and_is_the_same_again():
    batches = KindBatches(np.zeros((48, 2, 2, 3)), LABELS, np.arange(40), 12, 4, 0)
    rows = batches.rows(7)
    kinds, counts = np.unique(LABELS[rows], return_counts=True)
    assert len(kinds) == 3 and set(counts) == {4} and len(set(rows)) == 12 and max(rows) < 40
    assert np.array_equal(rows, batches.rows(7)) and not np.array_equal(rows, batches.rows(8))
    batch = batches(7)
    assert batch["maps"].shape == (12, 2, 2, 3) and batch["same"].sum() == 12 * 4


def test_a_kind_of_a_single_picture_is_left_out():
    batches = KindBatches(np.zeros((5, 1, 1, 1)), [0, 0, 1, 1, 2], np.arange(5), 8, 2, 0)
    assert {row for step in range(9) for row in batches.rows(step)} == {0, 1, 2, 3}
    with pytest.raises(ValueError, match="Received: 1"):
        KindBatches(np.zeros((3, 1, 1, 1)), [0, 0, 1], np.arange(3), 8, 2, 0)


def test_every_eighth_picture_of_a_kind_is_watched():
    assert np.flatnonzero(watched_of(np.array([0] * 9 + [1] * 7 + [2] * 16))).tolist() == [7, 23, 31]


def test_watched_pictures_are_asked_for_among_the_others():
    """On a circle, degrees 0 (asked for), 10, 20, 30 of kinds a; b, a, a: right are the second and third of two that there are:
    (1/2 + 2/3) / 2."""
    angle = np.deg2rad([0, 10, 20, 30])
    codes = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    watched = Watched(None, np.array([0, 1, 0, 0]), np.array([True, False, False, False]))
    assert watched.ap_at_10(codes) == pytest.approx(7 / 12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "nowhere"], "nowhere"),
        (["--head", "max"], "Invalid `head`. Expected one of spoc.* Received: max"),
        (["--loss", "hinge"], "Invalid `loss`. Expected one of contrastive.* Received: hinge"),
        (["--dim", "4000"], "Invalid --dim. Expected at most 12, of so many pictures. Received: 4000"),
        (["--steps", "5"], "Invalid `steps`. Expected a multiple of log_every=2"),
        (["--batch", "6"], "Invalid `batch`. Expected two kinds of each=4"),
        (["--power", "2"], "Invalid `power`. Expected a number from 0 to 1"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, said, pictures, tmp_path, capfd, monkeypatch):
    for module in (pretrained, seen):
        monkeypatch.setattr(module, "load_lite0_weights", lambda *models: None)
    quick = ["--data", str(pictures), "--preset", "quick", "--out", str(tmp_path / "run")]
    assert train.main([*quick, *arguments]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and re.search(said, lines[0])


def test_settings_come_back_from_their_file():
    config = settings.full("photos", head="rmac", seed=3)
    assert settings.CodeConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
