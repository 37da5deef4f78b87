"""export.telling, with all that is its own: a teller's checkpoint becomes a file that the camera program decides by, or nothing."""

import json
import zipfile

import edge_layout
import keras
import numpy as np
import pytest
from checks import line_of, shake
from edge_model import SPOTS, write_spots
from trial_files import noise_trial, write_trials

from edge_demo.model import metadata as model_metadata
from edge_demo.model.matcher import Matcher
from edge_demo.model.shipped import SHIPPED_MODEL
from export import flatbuffer, join, telling, telling_canvases, telling_parity, to_tflite
from export.variant import VARIANTS
from getnet_tf import archive
from getnet_tf.errors import InputError
from getnet_tf.individuals import decision
from getnet_tf.individuals.telling import checkpoint, settings
from getnet_tf.individuals.telling.card import TellingCard
from getnet_tf.individuals.telling.network import Teller
from getnet_tf.individuals.telling.trials import paths_in

pytestmark = pytest.mark.usefixtures("shallow")
WEIGHTS = {"cells": 9.0, "colour": 2.0, "kind": 3.0, "bias": -1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Trials, and the checkpoint of a teller that is said to have learned from them; all its weights are in use."""
    folder = write_trials(tmp_path_factory.mktemp("telling"), 8)
    keras.utils.set_random_seed(0)
    network = Teller((320, 320), 16)
    shake(network.variables)
    card = TellingCard(settings.quick(folder, weights="random", dim=16), "by hand", "abc", 1.5, {"auc": 0.75})
    archive.save(folder / "model.keras", network, card.member, card.to_json())
    return folder


@pytest.fixture(scope="module")
def int8(folder):
    """Settled on few canvases, which is enough for pictures of noise."""
    out, weights = folder / "int8.tflite", folder / "weights.json"
    weights.write_text(json.dumps(WEIGHTS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(telling_canvases.TrialCanvases, "AT_ONCE", 1)
        return out, to_tflite.export(folder, out, images=2, weights=weights)


@pytest.mark.slow
def test_the_file_tells_what_the_network_does_in_8_bits(int8, folder):
    canvas = noise_trial(0).canvases["shown"].astype(np.float32) / 255
    of_network, of_file = (
        tell(canvas).reshape(-1, 16)
        for tell in (telling.Twin(checkpoint.load(folder)), telling.opened(int8[0]))
    )
    own, other = (found - found.mean(axis=0) for found in (of_network, of_file))
    assert np.sum(own * other) > 0.9 * np.sqrt(np.sum(own**2) * np.sum(other**2))
    found = flatbuffer.operators(int8[0].read_bytes())
    assert not any(VARIANTS["int8-ptq"].is_stray(op) for op in found)


@pytest.mark.slow
def test_a_file_says_how_it_was_trained_and_how_to_decide(int8):
    with zipfile.ZipFile(int8[0]) as opened:
        said = json.loads(opened.read("telling.json"))
    expected = {"command": "by hand", "commit": "abc", "quantization": "int8-ptq", "scores": {"auc": 0.75}}
    assert said == {**expected, "layout": WEIGHTS}


@pytest.mark.slow
def test_joined_to_a_model_that_tells_cells_it_decides_whatever_the_order(int8, tmp_path):
    cells = edge_layout.write_colours(tmp_path / "colours.tflite")
    part = tmp_path / "cells.tflite"
    part.write_bytes(model_metadata.read_flatbuffer(cells))
    said = {"command": "by hand", "commit": "abc", "quantization": "none", "scores": {}}
    model_metadata.append_json(part, "cells.json", said | {"layout": edge_layout.DECISION})
    finder = write_spots(tmp_path / "spots.tflite")
    for number, parts in enumerate(([part, int8[0]], [int8[0], part])):
        out = tmp_path / f"{number}.tflite"
        join.join(finder, parts, out)
        fields = model_metadata.read(out)
        assert fields.layout == WEIGHTS and fields.cells == said and fields.telling["command"] == "by hand"
        assert fields.image_hw == SPOTS.image_hw
        shown = Matcher(out).layout.describe(edge_layout.thing(80))
        assert shown.upright.cells.shape == (20, 20, 16) and shown.cells.shape == (20, 20, 3)


def test_the_model_that_ships_decides_by_the_teller_s_weights():
    fields = model_metadata.read(SHIPPED_MODEL)
    assert fields.layout == decision.read(decision.TELLING_PATH) != decision.read()
    assert {"cells", "tell"} <= join.signatures_of(model_metadata.read_flatbuffer(SHIPPED_MODEL))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--steps", "5"], "--steps does not apply to a teller"),
        (["--variant", "int8-qat"], "--variant int8-qat does not apply to a teller"),
        (["--decision", "none.json"], "No such file: none.json"),
        (["--data", "none"], "No trials in none"),
    ],
)
def test_what_does_not_apply_is_refused_by_name(options, said, folder, tmp_path, capfd):
    out = tmp_path / "telling.tflite"
    assert to_tflite.main([str(folder), "--out", str(out), *options]) == 2
    assert said in line_of(capfd) and not out.exists()


def test_what_settles_is_not_compared_on(folder, tmp_path):
    canvases = telling_canvases.TrialCanvases(folder)
    assert len(canvases.compared_paths) == 2 and len(canvases.settling_paths) == 6
    assert {*canvases.compared_paths} | {*canvases.settling_paths} == {*paths_in(folder)}
    (batch,) = canvases.settling(1)
    assert (
        batch.shape == (8, 320, 320, 3) and batch.dtype == np.float32 and 0 <= batch.min() < batch.max() <= 1
    )
    assert [canvas.shape for canvas in canvases.compared(5)] == [(320, 320, 3)] * 2
    with pytest.raises(InputError, match="at least 2 trials, found 1"):
        telling_canvases.TrialCanvases(write_trials(tmp_path, 1))


def test_canvases_are_compared_cell_by_cell():
    """Of one of two canvases every cell is turned by a right angle."""
    canvases = [np.full((320, 320, 3), level, np.float32) for level in (0, 1)]

    def tell(canvas):
        return np.tile(np.float32((1, 0)), (20, 20, 1))

    def bright_is_other(canvas):
        return np.tile(np.float32((0, 1) if canvas[0, 0, 0] == 1 else (1, 0)), (20, 20, 1))

    found = [telling_parity.found_by(one, canvases) for one in (tell, bright_is_other)]
    assert telling_parity.agreement(*found).cosine == 0.5
