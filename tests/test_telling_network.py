"""getnet_tf.individuals.telling.network, in its full size: what it begins as, and what of it learns."""

import numpy as np
import pytest

from getnet_tf.backbones.pretrained import load_lite0_weights
from getnet_tf.individuals import shipped
from getnet_tf.individuals.network import Describer
from getnet_tf.individuals.telling.network import Teller


def test_a_teller_begins_as_the_describer_that_ships(rng):
    """With ImageNet's weights in all of the trunk, and the head read back from the file."""
    describer, teller = Describer((64, 64), 64), Teller((64, 64), 64)
    for part in (describer.trunk, teller.trunk, teller.end):
        load_lite0_weights(part)
    for network in (describer, teller):
        shipped.load_into(network.cells)
    images = rng.random((2, 64, 64, 3), np.float32)
    np.testing.assert_allclose(teller(images), describer(images), atol=1e-6)


def test_a_head_of_another_size_is_refused():
    with pytest.raises(ValueError, match="cells of 64 numbers"):
        shipped.load_into(Teller((64, 64), 16).cells)


def test_only_the_end_and_the_head_learn():
    network = Teller((64, 64), 16)
    assert len(network.learning) == len(network.end.trainable_variables) + len(
        network.cells.trainable_variables
    )
    assert not network.trunk.trainable_variables
    assert network.end.output_shape == (None, 4, 4, 112) and network.trunk.output_shape == (None, 8, 8, 40)
