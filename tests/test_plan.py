"""export.plan: what an export is asked for, and what contradicts itself."""

import json
import zipfile

import pytest
from checks import one_line

from edge_demo.model import metadata as model_metadata
from edge_demo.model.shipped import SHIPPED_MODEL
from export import to_tflite
from export.plan import LEARNING_RATE, PRETRAINED_LEARNING_RATE, STEPS, plan_of, sensible_variants
from getnet_tf.card import MEMBER, Card
from getnet_tf.config import DataConfig, ModelConfig, RunConfig, train_config_of
from getnet_tf.errors import InputError
from getnet_tf.evaluation.calibration import Calibration


def checkpoint(path, **model):
    """A checkpoint of which nothing but the card is there."""
    model = ModelConfig(**model)
    config = RunConfig(model, DataConfig(), train_config_of(model)())
    card = Card(config, Calibration(0.5, 0.1, 10), "python -m getnet_tf.train", "0000000", 1.0, {})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MEMBER, json.dumps(card.to_json()))
    return path


@pytest.fixture
def small(tmp_path):
    return checkpoint(tmp_path / "small.keras")


@pytest.fixture
def pretrained(tmp_path):
    sizes = {"image_hw": (96, 96), "crop_hw": (64, 64), "channels": 3}
    return checkpoint(tmp_path / "pretrained.keras", backbone="mobilenet-v2", weights="random", **sizes)


def planned(path, **settings):
    plan = plan_of(path, path.with_suffix(".tflite"), **settings)
    return plan.variant.name, plan.steps, plan.learning_rate


def test_a_file_is_named_after_what_was_done(small, pretrained):
    assert planned(small) == ("int8-qat", STEPS, LEARNING_RATE)
    assert planned(small, steps=0) == ("int8-ptq", 0, LEARNING_RATE)
    assert planned(pretrained) == ("int8-ptq", 0, PRETRAINED_LEARNING_RATE)
    assert planned(pretrained, steps=40) == ("int8-qat", 40, PRETRAINED_LEARNING_RATE)
    assert planned(small, variant="int8-ptq")[:2] == ("int8-ptq", 0)
    assert planned(pretrained, variant="int8-qat", steps=40)[:2] == ("int8-qat", 40)
    assert planned(small, variant="float32")[:2] == ("float32", 0)


def test_the_shipped_file_is_named_after_what_was_done():
    """Its backbone is pretrained, and nothing was fine-tuned under fake quantization."""
    assert model_metadata.read(SHIPPED_MODEL).quantization == "int8-ptq"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"variant": "int8-qat", "steps": 0}, "Take --variant int8-ptq, or give --steps"),
        ({"variant": "int8-ptq", "steps": 5}, "--steps 5 does not apply to int8-ptq"),
        ({"variant": "float32", "steps": 5}, "--steps 5 does not apply to float32"),
        ({"variant": "float32", "learning_rate": 1e-3}, "--learning-rate does not apply to float32"),
        ({"steps": 0, "learning_rate": 1e-3}, "--learning-rate does not apply to int8-ptq"),
        ({"steps": -1}, "Expected at least 0, received -1"),
        ({"learning_rate": 0.0}, "Expected more than 0 and at most 1, received 0.0"),
        ({"learning_rate": float("inf")}, "Expected more than 0 and at most 1, received inf"),
        ({"images": 0}, "Expected at least 1, received 0"),
    ],
)
def test_what_does_not_apply_is_refused_by_name(small, settings, expected):
    with pytest.raises(InputError) as error:
        planned(small, **settings)
    assert expected in str(error.value) and one_line(error.value)


def test_only_a_describer_has_weights_to_decide_by(small, capsys):
    out = small.with_suffix(".tflite")
    assert to_tflite.main([str(small), "--out", str(out), "--decision", "weights.json"]) == 2
    assert "--decision does not apply to a network that finds" in capsys.readouterr().err and not out.exists()


def test_a_pretrained_backbone_is_fine_tuned_only_by_so_many_steps_as_are_asked_for(pretrained):
    with pytest.raises(InputError, match="no step of it with a pretrained backbone"):
        planned(pretrained, variant="int8-qat")


def test_the_sensible_variants_are_those_that_need_no_further_settings(small, pretrained):
    for path in (small, pretrained):
        names = sensible_variants(path)
        assert [planned(path, variant=name)[0] for name in names] == names
    assert "int8-qat" in sensible_variants(small) and "int8-qat" not in sensible_variants(pretrained)
