"""export.to_tflite, with quantize, branch, convert and flatbuffer under it: a checkpoint becomes a file, or nothing."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from checks import ROOT, run_python

from edge_demo import metadata as model_metadata
from edge_demo.matcher import Matcher
from export import flatbuffer, parity, to_tflite
from getnet_tf import checkpoint, evaluate, train
from getnet_tf.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from getnet_tf.data import digits
from getnet_tf.data.pairs import DigitPairs


def trained(digits_file, folder, **model):
    """A run of a few steps: its weights are no longer the initial ones, more is not needed."""
    train_config = TrainConfig(pairs=256, batch=16, log_every=8, transformer_steps=2, whole_steps=6)
    config = RunConfig(ModelConfig(**model), DataConfig(source=str(digits_file)), train_config)
    return train.run(config, folder, command="python -m getnet_tf.train", verbose=0)


@pytest.fixture(scope="module")
def run(digits_file, tmp_path_factory):
    return trained(digits_file, tmp_path_factory.mktemp("runs") / "getnet")


@pytest.fixture(scope="module")
def int8(run):
    out = run.with_name("int8.tflite")
    return out, to_tflite.export(run, out, steps=10, images=40)


@pytest.fixture(scope="module")
def float32(run):
    out = run.with_name("float.tflite")
    return out, to_tflite.export(run, out, quantization="none", images=40)


@pytest.fixture(scope="module")
def images(digits_file):
    pairs = DigitPairs(digits.load(str(digits_file))["test"], DataConfig(), 11)
    return next(pairs.once(30))["image0"]


def test_the_float_file_computes_what_the_network_computes(run, float32, images):
    network, _ = checkpoint.load(run)
    theta, embedding = network.find(images)
    theta1, embedding1 = parity.run_file(Matcher(float32[0]), images)
    np.testing.assert_allclose(theta1, theta, atol=1e-5)
    np.testing.assert_allclose(embedding1, embedding, atol=1e-5)


def test_describe_is_the_encoder_on_the_whole_picture(run, float32, rng):
    network, _ = checkpoint.load(run)
    area = rng.random((28, 28, 1), dtype=np.float32)
    np.testing.assert_allclose(
        Matcher(float32[0]).describe_array(area), network.describe(area[None])[0], atol=1e-5
    )


def test_every_convolution_and_dense_layer_of_the_int8_file_is_int8_in_both_signatures(int8):
    found = flatbuffer.operators(int8[0].read_bytes())
    heavy = [op for op in found if op.constant_weights]
    # Localiser: 5 convolutions and the heat. Encoder: 7 convolutions and a dense layer. `describe` has the encoder only.
    assert sum(op.signature == "find" for op in heavy) == 14
    assert sum(op.signature == "describe" for op in heavy) == 8
    assert all(op.dtypes == ("int8", "int8", "int8") for op in heavy)
    assert not any(op.stray for op in found)


def test_nothing_of_the_float_islands_is_quantized(int8):
    """Only what leads into and out of the quantized models may be int8 beside their own operators."""
    allowed = {"QUANTIZE", "DEQUANTIZE", "CONV_2D", "MEAN", "FULLY_CONNECTED", "STRIDED_SLICE", "RESHAPE"}
    names = {op.name for op in flatbuffer.operators(int8[0].read_bytes()) if "int8" in op.dtypes}
    assert names <= allowed
    quantized = [op for op in flatbuffer.operators(int8[0].read_bytes()) if op.name == "QUANTIZE"]
    assert sum(op.signature == "find" for op in quantized) == 2  # the image and the target area


def test_the_float_files_convolutions_would_be_refused(float32):
    strays = [op for op in flatbuffer.operators(float32[0].read_bytes()) if op.stray]
    assert len(strays) == 14 + 8
    assert "(not int8!)" in flatbuffer.table(strays, quantized=True)


def test_int8_weights_are_stored_once_and_the_file_is_small(int8, float32):
    assert int8[1]["bytes"] == int8[0].stat().st_size
    assert int8[1]["bytes"] < 0.35 * float32[1]["bytes"]


def test_the_int8_file_agrees_with_its_emulation(int8):
    assert int8[1]["fake_file"].holds
    assert int8[1]["fake_file"].images == 40


def test_the_file_says_what_it_is(int8, run):
    fields = model_metadata.read(int8[0])
    assert (fields.image_hw, fields.channels, fields.crop_hw) == ((60, 60), 1, (28, 28))
    assert (fields.localiser, fields.theta_kind, fields.quantization) == ("salient", "box", "int8-qat")
    assert fields.threshold == int8[1]["threshold"]
    curve = fields.score_curve
    assert np.interp(fields.threshold, curve["distance"], curve["score"]) == pytest.approx(0.5)
    assert fields.training_command == "python -m getnet_tf.train"


def test_the_file_gives_the_same_answer_every_time(int8, images):
    first, second = (parity.run_file(Matcher(int8[0]), images[:5]) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_the_file_runs_without_tensorflow(int8):
    code = f"""
        import sys
        for name in ("tensorflow", "keras", "tf_keras"):
            sys.modules[name] = None
        import numpy as np
        from edge_demo.matcher import Matcher
        theta, embedding = Matcher({str(int8[0])!r}).find_array(np.zeros((60, 60, 1), np.float32))
        print(theta.shape, embedding.shape)
    """
    assert run_python(code).split() == ["(4,)", "(64,)"]


def test_a_file_is_evaluated_without_tensorflow_and_scores_as_its_checkpoint(run, float32, digits_file):
    arguments = ["--model", str(float32[0]), "--data", str(digits_file), "--pairs", "40"]
    code = f"""
        import sys
        for name in ("tensorflow", "keras", "tf_keras"):
            sys.modules[name] = None
        from getnet_tf import evaluate
        sys.exit(evaluate.main({arguments!r}))
    """
    printed = run_python(code)
    scores, _, _ = evaluate.evaluate(run, limit=40)
    assert f"| pair accuracy % | {100 * scores['pair_accuracy']:.2f} (" in printed
    assert f"| mean IoU | {scores['mean_iou']:.3f} (" in printed


def test_a_siamese_network_exports_and_sees_the_whole_image(digits_file, tmp_path, images):
    path = trained(digits_file, tmp_path / "siamese", localiser="none")
    out = tmp_path / "siamese.tflite"
    to_tflite.export(path, out, steps=2, images=20)
    matcher = Matcher(out)
    assert matcher.metadata.theta_kind is None and matcher.metadata.crop_hw == (60, 60)
    theta, embedding = matcher.find_array(images[0])
    assert theta is None
    np.testing.assert_allclose(embedding, matcher.describe_array(images[0]), atol=1e-6)


def test_the_joined_decision_becomes_a_signature(digits_file, tmp_path, images):
    path = trained(digits_file, tmp_path / "joined", decision="joined")
    network, _ = checkpoint.load(path)
    out = tmp_path / "joined.tflite"
    to_tflite.export(path, out, quantization="none", images=20)
    matcher = Matcher(out)
    embedding0, embedding1 = (matcher.find_array(image)[1] for image in images[:2])
    expected = network({"image0": images[:1], "image1": images[1:2]})["distance"][0]
    assert matcher.distance(embedding0, embedding1) == pytest.approx(float(expected), abs=1e-4)


def test_a_file_that_does_not_agree_is_not_written(run, tmp_path, monkeypatch, capsys):
    original = parity.run_file

    def shifted(matcher, images):
        theta, embedding = original(matcher, images)
        return theta + 0.03, embedding

    monkeypatch.setattr(parity, "run_file", shifted)
    code = to_tflite.main([str(run), "--out", str(tmp_path / "m.tflite"), "--quantization", "none"])
    assert code == 2
    assert "theta p99 0.03" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_stray_float_convolution_is_not_written(run, tmp_path, monkeypatch, capsys):
    """A branch that was not quantized, converted as if it were."""
    monkeypatch.setattr(to_tflite, "_quantize", lambda network, *rest: _float_branch(network))
    code = to_tflite.main(
        [str(run), "--out", str(tmp_path / "m.tflite"), "--steps", "1", "--parity-images", "10"]
    )
    assert code == 2
    assert "Not every convolution and dense layer is int8: CONV_2D" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def _float_branch(network):
    from export.quantize import rebuilt_branch

    return rebuilt_branch(network, quantized=False)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "No such checkpoint"),
        (b"hello", "is not a checkpoint"),
        (b"PK\x03\x04 cut", "is not a checkpoint"),
    ],
)
def test_a_bad_checkpoint_is_one_line_and_exit_code_2(tmp_path, capsys, content, expected):
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)
    assert to_tflite.main([str(path), "--out", str(tmp_path / "m.tflite")]) == 2
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1
    assert not (tmp_path / "m.tflite").exists()


def test_a_missing_folder_for_the_file_is_named_before_any_work(run, tmp_path, capsys):
    assert to_tflite.main([str(run), "--out", str(tmp_path / "no" / "m.tflite")]) == 2
    output = capsys.readouterr()
    assert f"No such folder: {tmp_path / 'no'}" in output.err
    assert "settled" not in output.out


def test_the_script_answers_help_from_another_folder(tmp_path):
    script = pathlib.Path(ROOT, "export", "to_tflite.py")
    done = subprocess.run([sys.executable, script, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert "--quantization" in done.stdout


def test_the_report_holds_the_measured_agreement(run, tmp_path):
    report = tmp_path / "report.json"
    arguments = [
        str(run),
        "--out",
        str(tmp_path / "m.tflite"),
        "--quantization",
        "none",
        "--report",
        str(report),
    ]
    assert to_tflite.main([*arguments, "--parity-images", "20"]) == 0
    fields = json.loads(report.read_text())
    assert fields["images"] == 20 and fields["cosine_p1"] > 0.9999 and fields["theta_p99"] < 1e-4
