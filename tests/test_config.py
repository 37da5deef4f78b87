"""getnet_tf.config: what a run is made of."""

import dataclasses
import json

import pytest
from checks import one_line

from getnet_tf.config import DataConfig, ModelConfig, RunConfig, TrainConfig

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (ModelConfig, {"image_hw": (7, 60)}),
        (ModelConfig, {"image_hw": (60, 60, 1)}),
        (ModelConfig, {"image_hw": (60.5, 60)}),
        (ModelConfig, {"crop_hw": (28, 0)}),
        (ModelConfig, {"channels": 2}),
        (ModelConfig, {"localiser": "guess"}),
        (ModelConfig, {"theta_kind": "zoom"}),
        (ModelConfig, {"backbone": "huge"}),
        (ModelConfig, {"weights": "mine.h5"}),
        (ModelConfig, {"decision": "coin"}),
        (ModelConfig, {"embedding_dim": 1}),
        (ModelConfig, {"embedding_dim": 2.5}),
        (ModelConfig, {"sampled": "sound"}),
        (DataConfig, {"split_by": "colour"}),
        (DataConfig, {"variant": "snow"}),
        (DataConfig, {"noise": 1.5}),
        (DataConfig, {"noise": -0.1}),
        (DataConfig, {"noise": NAN}),
        (DataConfig, {"seed": -1}),
        (TrainConfig, {"pairs": 0}),
        (TrainConfig, {"batch": -4}),
        (TrainConfig, {"batch": 1.5}),
        (TrainConfig, {"log_every": 0}),
        (TrainConfig, {"transformer_steps": 0}),
        (TrainConfig, {"whole_steps": 0}),
        (TrainConfig, {"learning_rate": 0.0}),
        (TrainConfig, {"learning_rate": NAN}),
        (TrainConfig, {"learning_rate": INF}),
        (TrainConfig, {"margin": -1.0}),
        (TrainConfig, {"margin": INF}),
        (TrainConfig, {"area_weight": -0.1}),
        (TrainConfig, {"area_weight": NAN}),
        (TrainConfig, {"schedule": "sometimes"}),
        (TrainConfig, {"precision": "float8"}),
        (TrainConfig, {"seed": -1}),
        (TrainConfig, {"siamese_steps": -1}),
        (TrainConfig, {"locating_steps": 1.5}),
        (TrainConfig, {"locating_rate": 0.0}),
        (TrainConfig, {"learns": "nothing"}),
        (TrainConfig, {"keep_weight": -0.5}),
        (TrainConfig, {"supervision": "boxes"}),
        (TrainConfig, {"scenes": 0}),
        (TrainConfig, {"views": 0}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else value.__name__,
)
def test_an_impossible_setting_is_refused_by_name(make, settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"Invalid `{name}`. Expected .* Received: ") as caught:
        make(**settings)
    assert one_line(caught.value)


@pytest.mark.parametrize(
    ("pairs", "batch", "log_every", "expected"),
    [
        (120_000, 64, 100, 1800),  # 18.75 intervals of 6,400 pairs
        (6400, 64, 100, 100),
        (6399, 64, 100, 100),  # at least one interval
        (96, 8, 3, 12),
        (100, 8, 3, 12),
    ],
)
def test_steps_are_whole_log_intervals(pairs, batch, log_every, expected):
    assert TrainConfig(pairs=pairs, batch=batch, log_every=log_every).steps == expected


def test_steps_in_turn_are_those_of_both_phases_in_whole_log_intervals():
    settings = {"schedule": "in-turn", "log_every": 50, "siamese_steps": 100}
    assert TrainConfig(**settings, locating_steps=150).steps == 250
    with pytest.raises(ValueError, match=r"Invalid `locating_steps`\. Expected a multiple of log_every=50"):
        TrainConfig(**settings, locating_steps=120)
    with pytest.raises(ValueError, match=r"Invalid `batch`\. Expected an int >= 2"):
        TrainConfig(**settings, locating_steps=150, batch=1)


PHOTOS = ModelConfig((64, 64), 3, "guided", crop_hw=(32, 32), backbone="efficientnet-lite0")
IN_TURN = TrainConfig(schedule="in-turn")


@pytest.mark.parametrize(
    ("model", "train", "message"),
    [
        (ModelConfig(), IN_TURN, "in-turn is the one for a pretrained backbone"),
        (PHOTOS, TrainConfig(), "in-turn is the one for a pretrained backbone"),
        (dataclasses.replace(PHOTOS, weights="random"), IN_TURN, "in-turn is the one for a pretrained"),
        (
            dataclasses.replace(PHOTOS, weights="random"),
            TrainConfig(),
            "A guided localiser learns on the maps",
        ),
        (dataclasses.replace(PHOTOS, localiser="none"), IN_TURN, "Expected locating_steps=0"),
        (dataclasses.replace(PHOTOS, decision="joined"), IN_TURN, "decides by distance"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(model, train, message):
    assert RunConfig(PHOTOS, train=IN_TURN).model == PHOTOS
    with pytest.raises(ValueError, match=message) as caught:
        RunConfig(model, train=train)
    assert one_line(caught.value)


def test_settings_come_back_from_json():
    config = RunConfig(
        ModelConfig(image_hw=(40, 50), crop_hw=[16, 20], decision="joined"),
        DataConfig("mnist", "scaled", 0.1, seed=3),
        TrainConfig(pairs=1000, margin=0.5, jit=True),
    )
    back = RunConfig.from_json(json.loads(json.dumps(config.to_json())))
    assert back == config and hash(back) == hash(config)
    assert back != RunConfig()


@pytest.mark.parametrize("damage", ["unknown", "missing", "invalid"])
def test_settings_of_another_version_are_refused(damage):
    settings = RunConfig().to_json()
    if damage == "unknown":
        settings["model"]["descriptor_cells"] = 25
    elif damage == "missing":
        del settings["train"]
    else:
        settings["model"]["localiser"] = "clairvoyant"
    with pytest.raises(ValueError, match=r"another version|Invalid `localiser`") as caught:
        RunConfig.from_json(settings)
    assert one_line(caught.value)


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunConfig().train.pairs = 5
