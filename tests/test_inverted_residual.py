"""getnet_tf.backbones.inverted_residual, and what holds for every backbone stacked from it."""

import itertools

import keras
import numpy as np
import pytest
from checks import difference_in_tf_keras, shake, shallow, values_of

from getnet_tf.backbones import efficientnet_lite0, mobilenet_v2
from getnet_tf.backbones.batch_norm import BatchNormalization
from getnet_tf.backbones.inverted_residual import Stage, build_part, inverted_residual

BACKBONES = [efficientnet_lite0, mobilenet_v2]


def block_of(channels, hw=(5, 7), **settings):
    inputs = keras.Input((*hw, channels))
    return keras.Model(inputs, inverted_residual(inputs, name="block0", keras=keras, **settings))


@pytest.mark.parametrize(
    ("stride", "filters", "adds"), [(1, 4, True), (2, 4, False), (1, 5, False), (2, 5, False)]
)
def test_what_went_in_is_added_where_the_shapes_agree(stride, filters, adds, rng):
    """With the last BatchNorm at 0, only what went in is left; a 5x7 map of stride 2 has 3x4 cells."""
    block = block_of(4, kernel=3, stride=stride, expansion=6, filters=filters)
    last = block.get_layer("block0_project_bn")
    last.set_weights([0 * value for value in last.get_weights()[:2]] + last.get_weights()[2:])
    area = rng.normal(size=(2, 5, 7, 4)).astype("float32")
    expected = area if adds else np.zeros((2, *((5, 7) if stride == 1 else (3, 4)), filters))
    np.testing.assert_array_equal(block(area), expected)


def test_a_block_by_hand():
    """One channel, a single pixel of 2, expansion 2 by (1, 3), so 2 and 6 after ReLU6 (6 exactly); the depthwise
    kernels read the middle times (2, 1): 4 and 6; the projection is their difference, -2, and has no ReLU: 2 - 2 = 0.
    A pixel of 4 is clipped: 4 and 6 (of 12), then 6 (of 8) and 6, 0, and so stays 4. BatchNorm divides by the root of
    1 + 0.001, which is divided out of the kernels."""
    block = block_of(1, hw=(1, 2), kernel=3, stride=1, expansion=2, filters=1)
    middle = np.zeros((3, 3, 2, 1))
    middle[1, 1, :, 0] = 2, 1
    kernels = {"expand": [[[[1, 3]]]], "depthwise": middle, "project": [[[[1], [-1]]]]}
    for name, kernel in kernels.items():
        block.get_layer(f"block0_{name}").set_weights([np.sqrt(1.001) * np.asarray(kernel)])
    np.testing.assert_allclose(np.ravel(block(np.reshape([2.0, 4.0], (1, 1, 2, 1)))), [0, 4], atol=1e-5)


def test_without_expansion_there_is_no_convolution_in_front():
    names = [layer.name for layer in block_of(4, kernel=3, stride=1, expansion=1, filters=4).layers[1:]]
    assert names[0] == "block0_depthwise" and not [name for name in names if "expand" in name]


@pytest.mark.parametrize(("width", "first"), [(8, 0), (7, -1)])
def test_stride_2_pads_as_tensorflow_does(width, first):
    """A kernel of 3 that reads its left tap: at an even size cell i reads pixel 2 i, at an odd one 2 i - 1."""
    model = build_part((4, width), 1, [], 0, keras, "part", stem=1)
    kernel = np.zeros((3, 3, 1, 1))
    kernel[1 if width % 2 else 0, 0] = np.sqrt(1.001)
    model.get_layer("stem").set_weights([kernel])
    ramp = np.broadcast_to(np.arange(1.0, 1 + width) / 2, (1, 4, width))[..., None]
    expected = [(1 + first + 2 * i) / 2 for i in range(4)]
    np.testing.assert_allclose(model(ramp)[0, 0, :, 0], expected, atol=1e-6)


