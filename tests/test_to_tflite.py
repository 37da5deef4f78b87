"""export.to_tflite, with plan, exporter and all that is under it: a checkpoint becomes a file, or nothing."""

import pathlib
import subprocess
import sys

import cv2
import numpy as np
import pytest
from checks import ROOT, run_python
from digit_runs import PARITY_IMAGES
from photo_files import write_picture

from edge_demo.model import metadata as model_metadata
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import frame_to_input
from edge_demo.model.search import THETA_STEP
from export import flatbuffer, parity, quantize, to_tflite
from export.variant import VARIANTS
from getnet_tf import checkpoint, evaluate
from getnet_tf.config import DataConfig
from getnet_tf.data import digits
from getnet_tf.data.pairs import DigitPairs


@pytest.fixture(scope="module")
def run(getnet_run):
    return getnet_run


@pytest.fixture(scope="module")
def int8(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("files") / "int8.tflite"
    return out, to_tflite.export(run, out, steps=10, images=40)


@pytest.fixture(scope="module")
def float32(exported):
    return exported("float32")


@pytest.fixture(scope="module")
def images(digits_file):
    """Of 256 grey levels, as a camera gives them."""
    pairs = DigitPairs(digits.load(str(digits_file))["test"], DataConfig(), 11)
    return np.rint(next(pairs.once(30))["image0"] * 255).astype(np.float32) / 255


def found_by(path, images):
    """What the demo finds with a file: theta (N, P), embedding (N, E)."""
    frames = np.rint(images * 255).astype(np.uint8).repeat(3, axis=-1)
    return parity.run_matcher(Matcher(path), frames)


def test_the_float_file_computes_what_the_network_computes(run, float32, images):
    """Theta to half a step of the grid on which the demo cuts areas out; the cut sees what the network samples."""
    network, _ = checkpoint.load(run)
    found = network.branch.find(images)
    theta, embedding = found["theta"], found["embedding"]
    theta1, embedding1 = found_by(float32[0], images)
    np.testing.assert_allclose(theta1, theta, atol=THETA_STEP / 2 + 1e-5)
    assert np.sum(embedding1 * embedding, axis=1).min() > 0.999


def test_describe_is_the_encoder_on_the_whole_picture(run, float32, rng):
    network, _ = checkpoint.load(run)
    area = rng.random((28, 28, 1), dtype=np.float32)
    np.testing.assert_allclose(
        Matcher(float32[0]).describe_array(area), network.branch.embedding_of(area[None])[0], atol=1e-5
    )


def test_every_convolution_and_dense_layer_of_the_int8_file_is_int8_in_all_signatures(int8):
    found = flatbuffer.operators(int8[0].read_bytes())
    heavy = [op for op in found if op.constant_weights]
    # Localiser: 5 convolutions and the heat. Encoder: 7 convolutions and a dense layer. `find` has both.
    counts = {name: sum(op.signature == name for op in heavy) for name in ("find", "describe", "see")}
    assert counts == {"find": 14, "describe": 8, "see": 6}
    assert all(op.dtypes == ("int8", "int8", "int8") for op in heavy)
    assert not any(VARIANTS["int8-qat"].is_stray(op) for op in found)


def test_nothing_of_the_float_islands_is_quantized(int8):
    """Only what leads into and out of the quantized models may be int8 beside their own operators."""
    allowed = {"QUANTIZE", "DEQUANTIZE", "CONV_2D", "MEAN", "FULLY_CONNECTED", "STRIDED_SLICE", "RESHAPE"}
    names = {op.name for op in flatbuffer.operators(int8[0].read_bytes()) if "int8" in op.dtypes}
    assert names <= allowed
    quantized = [op for op in flatbuffer.operators(int8[0].read_bytes()) if op.name == "QUANTIZE"]
    assert sum(op.signature == "find" for op in quantized) == 2  # the image and the target area


def test_the_float_files_convolutions_would_be_refused(float32):
    found = flatbuffer.operators(float32[0].read_bytes())
    assert sum(VARIANTS["int8-qat"].is_stray(op) for op in found) == 14 + 8 + 6
    assert not any(VARIANTS["float32"].is_stray(op) for op in found)


def test_int8_weights_are_stored_once_and_the_file_is_small(int8, float32):
    assert int8[1].bytes == int8[0].stat().st_size
    assert int8[1].bytes < 0.35 * float32[0].stat().st_size


def test_the_int8_file_agrees_with_its_emulation(int8):
    assert int8[1].fake_file.holds(parity.THETA_P99, parity.COSINE_P1)
    assert int8[1].fake_file.images == 40


def test_the_file_says_what_it_is(int8, run):
    fields = model_metadata.read(int8[0])
    assert (fields.image_hw, fields.channels, fields.crop_hw) == ((60, 60), 1, (28, 28))
    assert (fields.localiser, fields.theta_kind, fields.quantization) == ("salient", "box", "int8-qat")
    assert fields.threshold == int8[1].threshold
    curve = fields.score_curve
    assert np.interp(fields.threshold, curve["distance"], curve["score"]) == pytest.approx(0.5)
    assert fields.training_command == "python -m getnet_tf.train"


@pytest.mark.parametrize(
    ("name", "types", "most_bytes"),
    [
        ("float16", "float32 float16 float32", 0.55),
        ("dynamic", "float32 int8 float32", 0.4),
        ("int8-ptq", "int8 int8 int8", 0.35),
    ],
)
def test_every_variant_keeps_its_promise_and_runs(name, types, most_bytes, exported, float32, images):
    path, report = exported(name)
    assert report["bytes"] == path.stat().st_size < most_bytes * float32[1]["bytes"]
    rows = [row for row in report["operators"] if row["operator"] == "CONV_2D" and row["types"] == types]
    assert {row["signature"] for row in rows} == {"find", "describe", "see"}
    pieces = report["partitions"]
    assert pieces["describe"] == 1 and pieces["find"] == 2  # the sampler lies between
    assert model_metadata.read(path).quantization == name
    theta, embedding = found_by(path, images[:5])
    theta1, embedding1 = found_by(float32[0], images[:5])
    np.testing.assert_allclose(theta, theta1, atol=0.05)
    assert np.sum(embedding * embedding1, axis=1).min() > 0.95


def test_images_as_int8_lose_nothing_of_an_8_bit_picture(exported, tmp_path, images):
    """The same answers to the bit, from pictures of 256 grey levels; a quarter of the input's bytes."""
    path, _ = exported("int8-ptq")
    quantized = tmp_path / "int8-images.tflite"
    fields = model_metadata.read(path)
    quantized.write_bytes(flatbuffer.with_int8_images(path.read_bytes()))
    model_metadata.append(quantized, fields)
    expected, found = (found_by(p, images[:5]) for p in (path, quantized))
    np.testing.assert_array_equal(expected[0], found[0])
    np.testing.assert_array_equal(expected[1], found[1])
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(quantized))
    for name in ("find", "describe", "see", "embed"):
        details = interpreter.get_signature_runner(name).get_input_details()["image"]
        assert details["dtype"] == np.int8 and details["quantization"] == (pytest.approx(1 / 255), -128)


