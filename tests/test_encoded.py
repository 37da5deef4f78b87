"""getnet_tf.data.encoded: what a network sees of pictures. The rest of it: test_train_photos."""

import keras
import numpy as np
from checks import shake

from getnet_tf.config import ModelConfig
from getnet_tf.data.encoded import frozen_embeddings
from getnet_tf.model import GetNet


def test_embeddings_are_those_of_the_network_whatever_the_batch(rng):
    keras.utils.set_random_seed(0)
    network = GetNet(
        ModelConfig((32, 32), 3, "none", crop_hw=(32, 32), backbone="efficientnet-lite0", embedding_dim=7)
    )
    shake([v for v in network.variables if "gamma" not in v.path])
    maps = rng.gamma(1.0, size=(5, 2, 2, 112)).astype(np.float16)
    embeddings = frozen_embeddings(network, maps, size=2)
    assert embeddings.dtype == np.float16
    expected = network.embed(network.top(maps.astype(np.float32)))
    np.testing.assert_allclose(embeddings, expected, atol=1e-3)
