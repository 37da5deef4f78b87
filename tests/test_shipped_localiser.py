"""getnet_tf.localisers.shipped: what the package brings for guided networks."""

import numpy as np
import pytest

from getnet_tf.config import ModelConfig
from getnet_tf.localisers import shipped as shipped_localiser
from getnet_tf.model import GetNet

pytestmark = pytest.mark.usefixtures("shallow")
SIZES = {"image_hw": (96, 96), "crop_hw": (64, 64), "channels": 3, "embedding_dim": 8}


def network(localiser="guided", **changes):
    settings = {
        **SIZES,
        "localiser": localiser,
        "backbone": "efficientnet-lite0",
        "weights": "random",
        **changes,
    }
    return GetNet(ModelConfig(**settings))


def weights_of(net):
    return [np.asarray(v) for v in net.neck.variables + net.localiser.variables]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path, net = tmp_path_factory.mktemp("shipped") / "deep" / "localiser.npz", network()
    shipped_localiser.save(net, path)
    return path, net


def test_what_was_saved_comes_back_at_half_precision_and_nothing_else_changes(saved):
    path, net = saved
    other = network()
    siamese = [np.asarray(v) for v in other.siamese_variables]
    assert shipped_localiser.load_into(other, path)
    for one, two in zip(weights_of(net), weights_of(other), strict=True):
        np.testing.assert_array_equal(one.astype(np.float16).astype(np.float32), two)
    for before, now in zip(siamese, other.siamese_variables, strict=True):
        np.testing.assert_array_equal(before, np.asarray(now))


@pytest.mark.parametrize("changes", [{"crop_hw": (32, 32)}, {"embedding_dim": 9}, {"localiser": "salient"}])
def test_a_network_of_another_shape_keeps_its_own(saved, changes):
    other = network(**changes)
    before = weights_of(other)
    assert not shipped_localiser.load_into(other, saved[0])
    for one, two in zip(before, weights_of(other), strict=True):
        np.testing.assert_array_equal(one, two)


def test_without_a_file_there_is_nothing_to_load(tmp_path):
    assert not shipped_localiser.load_into(network(), tmp_path / "none.npz")