def test_only_the_first_block_of_a_stage_takes_its_stride():
    model = build_part((9, 5), 3, [Stage(3, 3, 2, 2, 4)], 7, keras, "part")
    strides = {layer.name: layer.strides for layer in model.layers if "depthwise" in layer.name[-9:]}
    assert strides == {
        "block7_depthwise": (2, 2),
        "block8_depthwise": (1, 1),
        "block9_depthwise": (1, 1),
    }
    assert model.output_shape == (None, 5, 3, 4)


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("image_hw", [(33, 50), (32, 48), (1, 17)])
def test_maps_have_the_size_divided_by_the_stride_rounded_up(backbone, image_hw):
    map_hw = tuple(-(-n // backbone.STRIDE) for n in image_hw)
    top_hw = tuple(-(-n // 2) for n in map_hw)
    trunk, top = backbone.build_trunk(image_hw), backbone.build_top(map_hw)
    assert trunk.output_shape == (None, *map_hw, backbone.TRUNK_CHANNELS) == top.input_shape
    assert top.output_shape == (None, *top_hw, backbone.TOP_CHANNELS)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_model_of_free_size_computes_what_one_of_fixed_size_does(backbone, rng):
    image = rng.normal(size=(1, 33, 50, 3)).astype("float32")
    free, fixed = backbone.build_trunk((None, None)), backbone.build_trunk((33, 50))
    assert free.output_shape == (None, None, None, backbone.TRUNK_CHANNELS)
    shake(free.variables)
    fixed.set_weights(free.get_weights())
    np.testing.assert_allclose(free(image), fixed(image), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_layer_is_one_that_quantization_accepts(backbone):
    """Flat, no nested model, no normalization layer, every BatchNorm (the fused one) behind a convolution."""
    layers = [*backbone.build_trunk((32, 48)).layers, *backbone.build_top((2, 3)).layers]
    names = [type(layer).__name__ for layer in layers]
    assert set(names) == {
        "InputLayer",
        "Conv2D",
        "DepthwiseConv2D",
        "BatchNormalization",
        "ReLU",
        "Add",
    }
    for before, name in itertools.pairwise(names):
        assert name != "BatchNormalization" or before in ("Conv2D", "DepthwiseConv2D")
    for layer in layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            assert isinstance(layer, BatchNormalization) and layer.epsilon == 1e-3
        if isinstance(layer, keras.layers.ReLU):
            assert layer.max_value == 6


@pytest.mark.parametrize("backbone", BACKBONES)
def test_names_of_layers_are_unique_over_both_parts(backbone):
    names = [
        layer.name
        for part in (backbone.build_trunk((32, 32)), backbone.build_top((2, 2)))
        for layer in part.layers[1:]
    ]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_picture_moved_by_the_stride_moves_the_map_by_a_cell(backbone, rng):
    """In the middle cells, which see no border: a cell sees at most 338 px, from 154 px left of its own corner on."""
    trunk = backbone.build_trunk((384, 400))
    shake(trunk.variables)
    image = rng.normal(size=(1, 384, 400, 3)).astype("float32")
    here, there = np.asarray(trunk(image)), np.asarray(trunk(np.roll(image, 16, axis=2)))
    middle = here[:, 10:13, 10:13]
    assert middle.std() > 1e-2
    np.testing.assert_allclose(there[:, 10:13, 11:14], middle, rtol=1e-4, atol=1e-4 * np.abs(middle).max())
    assert np.abs(there[:, 10:13, 10:13] - middle).max() > 1e-3 * np.abs(middle).max()


@pytest.mark.parametrize("backbone", BACKBONES)
def test_normalize_takes_arrays_and_tensors(backbone, rng):
    image = rng.random((1, 2, 3, 3)).astype("float32")
    tensor = keras.ops.convert_to_tensor(image)
    np.testing.assert_allclose(backbone.normalize(tensor), backbone.normalize(image), rtol=1e-6)
    assert backbone.normalize(image).dtype == np.float32


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_trunk_survives_saving(backbone, tmp_path):
    trunk = backbone.build_trunk((32, 48))
    trunk.save(tmp_path / "trunk.keras")
    loaded = keras.saving.load_model(tmp_path / "trunk.keras")
    for value0, value1 in zip(values_of(trunk.variables), values_of(loaded.variables), strict=True):
        np.testing.assert_array_equal(value0, value1)


@pytest.fixture(scope="module")
def in_tf_keras():
    """Both parts of both backbones built with tf_keras: difference of the outputs, and what quantization made of it."""
    import tf_keras

    from export.quantize import rebuilt

    found = {}
    with shallow(*BACKBONES):
        parts = [
            (build(hw), build(hw, keras=tf_keras))
            for backbone in BACKBONES
            for build, hw in ((backbone.build_trunk, (33, 50)), (backbone.build_top, (3, 4)))
        ]
    for ours, theirs in parts:
        difference = difference_in_tf_keras(ours, theirs)
        quantized = rebuilt(ours, theirs, quantized=True)
        whole = sum(type(x).__name__ in ("Conv2D", "DepthwiseConv2D") for x in theirs.layers)
        wrapped = [type(getattr(x, "layer", None)).__name__ for x in quantized.layers]
        found[ours.name] = {
            "difference": difference,
            "convolutions": whole,
            "quantized": sum(name in ("Conv2D", "DepthwiseConv2D") for name in wrapped),
            "same shape": quantized.output_shape == theirs.output_shape,
        }
    return found


# Each with its convolutions: three of a block, but for the first one of a trunk, which expands nothing; a stem, or a head.
PARTS = {
    "efficientnet_lite0_trunk": 1 + 2 + 5 * 3,
    "efficientnet_lite0_top": 3 * 3 + 1,
    "mobilenet_v2_trunk": 1 + 2 + 5 * 3,
    "mobilenet_v2_top": 3 * 3 + 1,
}


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_tf_keras_builds_the_same_network(in_tf_keras, part):
    assert in_tf_keras[part]["difference"] < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_quantization_takes_every_convolution(in_tf_keras, part):
    assert in_tf_keras[part]["convolutions"] == in_tf_keras[part]["quantized"] == PARTS[part]
    assert in_tf_keras[part]["same shape"]