def test_a_target_area_cut_out_of_the_frame_is_what_the_network_samples(float32, rng):
    """A frame of the network's own size: nothing to gain, so both ways agree but for 8-bit rounding."""
    matcher = Matcher(float32[0])
    for _ in range(5):
        frame = cv2.resize(
            rng.integers(0, 256, (12, 12, 3), np.uint8), (60, 60), interpolation=cv2.INTER_CUBIC
        )
        theta, embedding = matcher.find_array(frame_to_input(frame, matcher.metadata)[0])
        found = matcher.find(frame)
        np.testing.assert_allclose(found.theta, theta, atol=THETA_STEP / 2 + 1e-5)
        assert found.embedding @ embedding > 0.999


def test_the_file_gives_the_same_answer_every_time(int8, images):
    first, second = (found_by(int8[0], images[:5]) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


def test_the_file_runs_without_tensorflow(int8):
    code = f"""
        import sys
        for name in ("tensorflow", "keras", "tf_keras"):
            sys.modules[name] = None
        import numpy as np
        from edge_demo.model.matcher import Matcher
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


def test_a_siamese_network_exports_and_sees_the_whole_image(siamese_run, tmp_path, images):
    out = tmp_path / "siamese.tflite"
    to_tflite.export(siamese_run, out, steps=1, images=20)
    matcher = Matcher(out)
    assert matcher.metadata.theta_kind is None and matcher.metadata.crop_hw == (60, 60)
    theta, embedding = matcher.find_array(images[0])
    assert theta is None
    np.testing.assert_allclose(embedding, matcher.describe_array(images[0]), atol=1e-6)


def test_the_joined_decision_becomes_a_signature(siamese_run, tmp_path, images):
    network, _ = checkpoint.load(siamese_run)
    out = tmp_path / "joined.tflite"
    to_tflite.export(siamese_run, out, variant="float32", images=20)
    matcher = Matcher(out)
    embedding0, embedding1 = (matcher.find_array(image)[1] for image in images[:2])
    expected = network({"image0": images[:1], "image1": images[1:2]})["distance"][0]
    assert matcher.distance(embedding0, embedding1) == pytest.approx(float(expected), abs=1e-4)


@pytest.fixture
def changed_branch(monkeypatch):
    """Lets every branch that is converted be another one: `changed_branch(function branch -> branch)`."""
    from export import exporter

    original = exporter.to_flatbuffer

    def change(changed):
        monkeypatch.setattr(exporter, "to_flatbuffer", lambda branch, *rest: original(changed(branch), *rest))

    return change


def test_a_file_that_looks_elsewhere_is_not_written(run, tmp_path, changed_branch, capsys):
    """Only `see` is wrong, which the demo runs; `find` is right."""

    def shifted(branch):
        from export.quantize import rebuilt_branch

        other = rebuilt_branch(checkpoint.load(run)[0], quantized=False)
        right = other.see
        other.see = lambda image: {"theta": right(image)["theta"] + 0.03125}
        return other

    changed_branch(shifted)
    out = tmp_path / "m.tflite"
    arguments = [str(run), "--out", str(out), "--variant", "float32", "--parity-images", "10"]
    assert to_tflite.main(arguments) == 2
    error = capsys.readouterr().err
    assert "received theta 0.031" in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_stray_float_convolution_is_not_written(run, tmp_path, changed_branch, monkeypatch, capsys):
    """A branch that was not quantized, converted as if it were; so its ranges need no settling."""
    monkeypatch.setattr(quantize, "SETTLING_BATCHES", 1)

    def in_float(branch):
        from export.quantize import rebuilt_branch

        return rebuilt_branch(checkpoint.load(run)[0], quantized=False)

    changed_branch(in_float)
    code = to_tflite.main(
        [str(run), "--out", str(tmp_path / "m.tflite"), "--steps", "0", "--parity-images", "10"]
    )
    assert code == 2
    assert (
        "Not every convolution and dense layer has int8 weights and int8 activations: CONV_2D"
        in capsys.readouterr().err
    )
    assert list(tmp_path.iterdir()) == []


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


def test_pictures_of_another_kind_are_one_line_and_no_file(run, tmp_path, capsys):
    """Photos in colour for a network of gray digits."""
    for kind in "abc":
        for number in range(6):
            write_picture(tmp_path / "photos" / kind / f"{number}.png", 10 * ord(kind) + number)
    code = to_tflite.main([str(run), "--out", str(tmp_path / "m.tflite"), "--data", str(tmp_path / "photos")])
    assert code == 2
    error = capsys.readouterr().err
    assert "takes pictures of (60, 60, 1)" in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_missing_place_for_a_file_is_named_before_any_work(run, tmp_path, capsys):
    assert to_tflite.main([str(run), "--out", str(tmp_path / "no" / "m.tflite")]) == 2
    assert f"No such folder: {tmp_path / 'no'}" in capsys.readouterr().err
    assert to_tflite.main([str(run), "--out", str(tmp_path)]) == 2
    assert f"{tmp_path} is a folder" in capsys.readouterr().err
    arguments = [str(run), "--out", str(tmp_path / "m.tflite"), "--report", str(tmp_path / "no" / "r.json")]
    assert to_tflite.main(arguments) == 2
    output = capsys.readouterr()
    assert "another --report" in output.err and "loaded" not in output.out
    assert list(tmp_path.iterdir()) == []


def test_the_script_answers_help_from_another_folder(tmp_path):
    script = pathlib.Path(ROOT, "export", "to_tflite.py")
    done = subprocess.run([sys.executable, script, "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0
    assert "--variant" in done.stdout


def test_the_report_holds_the_measured_agreement(float32):
    path, fields = float32
    assert fields["variant"] == "float32" and fields["bytes"] == path.stat().st_size
    agreement = fields["float_file"]
    assert (
        agreement["images"] == PARITY_IMAGES
        and agreement["cosine_p1"] > 0.9999
        and agreement["theta_p99"] < 1e-4
    )
    # The demo cuts on a grid; what else it sees differently is not nothing, and not much.
    cut = fields["float_cut"]
    assert 0 < cut["theta_p99"] <= THETA_STEP / 2 + 1e-5 and 0.99 < cut["cosine_mean"] < 1
    assert fields["fake_file"] is None and fields["partitions"]["describe"] == 1
    assert {
        "signature": "see",
        "operator": "CONV_2D",
        "types": "float32 float32 float32",
        "count": 6,
    } in fields["operators"]
