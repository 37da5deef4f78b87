"""getnet_tf.localisers.neck: what a neck starts with, and what it is made of."""

import itertools

import numpy as np

from getnet_tf.config import ModelConfig
from getnet_tf.localisers.neck import CONTENT_DIM, LOCAL_DIM, build_neck, start_neck

CONFIG = ModelConfig(
    image_hw=(64, 96),
    crop_hw=(32, 32),
    channels=3,
    localiser="guided",
    backbone="efficientnet-lite0",
    embedding_dim=30,
)
FINE, COARSE = 112, 1280  # channels of EfficientNet-Lite0's maps


def maps_of(rng, batch=2):
    """As a backbone's: hardly below 0, and all with much in common."""
    coarse = rng.gamma(1.0, size=(batch, 2, 3, COARSE))
    return rng.gamma(1.0, size=(batch, 4, 6, FINE)) + 0.5, coarse, rng.normal(size=(batch, 2, 3, 30))


def cosines(maps):
    """Of all cells with all cells."""
    cells = np.asarray(maps, np.float64).reshape(-1, np.shape(maps)[-1])
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    return cells @ cells.T


def test_a_neck_begins_with_the_cosines_of_the_backbones_own_features(rng):
    """112 channels have room in 192, and so have the 12 cells of the coarse maps; of the evidence only what is above 0
    counts, and as a whole as much as the coarse map."""
    fine, coarse, evidence = maps_of(rng)
    neck = build_neck(CONFIG)
    before = [np.asarray(local) for local in neck([fine, coarse, evidence])]
    start_neck(neck, *(maps.astype(np.float16) for maps in (fine, coarse, evidence)))
    after = [np.asarray(local) for local in neck([fine, coarse, evidence])]
    assert [local.shape for local in after] == [
        (2, 4, 6, LOCAL_DIM),
        (2, 2, 3, LOCAL_DIM),
        (2, 4, 6, CONTENT_DIM),
    ]
    np.testing.assert_allclose(cosines(after[0]), cosines(fine), atol=2e-3)
    counted = np.maximum(evidence, 0)
    lengths = [np.sqrt(np.mean(np.sum(maps**2, axis=-1))) for maps in (coarse, counted)]
    both = np.concatenate([coarse / lengths[0], counted / lengths[1]], axis=-1)
    np.testing.assert_allclose(cosines(after[1]), cosines(both), atol=2e-3)
    np.testing.assert_array_equal(after[2], before[2])
    assert np.abs(cosines(before[1]) - cosines(both)).max() > 1e-2


def test_every_layer_is_one_that_quantization_accepts():
    names = [type(layer).__name__ for layer in build_neck(CONFIG).layers]
    assert set(names) <= {"InputLayer", "Conv2D", "BatchNormalization", "ReLU", "Add"}
    for name in ("local_fine", "local_coarse", "local_evidence"):
        assert build_neck(CONFIG).get_layer(name).kernel.shape[:2] == (1, 1)
    assert sum(name == "BatchNormalization" for name in names) == 1
    assert all(not hasattr(layer, "layers") for layer, _ in itertools.pairwise(build_neck(CONFIG).layers))
