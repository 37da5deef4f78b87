"""getnet_tf.config: what a run is made of."""

import dataclasses
import json

import pytest
from checks import one_line

from getnet_tf.config import AlternationConfig, DataConfig, InTurnConfig, ModelConfig, RunConfig

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
        (AlternationConfig, {"pairs": 0}),
        (AlternationConfig, {"batch": -4}),
        (AlternationConfig, {"batch": 1.5}),
        (AlternationConfig, {"log_every": 0}),
        (AlternationConfig, {"transformer_steps": 0}),
        (AlternationConfig, {"whole_steps": 0}),
        (AlternationConfig, {"learning_rate": 0.0}),
        (AlternationConfig, {"learning_rate": NAN}),
        (AlternationConfig, {"learning_rate": INF}),
        (AlternationConfig, {"margin": -1.0}),
        (AlternationConfig, {"margin": INF}),
        (AlternationConfig, {"area_weight": -0.1}),
        (AlternationConfig, {"area_weight": NAN}),
        (AlternationConfig, {"schedule": "sometimes"}),
        (AlternationConfig, {"precision": "float8"}),
        (AlternationConfig, {"seed": -1}),
        (AlternationConfig, {"schedule": "in-turn"}),
        (InTurnConfig, {"batch": 1}),
        (InTurnConfig, {"learning_rate": NAN}),
        (InTurnConfig, {"start": "middle"}),
        (InTurnConfig, {"slack": -0.1}),
        (InTurnConfig, {"siamese_steps": -1}),
        (InTurnConfig, {"locating_steps": 1.5}),
        (InTurnConfig, {"locating_rate": 0.0}),
        (InTurnConfig, {"learns": "nothing"}),
        (InTurnConfig, {"keep_weight": -0.5}),
        (InTurnConfig, {"supervision": "boxes"}),
        (InTurnConfig, {"scenes": 0}),
        (InTurnConfig, {"copies": 0}),
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
    assert AlternationConfig(pairs=pairs, batch=batch, log_every=log_every).steps == expected


def test_steps_in_turn_are_those_of_both_phases_in_whole_log_intervals():
    settings = {"log_every": 50, "siamese_steps": 100}
    assert InTurnConfig(**settings, locating_steps=150).steps == 250
    with pytest.raises(ValueError, match=r"Invalid `locating_steps`\. Expected a multiple of log_every=50"):
        InTurnConfig(**settings, locating_steps=120)


@pytest.mark.parametrize(
    ("make", "foreign"),
    [
        (AlternationConfig, "siamese_steps"),
        (AlternationConfig, "start"),
        (InTurnConfig, "schedule"),
        (InTurnConfig, "pairs"),
    ],
)
def test_either_way_to_learn_has_its_own_settings_only(make, foreign):
    with pytest.raises(TypeError, match=foreign):
        make(**{foreign: 1})


PHOTOS = ModelConfig((64, 64), 3, "guided", crop_hw=(32, 32), backbone="efficientnet-lite0")


@pytest.mark.parametrize(
    ("model", "train", "message"),
    [
        (ModelConfig(), InTurnConfig(), "Expected AlternationConfig for the backbone small-cnn"),
        (PHOTOS, AlternationConfig(), "Expected InTurnConfig for the backbone efficientnet-lite0"),
        (dataclasses.replace(PHOTOS, weights="random"), InTurnConfig(), "Expected AlternationConfig for"),
        (
            dataclasses.replace(PHOTOS, weights="random"),
            AlternationConfig(),
            "A guided localiser learns on the maps",
        ),
        (dataclasses.replace(PHOTOS, localiser="none"), InTurnConfig(), "Expected locating_steps=0"),
        (dataclasses.replace(PHOTOS, decision="joined"), InTurnConfig(), "decides by distance"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(model, train, message):
    assert RunConfig(PHOTOS, train=InTurnConfig()).model == PHOTOS
    with pytest.raises(ValueError, match=message) as caught:
        RunConfig(model, train=train)
    assert one_line(caught.value)


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(
            ModelConfig(image_hw=(40, 50), crop_hw=[16, 20], decision="joined"),
            DataConfig("mnist", "scaled", 0.1, seed=3),
            AlternationConfig(pairs=1000, margin=0.5, jit=True),
        ),
        RunConfig(PHOTOS, train=InTurnConfig(scenes=10, batch=8)),
    ],
    ids=["digits", "photos"],
)
def test_settings_come_back_from_json(config):
    back = RunConfig.from_json(json.loads(json.dumps(config.to_json())))
    assert back == config and hash(back) == hash(config)
    assert back != RunConfig()


# Of the time when one class held the settings of both ways to learn; what differs from its defaults is what each run read.
BOTH = {
    "pairs": 120_000, "batch": 64, "learning_rate": 4e-3, "margin": 1.0, "schedule": "alternate",
    "transformer_steps": 10, "whole_steps": 40, "area_weight": 0.08, "siamese_steps": 200, "locating_steps": 400,
    "locating_rate": 2e-3, "learns": "top", "slack": 0.8, "keep_weight": 0.3, "start": "shipped",
    "supervision": "pairs+synthetic", "scenes": 1000, "views": 4, "log_every": 100, "precision": "float32",
    "jit": False, "seed": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("model", "written", "expected"),
    [
        (ModelConfig(), {"pairs": 6400, "log_every": 20}, AlternationConfig(pairs=6400, log_every=20)),
        (ModelConfig(), {"schedule": "end-to-end"}, AlternationConfig(schedule="end-to-end")),
        (
            PHOTOS,
            {"schedule": "in-turn", "batch": 32, "log_every": 50, "scenes": 64},
            InTurnConfig(batch=32, learning_rate=4e-3, margin=1.0, area_weight=0.08, scenes=64),
        ),
    ],
    ids=["alternate", "end-to-end", "in-turn"],
)
def test_settings_of_the_one_class_that_was_are_read_without_those_that_nothing_read(
    model, written, expected
):
    settings = {**RunConfig().to_json(), "model": dataclasses.asdict(model), "train": {**BOTH, **written}}
    assert RunConfig.from_json(settings).train == expected


@pytest.mark.parametrize("damage", ["unknown", "unknown of training", "missing", "invalid"])
def test_settings_of_another_version_are_refused(damage):
    settings = RunConfig().to_json()
    if damage == "unknown":
        settings["model"]["descriptor_cells"] = 25
    elif damage == "unknown of training":
        settings["train"]["patience"] = 3
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
