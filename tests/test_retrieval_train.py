"""`python -m getnet_tf.retrieval.train`: from class folders to a checkpoint, on after a kill, and to a file."""

import json
import re

import numpy as np
import pytest
from checks import bit_equal, one_line, run_python, values_of
from photo_files import write_classes

from export import flatbuffer, to_tflite
from export.code_parity import Agreement, refusal
from export.variant import VARIANTS
from getnet_tf.data.picture import read_rgb, stretch
from getnet_tf.errors import InputError
from getnet_tf.retrieval import run, settings, train
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


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    """A quick training with random weights: the run's folder."""
    folder = tmp_path_factory.mktemp("run") / "code"
    run.run(settings.quick(pictures, weights="random"), folder, command="quick", verbose=0)
    return folder


def test_a_training_gives_a_checkpoint_and_a_log_and_no_cache(trained):
    card = CodeCard.read(trained)
    assert (card.command, card.config.loss) == ("quick", "triplet")
    assert 0 <= card.scores["code_val_ap_at_10"] <= 1
    assert [row["step"] for row in read_log(trained)] == ["2", "4"]
    assert not (trained / "cache").exists() and not (trained / "state.npz").exists()


def test_the_coder_of_a_checkpoint_makes_the_codes_of_its_network(trained, pictures):
    """Head and whitening are its own; another head has no whitening."""
    coder, picture = open_coder(trained), read_rgb(pictures / "cup" / "0.png")
    assert (coder.head, coder.dim) == ("gem", 16)
    network = CodeCard.load(trained, CodeNetwork)
    image = stretch(picture, network.image_hw)[None].astype(np.float32) / 255
    assert np.allclose(coder(picture).whole, np.asarray(network(image))[0], atol=1e-4)
    assert open_coder(trained, "mac").dim == coder.see.channels


def test_a_killed_training_goes_on_to_the_same_weights(pictures, trained, tmp_path, monkeypatch):
    """Killed while the second log line is written: what was saved by then is the state after step 2."""
    config = settings.quick(pictures, weights="random")
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
    run.run(settings.quick(pictures, weights="random", steps=0, head="netvlad"), tmp_path / "code", verbose=0)
    assert CodeCard.read(tmp_path / "code").scores == {}
    coder = open_coder(tmp_path / "code")
    assert (coder.head, coder.dim) == ("netvlad", 16)
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
        (["--dim", "4000"], "Invalid --dim. Expected at most 24, of so many pictures. Received: 4000"),
        (["--steps", "150"], "Invalid `steps`. Expected a multiple of log_every=2"),
        (["--batch", "6"], "Invalid `batch`. Expected two kinds of each=4"),
        (["--power", "2"], "Invalid `power`. Expected a number from 0 to 1"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, said, pictures, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(settings.CodeConfig, "weights", "random")
    quick = ["--data", str(pictures), "--preset", "quick", "--out", str(tmp_path / "run")]
    assert train.main([*quick, *arguments]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and re.search(said, lines[0])


def test_settings_come_back_from_their_file():
    config = settings.full("photos", head="rmac", seed=3)
    assert settings.CodeConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.slow
def test_a_file_has_every_head_in_8_bits_and_makes_the_codes_without_tensorflow(trained, pictures, tmp_path):
    out = tmp_path / "code.tflite"
    report = to_tflite.export(trained, out, images=4)
    assert report.float_file.cosine > 0.97
    found = flatbuffer.operators(out.read_bytes())
    assert not any(VARIANTS["int8-ptq"].is_stray(op) for op in found)
    picture = pictures / "cup" / "0.png"
    said = run_python(
        f"""
        import json, sys
        from getnet_tf.data.picture import read_rgb
        from getnet_tf.retrieval.coder import open_coder
        coders = [open_coder({str(out)!r}), open_coder({str(out)!r}, "rmac", regions=True)]
        codes = [coder(read_rgb({str(picture)!r})) for coder in coders]
        print(json.dumps([[coder.head, coder.dim, code.whole.tolist()] for coder, code in zip(coders, codes)]))
        assert not {{"tensorflow", "keras"}} & set(sys.modules)
        """
    )
    (head, dim, own), (other, channels, _) = json.loads(said.splitlines()[-1])
    assert (head, dim, other, channels) == ("gem", 16, "rmac", 1280)
    assert np.dot(own, open_coder(trained)(read_rgb(picture)).whole) > 0.9


GOOD, OFF = ({"gem": cosine, "mac": 0.99999} for cosine in (0.99995, 0.98))


@pytest.mark.parametrize(
    ("file", "fake", "said"),
    [
        (Agreement(4, GOOD), None, None),
        (Agreement(4, OFF), None, "at least 0.9999 by every head, received .*gem 0.98000"),
        (Agreement(4, OFF), Agreement(4, OFF), None),
        (Agreement(4, {"gem": 0.96}), Agreement(4, OFF), "at least 0.97"),
        # 0.02 off, above 1.5 * 0.005 + 0.005
        (Agreement(4, OFF), Agreement(4, {"gem": 0.995}), "further from float than its emulation"),
        (Agreement(4, {"gem": float("nan")}), None, "received .*nan"),
    ],
)
def test_a_file_that_makes_other_codes_is_refused(file, fake, said):
    found = refusal(file, fake)
    assert found is None if said is None else re.search(said, found)


def test_a_file_without_a_recipe_is_refused(tmp_path):
    path = tmp_path / "code.tflite"
    path.write_bytes(b"TFL3")
    with pytest.raises(InputError, match="expected a .tflite file") as caught:
        open_coder(path)
    assert one_line(caught.value)
