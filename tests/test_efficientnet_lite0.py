"""getnet_tf.backbones.efficientnet_lite0: the network of the literature, in two parts. More in test_inverted_residual."""

import keras
import numpy as np
import pytest

from getnet_tf.backbones.efficientnet_lite0 import build_top, build_trunk, normalize


def trainable(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def test_parameters_and_layers_are_those_of_the_literature():
    """4,652,008 parameters with the classifier of 1000 classes, the 4.65 M of the Lite variants' table; 49
    convolutions: stem, head, 15 blocks of three and the first of two."""
    trunk, top = build_trunk((32, 32)), build_top((2, 2))
    assert trainable(trunk) + trainable(top) + 1280 * 1000 + 1000 == 4_652_008
    layers = [*trunk.layers, *top.layers]
    kernels = [
        layer for layer in layers if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D)
    ]
    assert len(kernels) == 49 and not any(layer.use_bias for layer in kernels)
    assert sum(isinstance(layer, keras.layers.Add) for layer in layers) == 9


def test_kernels_strides_and_channels_of_the_blocks():
    """Table 1 of the paper (B0): k 3 3 5 3 5 5 3, repeats 1 2 2 3 3 4 1; the trunk ends before the last stride."""
    layers = {layer.name: layer for layer in [*build_trunk((64, 64)).layers, *build_top((4, 4)).layers]}
    depthwise = [layers[f"block{block}_depthwise"] for block in range(16)]
    assert [layer.kernel_size[0] for layer in depthwise] == [3] * 3 + [5] * 2 + [3] * 3 + [5] * 7 + [3]
    assert [block for block in range(16) if depthwise[block].strides == (2, 2)] == [1, 3, 5, 11]
    filters = [layers[f"block{block}_project"].filters for block in range(16)]
    assert filters == [16] + [24] * 2 + [40] * 2 + [80] * 3 + [112] * 3 + [192] * 4 + [320]
    assert layers["head"].filters == 1280


@pytest.mark.parametrize(("level", "expected"), [(0.0, -127 / 128), (127 / 255, 0.0), (1.0, 1.0)])
def test_normalize_maps_grey_127_to_zero_and_white_to_one(level, expected):
    np.testing.assert_allclose(normalize(np.full((1, 1, 3), level)), expected, atol=1e-7)
