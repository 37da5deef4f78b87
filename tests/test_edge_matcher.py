"""The matcher on models whose outputs are known by hand; see `edge_model`."""

import dataclasses

import numpy as np
import pytest
from checks import descriptors_left
from edge_model import CENTROID, PALETTE, quadrants, write_centroid, write_palette, write_palette_int8

from edge_demo.errors import EdgeError
from edge_demo.model import metadata
from edge_demo.model.matcher import Matcher
from edge_demo.model.reference import Reference
from edge_demo.model.signature import Signature


@pytest.fixture(scope="session")
def centroid_path(tmp_path_factory):
    return write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite")


@pytest.fixture(scope="session")
def palette_path(tmp_path_factory):
    return write_palette(tmp_path_factory.mktemp("model") / "palette.tflite")


@pytest.fixture(scope="session")
def palette_int8_path(tmp_path_factory):
    return write_palette_int8(tmp_path_factory.mktemp("model") / "palette_int8.tflite")


@pytest.fixture
def spot_frame():
    """40x24 pixels, so two to each of the model's; white only where the model's pixel (x 5, y 3) is."""
    frame_bgr_u8 = np.zeros((24, 40, 3), np.uint8)
    frame_bgr_u8[6:8, 10:12] = 255
    return frame_bgr_u8


def test_the_box_lies_around_the_centroid(centroid_path, spot_frame):
    """The centroid is pixel (5, 3) of 20x12; half the box is 0.25 * 19 / 2 = 2.375 by 0.5 * 11 / 2 = 2.75.

    As edges (2.625, 0.25, 8.375, 6.75), and twice that in the frame.
    """
    found = Matcher(centroid_path).find(spot_frame)
    assert found.box_px == pytest.approx((5.25, 0.5, 16.75, 13.5), abs=1e-4)
    np.testing.assert_allclose(found.theta, [0.25, 0.5, 2 * 5 / 19 - 1, 2 * 3 / 11 - 1], atol=1e-6)
    np.testing.assert_allclose(found.embedding, [1, 0, 0, 0], atol=1e-6)


def test_a_distance_becomes_a_score_by_the_curve(centroid_path):
    """The curve falls from 1 to 0.5 over [0, 0.5], then to 0 over [0.5, 1.5]."""
    matcher = Matcher(centroid_path)
    distances = [-1, 0, 0.25, 0.5, 1, 1.5, 2]
    assert [matcher.score(distance) for distance in distances] == [1, 1, 0.75, 0.5, 0.25, 0, 0]


def test_every_reference_is_compared_with_one_look_at_the_frame(centroid_path, spot_frame):
    """Unit vectors: the same has distance 0, another axis sqrt(2), on the curve 0.5 - (sqrt(2) - 0.5) / 2."""
    matcher = Matcher(centroid_path)
    looks = []
    find = matcher._search.find
    matcher._search.find = lambda image, reference: looks.append(image) or find(image, reference)
    same = Reference("same", np.array([1, 0, 0, 0], np.float32))
    other = Reference("other", np.array([0, 0, 1, 0], np.float32))
    result = matcher.match(spot_frame, [other, same])
    assert len(looks) == 1
    assert [item.name for item in result.objects] == ["other", "same"]
    assert [item.match for item in result.objects] == [False, True]
    assert [item.distance for item in result.objects] == pytest.approx([np.sqrt(2), 0], abs=1e-5)
    assert [item.score for item in result.objects] == pytest.approx([0.75 - np.sqrt(0.5), 1], abs=1e-5)
    assert len({item.box_px for item in result.objects}) == 1
    assert 0 < result.latency_ms < 1000


def test_a_distance_equal_to_the_threshold_is_a_match(centroid_path, spot_frame, tmp_path):
    matcher = Matcher(centroid_path)
    reference = Reference("edge", np.array([1, 0.5, 0, 0], np.float32))  # exactly 0.5 from (1, 0, 0, 0)
    assert matcher.match(spot_frame, [reference]).objects[0].match


