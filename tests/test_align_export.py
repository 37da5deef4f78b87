"""export.aligner, with all that is under it: an aligner's checkpoint becomes a file, or nothing; a file is joined with a model."""

import dataclasses
import json
import zipfile

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from alignment_pairs import write_keyed
from checks import line_of, run_python, shake
from edge_model import SPOTS, write_spots
from photo_files import write_picture

from edge_demo.model import metadata as model_metadata
from edge_demo.model.alignment.aligner import ALIGN, BEND, SEE
from edge_demo.model.alignment.ways import WAYS
from edge_demo.model.matcher import Matcher
from edge_demo.model.signature import Signature
from export import align_pairs, align_parity, flatbuffer, join, to_tflite
from export.convert import converted
from export.handed_over import in_8_bits
from export.variant import VARIANTS
from getnet_tf.alignment import checkpoint, evaluate, settings
from getnet_tf.alignment.affine_maps import IDENTITY
from getnet_tf.alignment.card import MEMBER, AlignCard
from getnet_tf.alignment.network import Aligner
from getnet_tf.alignment.opened import of_file
from getnet_tf.alignment.twin import Twin
from getnet_tf.errors import InputError

pytestmark = pytest.mark.usefixtures("shallow")
HW = (64, 64)
SCORES = {"affine_val_grid": 0.25}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures, and the checkpoint of an aligner that is said to have learned from them.

    All its weights are in use. Untrained, it chooses the turn by chance; so it carries all points close to the middle,
    where a turn changes little.
    """
    folder = tmp_path_factory.mktemp("align")
    for number in range(24):
        write_picture(folder / f"{number % 3}" / f"{number}.png", number, (40, 50))
    keras.utils.set_random_seed(0)
    network = Aligner(HW)
    shake(network.variables)
    for part in (network.affine, network.tps):
        kernel, bias = part.get_layer("offset").weights
        kernel.assign(0.02 * kernel)
        bias.assign(-IDENTITY if part is network.affine else np.zeros(18))
    card = AlignCard(settings.quick(folder, weights="random"), "by hand", "abc", 1.5, SCORES)
    checkpoint.save(folder / "model.keras", network, card)
    return folder


@pytest.fixture(scope="module")
def float32(folder):
    out = folder / "float.tflite"
    return out, to_tflite.export(folder, out, variant="float32", images=3)


@pytest.fixture(scope="module")
def int8(folder):
    """Settled on half the pairs, which is enough for pictures of noise."""
    out = folder / "int8.tflite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(align_pairs.ExportPairs, "AT_ONCE", 2)
        return out, to_tflite.export(folder, out, images=3)


@pytest.fixture(scope="module")
def joined(folder, int8):
    finder, out = write_spots(folder / "spots.tflite"), folder / "joined.tflite"
    assert join.main([str(finder), str(int8[0]), "--out", str(out)]) == 0
    return finder, out


def test_the_float_file_says_what_the_network_says(float32, folder, rng):
    """The same thetas for two pairs of pictures; a uint8 picture is what both see."""
    network, file = Twin(checkpoint.load(folder)), of_file(float32[0])
    assert file.image_hw == HW
    for picture_a, picture_b in rng.integers(0, 256, (2, 2, *HW, 3), np.uint8):
        for way in WAYS:
            expected, found = (one.laid(one.shape(picture_a), picture_b, way) for one in (network, file))
            np.testing.assert_allclose(found.confidence, expected.confidence, atol=1e-3)
            for kind, theta in expected.placement.thetas.items():
                np.testing.assert_allclose(found.placement.thetas[kind], theta, atol=1e-3, err_msg=way)


def test_all_layers_of_the_int8_file_are_int8(int8, float32):
    found = flatbuffer.operators(int8[0].read_bytes())
    assert sum(op.constant_weights for op in found) == 18 + 5 + 4  # the spline says where, not whether
    assert not any(VARIANTS["int8-ptq"].is_stray(op) for op in found)
    assert int8[1].bytes < 0.35 * float32[1].bytes


def test_maps_are_handed_over_in_8_bits_of_one_scale(int8):
    interpreter = Interpreter(model_path=str(int8[0]))
    maps = (1, None, None, None)
    see = Signature(interpreter, SEE, {"image": (1, *HW, 3)}, {"maps": maps}, ("maps",))
    bend = Signature(interpreter, BEND, {"laid": maps, "maps": maps}, {"tps": (1, 18)})
    assert see.hands_over("maps", to=bend)
    taken = [interpreter.get_signature_runner(name).get_input_details() for name in (ALIGN, BEND)]
    details = [detail for inputs in taken for detail in inputs.values()]
    assert len(details) == 4
    assert {(detail["dtype"], *detail["quantization"]) for detail in details} == {
        (np.int8, *interpreter.get_signature_runner(SEE).get_output_details()["maps"]["quantization"])
    }


def test_in_8_bits_a_file_computes_what_it_computed_in_floats(rng):
    """Of two images are seen maps, a convolution; of two maps the mean product is given."""
    import tensorflow as tf

    def fake(x):
        return tf.quantization.fake_quant_with_min_max_vars(x, -1.0, 1.5)

    class Tiny(tf.Module):
        def __init__(self):
            self.kernel = tf.Variable(rng.uniform(-0.2, 0.2, (3, 3, 3, 4)).astype(np.float32))

        @tf.function(input_signature=[tf.TensorSpec((1, 8, 8, 3), tf.float32, name="image")])
        def see(self, image):
            kernel = tf.quantization.fake_quant_with_min_max_vars(self.kernel, -0.2, 0.2, narrow_range=True)
            return {"maps": fake(tf.nn.conv2d(fake(image), kernel, 2, "SAME"))}

        @tf.function(input_signature=[tf.TensorSpec((1, 4, 4, 4), tf.float32, name=name) for name in "ab"])
        def alike(self, a, b):
            return {"mean": tf.reduce_mean(a * b, axis=(1, 2, 3))}

    module = Tiny()
    functions = {name: getattr(module, name).get_concrete_function() for name in ("see", "alike")}
    content = converted(module, functions, VARIANTS["int8-ptq"])
    in_floats = Interpreter(model_content=content)
    in_bits = Interpreter(model_content=in_8_bits(content, ("see", "maps"), (("alike", "a"), ("alike", "b"))))
    images = rng.random((2, 1, 8, 8, 3), np.float32)
    floats, bits = (
        [one.get_signature_runner("see")(image=image)["maps"] for image in images]
        for one in (in_floats, in_bits)
    )
    scale, zero = in_bits.get_signature_runner("see").get_output_details()["maps"]["quantization"]
    assert bits[0].dtype == np.int8 and floats[0].dtype == np.float32 and np.ptp(bits[0]) > 20
    for own, other in zip(floats, bits, strict=True):
        np.testing.assert_array_equal(own, (other.astype(np.float32) - zero) * np.float32(scale))
    means = [
        one.get_signature_runner("alike")(a=maps[0], b=maps[1])["mean"]
        for one, maps in ((in_floats, floats), (in_bits, bits))
    ]
    np.testing.assert_array_equal(*means)
    with pytest.raises(ValueError, match="unpacked from int8"):
        in_8_bits(content, ("alike", "mean"), ())


def test_a_file_says_how_it_was_trained(int8, float32):
    for (path, _), form in ((int8, "int8-ptq"), (float32, "none")):
        with zipfile.ZipFile(path) as archive:
            said = json.loads(archive.read(MEMBER))
        assert said == {"command": "by hand", "commit": "abc", "quantization": form, "scores": SCORES}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--steps", "5"], "--steps does not apply to an aligner"),
        (["--learning-rate", "0.1"], "--learning-rate does not apply"),
        (["--input", "int8"], "--input int8 does not apply"),
        (["--variant", "dynamic"], "--variant dynamic does not apply"),
        (["--decision", "weights.json"], "--decision does not apply to an aligner"),
        (["--parity-images", "0"], "at least 1, received 0"),
        (["--data", "none"], "No such folder: none"),
    ],
)
def test_what_does_not_apply_is_refused_by_name(options, said, folder, tmp_path, capfd):
    out = tmp_path / "align.tflite"
    assert to_tflite.main([str(folder), "--out", str(out), *options]) == 2
    assert said in line_of(capfd) and not out.exists()


AGREED = align_parity.Agreement(10, 0.99, dict.fromkeys(("affine", "tps", "cascade"), 0.01), {}, 1.0)
FAR = dataclasses.replace(AGREED, distance={"affine": 0.01, "tps": 0.03, "cascade": 0.01})
EXACT = dataclasses.replace(
    AGREED, maps_cosine=1.0, distance=dict.fromkeys(("affine", "tps", "cascade"), 0.0)
)


@pytest.mark.parametrize(
    ("file", "fake", "said"),
    [
        (EXACT, None, None),
        (AGREED, AGREED, None),
        (AGREED, None, "cosine of the maps of at least 0.9999"),
        (dataclasses.replace(AGREED, maps_cosine=0.9), AGREED, "at least 0.97, received 0.9000"),
        (dataclasses.replace(EXACT, distance=FAR.distance), None, "expected affine within 0.001"),
        (
            dataclasses.replace(AGREED, distance={"affine": float("nan")}),
            AGREED,
            "expected affine within 0.04",
        ),
        (FAR, AGREED, "tps is further from float than its emulation"),  # 0.03, above 1.5 * 0.01 + 0.005
    ],
)
def test_a_file_that_carries_points_elsewhere_is_refused(file, fake, said):
    refusal = align_parity.refusal(file, fake)
    assert refusal is None if said is None else said in refusal


def test_nothing_is_written_where_a_gate_fails(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(align_parity, "FLOAT_DISTANCE", -1.0)
    with pytest.raises(InputError, match="does not compute what was trained"):
        to_tflite.export(folder, tmp_path / "align.tflite", variant="float32", images=2)
    assert not list(tmp_path.iterdir())


def test_a_joined_file_does_what_both_did(joined, int8, rng):
    """Bit by bit; the model's own metadata says what the aligner's file said."""
    finder, out = joined
    frame = rng.integers(0, 256, (16, 16, 3), np.uint8)
    embeddings = []
    for path in (finder, out):
        matcher = Matcher(path)
        embeddings.append(matcher.find(frame, matcher.describe(frame[:8, :8], "corner")).embedding)
    np.testing.assert_array_equal(*embeddings)
    picture_a, picture_b = rng.integers(0, 256, (2, *HW, 3), np.uint8)
    laid = [one.laid(one.shape(picture_a), picture_b, "cascade") for one in map(of_file, (int8[0], out))]
    for kind in ("affine", "tps"):
        np.testing.assert_array_equal(*(one.placement.thetas[kind] for one in laid))
    assert laid[0].confidence == laid[1].confidence
    fields = model_metadata.read(out)
    assert fields.aligner == {
        "command": "by hand",
        "commit": "abc",
        "quantization": "int8-ptq",
        "scores": SCORES,
    }
    assert dataclasses.replace(fields, aligner=None) == SPOTS


def test_equal_buffers_are_there_once(int8):
    content = model_metadata.read_flatbuffer(int8[0])
    weights = sum(len(b.data) for b in flatbuffer.parsed(content).buffers if b.data is not None)
    assert weights > 0.8 * len(content)
    assert len(join.joined(content, content)) < len(content) + 0.5 * weights


def test_a_joined_file_is_evaluated_without_tensorflow(joined, tmp_path):
    for name in "ab":
        write_keyed(tmp_path / "keyed" / "car" / f"{name}.jpg", [(10, 10), (40, 30)])
    printed = run_python(f"""
        import sys
        sys.modules["tensorflow"] = sys.modules["keras"] = None
        from getnet_tf.alignment import evaluate
        print("ended", evaluate.main(["--model", {str(joined[1])!r}, "--data", {str(tmp_path / "keyed")!r}]))
    """)
    assert "all 2 pairs" in printed and printed.strip().endswith("ended 0")


def test_a_file_that_does_not_align_is_one_line(joined, tmp_path, capfd):
    write_keyed(tmp_path / "keyed" / "car" / "a.jpg", [(10, 10), (40, 30)])
    write_keyed(tmp_path / "keyed" / "car" / "b.jpg", [(10, 10), (40, 30)])
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"no model at all")
    for path, said in (
        (joined[0], "`align_see`, `align` and `bend`"),
        (broken, "expected a model that aligns"),
    ):
        assert evaluate.main(["--model", str(path), "--data", str(tmp_path / "keyed")]) == 2
        assert said in line_of(capfd)
