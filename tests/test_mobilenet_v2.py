"""getnet_tf.backbones.mobilenet_v2: Keras's own network, in two parts. More in test_inverted_residual."""

import keras
import numpy as np
import pytest
from checks import bit_equal, one_line, shake, values_of

from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.backbones.mobilenet_v2 import build_top, build_trunk, load_weights, normalize
from getnet_tf.errors import InputError


@pytest.fixture(scope="module")
def keras_own():
    model = keras.applications.MobileNetV2(input_shape=(33, 50, 3), include_top=False, weights=None)
    shake(model.variables)
    return model


@pytest.fixture(scope="module")
def weights_path(keras_own, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "mobilenet.weights.h5"
    keras_own.save_weights(path)
    return path


def test_both_parts_compute_what_keras_own_model_does(keras_own, weights_path, rng):
    """The map is that of `block_12_add`; at an odd and an even size, which are padded differently."""
    cut = keras.Model(keras_own.input, keras_own.get_layer("block_12_add").output)
    trunk, top = build_trunk((33, 50)), build_top((3, 4))
    load_weights(trunk, top, weights_path)
    image = rng.normal(size=(2, 33, 50, 3)).astype("float32")
    heat = trunk(image)
    assert np.std(heat) > 0.1
    np.testing.assert_allclose(heat, cut(image), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(top(heat), keras_own(image), rtol=1e-4, atol=1e-4)


def test_parameters_are_those_of_the_literature(parts):
    """3,504,872 with the classifier of 1000 classes: the 3.5 M of the paper's table 4."""
    variables = [variable for part in parts for variable in part.trainable_variables]
    assert sum(int(np.prod(variable.shape)) for variable in variables) + 1281 * 1000 == 3_504_872


def test_weights_may_be_loaded_into_the_trunk_alone(keras_own, weights_path, trunk):
    load_weights(trunk, weights=weights_path)
    np.testing.assert_array_equal(
        trunk.get_layer("stem").get_weights()[0], keras_own.get_layer("Conv1").get_weights()[0]
    )


@pytest.fixture(scope="module")
def parts():
    return build_trunk((32, 32)), build_top((2, 2))


@pytest.fixture
def trunk(parts):
    """Of zeros."""
    for variable in parts[0].variables:
        variable.assign(keras.ops.zeros_like(variable))
    return parts[0]


@pytest.fixture(scope="module", params=[False, True], ids=["without classifier", "with classifier"])
def whole(request):
    return keras.applications.MobileNetV2((224, 224, 3), include_top=request.param, weights=None)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".weights.h5"])
def test_any_file_that_keras_writes_of_it_will_do(suffix, whole, parts, tmp_path):
    """Its kernels are other ones for every file, so that those of the last one are none of this one."""
    model, (trunk, top) = whole, parts
    path, kernel = tmp_path / f"mine{suffix}", model.get_layer("Conv1").kernel
    for changed in (kernel, model.get_layer("Conv_1").kernel):
        changed.assign_add(keras.ops.ones_like(changed))
    (model.save_weights if suffix == ".weights.h5" else model.save)(path)
    load_weights(trunk, top, path)
    np.testing.assert_array_equal(trunk.get_layer("stem").get_weights()[0], kernel)
    theirs = model.get_layer("Conv_1").get_weights()[0]
    np.testing.assert_array_equal(top.get_layer("head").get_weights()[0], theirs)


def test_imagenet_is_what_keras_downloads(keras_own, weights_path, trunk, monkeypatch):
    asked = []

    def download(name, url, **_):
        asked.append(url)
        return str(weights_path)

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", download)
    load_weights(trunk)
    assert asked[0].endswith("mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5")
    np.testing.assert_array_equal(
        trunk.get_layer("stem").get_weights()[0], keras_own.get_layer("Conv1").get_weights()[0]
    )


def test_a_download_that_fails_is_one_line(trunk, monkeypatch):
    def download(*_, **__):
        raise Exception("URL fetch failure on https://example.org: None -- no network\nmore")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", download)
    before = values_of(trunk.variables)
    with pytest.raises(InputError, match=r"no network.*Internet.*path") as caught:
        load_weights(trunk)
    assert one_line(caught.value)
    assert bit_equal(before, values_of(trunk.variables))


@pytest.mark.filterwarnings("ignore:Skipping nested container", "ignore:Skipping variable loading")
@pytest.mark.parametrize("name", ["missing.h5", "other.txt", "other.weights.h5", "damaged.weights.h5"])
def test_a_file_that_does_not_hold_the_weights_is_one_line(name, tmp_path, weights_path, trunk):
    path = tmp_path / name
    if name == "other.weights.h5":
        efficientnet_lite0.build_top((2, 2)).save_weights(path)
    elif name != "missing.h5":
        path.write_bytes(weights_path.read_bytes()[:10_000])
    with pytest.raises(InputError, match=name) as caught:
        load_weights(trunk, None, path)
    assert one_line(caught.value)


def test_models_of_another_kind_are_refused(weights_path, parts):
    with pytest.raises(ValueError, match="MobileNetV2"):
        load_weights(efficientnet_lite0.build_trunk((32, 32)), None, weights_path)
    with pytest.raises(ValueError, match="MobileNetV2"):
        load_weights(parts[1], None, weights_path)


def test_normalize_is_keras_own(rng):
    image = rng.random((2, 3, 3))
    expected = keras.applications.mobilenet_v2.preprocess_input(255 * image)
    np.testing.assert_allclose(normalize(image), expected, atol=1e-6)