def test_a_reference_is_described_over_its_whole_area(centroid_path):
    """64x48 pixels are stretched to 8x6; each quadrant has one brightness, so stretching keeps the means."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32], picture[:24, 32:], picture[24:, :32], picture[24:, 32:] = 30, 60, 90, 120
    reference = Matcher(centroid_path).describe(picture, "quarters")
    assert reference.name == "quarters"
    np.testing.assert_allclose(reference.embedding, np.array([1, 2, 3, 4]) / np.sqrt(30), atol=1e-6)


def test_arrays_go_in_as_the_network_sees_them(centroid_path):
    matcher = Matcher(centroid_path)
    rng = np.random.default_rng(0)
    image = rng.uniform(0, 1, (12, 20, 1)).astype(np.float32)
    theta, embedding = matcher.find_array(image)
    np.testing.assert_allclose(embedding, quadrants(image[:, :, 0]), atol=1e-6)
    weights = image[:, :, 0] / image.sum()
    np.testing.assert_allclose(theta[2], (weights.sum(axis=0) * np.linspace(-1, 1, 20)).sum(), atol=1e-5)
    np.testing.assert_allclose(theta[3], (weights.sum(axis=1) * np.linspace(-1, 1, 12)).sum(), atol=1e-5)
    crop = rng.uniform(0, 1, (6, 8, 1)).astype(np.float32)
    np.testing.assert_allclose(matcher.describe_array(crop), quadrants(crop[:, :, 0]), atol=1e-6)
    with pytest.raises(ValueError, match=r"Expected \(H, W, C\) = \(12, 20, 1\), received \(20, 12, 1\)"):
        matcher.find_array(image.transpose(1, 0, 2))


def test_without_a_localiser_the_box_is_the_frame_and_colours_are_rgb(palette_path):
    frame_bgr_u8 = np.zeros((24, 40, 3), np.uint8)
    frame_bgr_u8[:, :, 2] = 255  # red
    frame_bgr_u8[:, :20, 0] = 51  # and a fifth of blue on half of it
    found = Matcher(palette_path).find(frame_bgr_u8)
    assert found.theta is None
    assert found.box_px == (0, 0, 40, 24)
    np.testing.assert_allclose(found.embedding, [1, 0, 0.1], atol=1e-6)


def test_a_joined_head_decides_by_minus_its_logit(palette_path):
    """The logit is 1 - |e0 - e1|_1, here 1 - 0.75."""
    e0, e1 = np.array([0.5, 0.25, 0], np.float32), np.array([0, 0.5, 0], np.float32)
    assert Matcher(palette_path).distance(e0, e1) == pytest.approx(-0.25)


@pytest.mark.parametrize("level", [0, 99, 255])
def test_a_blank_reference_is_refused_by_name(centroid_path, level):
    with pytest.raises(EdgeError, match=r"Reference 'wall': .*blank"):
        Matcher(centroid_path).describe(np.full((50, 50, 3), level, np.uint8), "wall")


def test_an_output_that_is_not_a_number_is_an_error_and_no_result(centroid_path):
    """A black image has no centroid: 0 / 0."""
    with pytest.raises(EdgeError, match=r"of `find` is not finite"):
        Matcher(centroid_path).find(np.zeros((24, 40, 3), np.uint8))


def test_loading_prints_nothing(centroid_path, capfd):
    Matcher(centroid_path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"image_hw": (60, 60)},
            r"expected inputs image \(1, 60, 60, 1\) of `find`, received image \(1, 12, 20, 1\)",
        ),
        ({"crop_hw": (28, 28)}, r"image \(1, 28, 28, 1\) of `describe`"),
        ({"embedding_dim": 64}, r"embedding \(1, 64\), theta \(1, 4\) of `find`"),
        ({"theta_kind": "attention"}, r"theta \(1, 3\) of `find`"),
        ({"theta_kind": None}, r"expected outputs embedding \(1, 4\) of `find`"),
        ({"color": "rgb", "channels": 3}, r"image \(1, 12, 20, 3\) of `find`"),
        ({"decision": "joined"}, r"expected a signature `compare`, found \['describe', 'find'\]"),
    ],
)
def test_a_file_that_its_metadata_does_not_fit_is_one_line(centroid_path, tmp_path, changes, said):
    path = tmp_path / "other.tflite"
    path.write_bytes(centroid_path.read_bytes())
    metadata.append(path, dataclasses.replace(CENTROID, **changes))
    with pytest.raises(EdgeError, match=said) as caught:
        Matcher(path)
    assert "\n" not in str(caught.value)


def test_a_damaged_flatbuffer_is_one_line(tmp_path, capfd):
    path = tmp_path / "damaged.tflite"
    path.write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(1000))
    metadata.append(path, PALETTE)
    with pytest.raises(EdgeError, match=r"damaged\.tflite: expected a model that fits its metadata: [^\n]+$"):
        Matcher(path)


def test_a_model_cut_short_never_reaches_the_interpreter(centroid_path, tmp_path):
    path = tmp_path / "cut.tflite"
    path.write_bytes(centroid_path.read_bytes()[:2000])
    with pytest.raises(EdgeError, match="cut short"):
        Matcher(path)


def test_an_int8_model_takes_and_gives_floats(palette_int8_path):
    """In steps of 1/255 on both sides, two roundings: within 1/255 of the mean colour."""
    matcher = Matcher(palette_int8_path)
    frame_bgr_u8 = np.zeros((24, 40, 3), np.uint8)
    frame_bgr_u8[:, :, 2] = 200
    frame_bgr_u8[:, :20, 0] = 100
    expected = np.array([200, 0, 50]) / 255
    np.testing.assert_allclose(matcher.find(frame_bgr_u8).embedding, expected, atol=1.01 / 255)
    np.testing.assert_allclose(matcher.describe(frame_bgr_u8, "red").embedding, expected, atol=1.01 / 255)


class FakeRunner:
    """A signature of int8 tensors with round numbers for scales, which no converter would give."""

    def __init__(self, dtype=np.int8):
        self.dtype = dtype
        self.received = None

    def get_input_details(self):
        return {"image": {"shape": np.array([1, 5]), "dtype": self.dtype, "quantization": (0.25, 3)}}

    def get_output_details(self):
        return {"embedding": {"shape": np.array([1, 3]), "dtype": self.dtype, "quantization": (0.5, -1)}}

    def __call__(self, image):
        self.received = image
        return {"embedding": np.array([[7, -1, -128]], np.int8)}


class FakeInterpreter:
    def __init__(self, runner):
        self.runner = runner

    def get_signature_list(self):
        return {"describe": {}}

    def get_signature_runner(self, name):
        return self.runner


def test_int8_by_hand():
    """In: q = round(x / 0.25) + 3, clipped: 0 is 3, 1 is 7, -0.3 is -1 + 3, 1000 and -1000 are the ends.

    Out: x = 0.5 (q + 1): 7 is 4, -1 is 0, -128 is -63.5.
    """
    runner = FakeRunner()
    signature = Signature(FakeInterpreter(runner), "describe", {"image": (1, 5)}, {"embedding": (1, 3)})
    outputs = signature(image=np.array([[0, 1, -0.3, 1000, -1000]], np.float32))
    assert runner.received.dtype == np.int8
    np.testing.assert_array_equal(runner.received, [[3, 7, 2, 127, -128]])
    assert outputs["embedding"].dtype == np.float32
    np.testing.assert_array_equal(outputs["embedding"], [[4, 0, -63.5]])


def test_tensors_of_other_types_are_refused():
    interpreter = FakeInterpreter(FakeRunner(np.uint8))
    with pytest.raises(EdgeError, match="expected float32 or int8 for `image` of `describe`, received uint8"):
        Signature(interpreter, "describe", {"image": (1, 5)}, {"embedding": (1, 3)})


@pytest.mark.parametrize("left", [1, 2, 3])
def test_a_model_that_there_is_no_descriptor_for_is_not_called_a_bad_one(tmp_path, left):
    """One is for the file, two are for what LiteRT says, and LiteRT itself wants two."""
    path = write_centroid(tmp_path / "model.tflite")
    with descriptors_left(left), pytest.raises(OSError, match="Too many open files"):
        Matcher(path)
    Matcher(path)
