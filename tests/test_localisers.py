"""getnet_tf.localisers: what every localiser says of itself fits together; settings that do not fit are refused by name."""

import dataclasses

import pytest

from edge_demo.model.metadata import Metadata
from getnet_tf.config import ModelConfig
from getnet_tf.localisers import ALL, LOCALISERS, localiser_of

ON_IMAGE = ModelConfig(image_hw=(32, 64), crop_hw=(32, 32))
ON_MAPS = ModelConfig(
    image_hw=(64, 96), crop_hw=(32, 32), channels=3, backbone="efficientnet-lite0", embedding_dim=8
)
of_all = pytest.mark.parametrize("localiser", ALL, ids=lambda localiser: type(localiser).__name__)


def config_for(localiser):
    return dataclasses.replace(ON_MAPS if localiser.on_maps else ON_IMAGE, localiser=localiser.name)


@of_all
def test_a_localiser_is_found_by_its_name_and_its_backbone(localiser):
    assert localiser.name in LOCALISERS
    assert localiser_of(config_for(localiser)) is localiser


@of_all
def test_what_a_search_takes_and_what_the_edge_is_told_agree(localiser):
    config = config_for(localiser)
    told, inputs = localiser.metadata(config), localiser.inputs(config)
    assert set(told) <= {field.name for field in dataclasses.fields(Metadata)}
    assert told["descriptor_shape"] == inputs.get("descriptor")
    assert bool(inputs) == localiser.takes_reference == config.takes_reference
    assert (told["theta_kind"] is None) == (config.area_hw == config.image_hw)


@of_all
def test_a_localiser_builds_what_it_needs_to_find(localiser):
    """From the parts alone: shapes of what is found in two frames."""
    import numpy as np

    from getnet_tf.branch import Branch, build_parts

    config = dataclasses.replace(config_for(localiser), weights="random")
    branch = Branch(config, build_parts(config))
    rng = np.random.default_rng(0)
    frames = rng.random((2, *config.image_hw, config.channels), np.float32)
    shown = None
    if localiser.takes_reference:
        shown = branch.describe(rng.random((2, *config.area_hw, config.channels), np.float32))
        assert shown["descriptor"].shape[1:] == localiser.inputs(config)["descriptor"]
    found = branch.find(frames, shown)
    assert found["embedding"].shape == (2, config.embedding_dim)
    assert ("theta" in found) == bool(localiser.transformer_variables(branch))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"localiser": "guided"}, "The localiser guided needs a pretrained backbone"),
        ({"localiser": "salient", "sampled": "map"}, "Expected sampled='image'"),
        ({"localiser": "salient", "theta_kind": "tps"}, "gives theta of the kind translation, .*or affine"),
        ({"localiser": "none", "sampled": "map"}, "Without a localiser no area"),
        ({"localiser": "elsewhere"}, "Expected one of salient, guided, none"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(settings, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(ON_IMAGE, **settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"theta_kind": "affine"}, "gives theta of the kind attention or box"),
        ({"image_hw": (64, 90)}, "multiples of 32"),
        ({"head": "flatten"}, "needs a head for maps of any size"),
    ],
)
def test_on_maps_boxes_and_whole_cells_are_needed(settings, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(ON_MAPS, localiser="guided", **settings)
