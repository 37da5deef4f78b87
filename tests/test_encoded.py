"""getnet_tf.data.encoded: what a network sees of pictures. The rest of it: test_train_photos."""

import types

import numpy as np
import tensorflow as tf

from getnet_tf.data.encoded import frozen_embeddings


def test_embeddings_are_those_of_the_network_whatever_the_batch(rng):
    """An embedding of twice the sum over the cells; 5 maps in batches of 2."""
    network = types.SimpleNamespace(
        branch=types.SimpleNamespace(embedding_of_map=lambda maps: 2.0 * tf.reduce_sum(maps, axis=(1, 2)))
    )
    maps = rng.random((5, 2, 3, 4)).astype(np.float16)
    embeddings = frozen_embeddings(network, maps, size=2)
    assert embeddings.shape == (5, 4) and embeddings.dtype == np.float16
    expected = 2 * maps.astype(np.float32).sum(axis=(1, 2))
    np.testing.assert_allclose(embeddings, expected, rtol=1e-3)
