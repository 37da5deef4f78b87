"""export.cells, with all that is under it: a describer's checkpoint becomes a file, or nothing."""

import dataclasses
import json
import zipfile

import keras
import numpy as np
import pytest
from checks import line_of, one_line, shake
from edge_model import SPOTS
from photo_files import write_picture

from edge_demo.model.layout.cells import EMPTY, field_of
from export import cells, cells_canvases, cells_parity, flatbuffer, to_tflite
from export.variant import VARIANTS
from getnet_tf import archive
from getnet_tf.errors import InputError
from getnet_tf.individuals import checkpoint, decision, settings
from getnet_tf.individuals.card import CellsCard
from getnet_tf.individuals.network import Describer
from getnet_tf.individuals.twin import Twin

pytestmark = pytest.mark.usefixtures("shallow")
SCORES = {"cells_val_auc": 0.75, "cells_val_paired": float("nan")}
WEIGHTS = {"cells": 9.0, "colour": 2.0, "kind": 3.0, "bias": -1.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures, and the checkpoint of a describer that is said to have learned from them; all its weights are in use."""
    folder = tmp_path_factory.mktemp("cells")
    for number in range(24):
        write_picture(folder / f"{number % 3}" / f"{number}.png", number, (40, 50))
    keras.utils.set_random_seed(0)
    network = Describer((64, 64), 16)
    shake(network.variables)
    card = CellsCard(
        settings.quick(folder, weights="random", image_hw=(64, 64), dim=16), "by hand", "abc", 1.5, SCORES
    )
    archive.save(folder / "model.keras", network, card.member, card.to_json())
    return folder


@pytest.fixture(scope="module")
def int8(folder):
    """Settled on few canvases, which is enough for pictures of noise."""
    out, weights = folder / "int8.tflite", folder / "weights.json"
    weights.write_text(json.dumps(WEIGHTS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells_canvases.ExportCanvases, "AT_ONCE", 1)
        return out, to_tflite.export(folder, out, images=2, weights=weights)


@pytest.mark.slow
def test_the_file_tells_the_cells_of_the_network(int8, folder):
    """What is common to all cells of noise aside, they differ from each other as the network's do."""
    frame = cells_canvases.read_bgr(folder / "0" / "0.png")
    of_network, of_file = (
        field_of(frame, 1, see).cells.reshape(-1, 16)
        for see in (Twin(cells.load(folder)), cells.opened(int8[0]))
    )
    assert of_file.shape == (16 * 20, 16)  # 40 x 50 pixels
    np.testing.assert_allclose(np.linalg.norm(of_file, axis=-1), 1, atol=1e-5)
    own, other = (found - found.mean(axis=0) for found in (of_network, of_file))
    assert np.sum(own * other) > 0.9 * np.sqrt(np.sum(own**2) * np.sum(other**2))


@pytest.mark.slow
def test_all_layers_of_the_int8_file_are_int8(int8, folder):
    found = flatbuffer.operators(int8[0].read_bytes())
    assert sum(op.constant_weights for op in found) == 18 + 4  # the trunk's and the head's
    assert not any(VARIANTS["int8-ptq"].is_stray(op) for op in found)
    assert int8[1].bytes < 1.4 * checkpoint.load(folder).count_params()


@pytest.mark.slow
def test_a_file_says_how_it_was_trained_and_how_to_decide(int8):
    with zipfile.ZipFile(int8[0]) as opened:
        said = json.loads(opened.read("cells.json"))
    assert said == {
        "command": "by hand",
        "commit": "abc",
        "quantization": "int8-ptq",
        "scores": {"cells_val_auc": 0.75, "cells_val_paired": None},
        "layout": WEIGHTS,
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--steps", "5"], "--steps does not apply to a describer"),
        (["--input", "int8"], "--input int8 does not apply"),
        (["--variant", "int8-qat"], "--variant int8-qat does not apply to a describer"),
        (["--parity-images", "0"], "at least 1, received 0"),
        (["--decision", "none.json"], "No such file: none.json"),
        (["--data", "none"], "No such folder: none"),
    ],
)
def test_what_does_not_apply_is_refused_by_name(options, said, folder, tmp_path, capfd):
    out = tmp_path / "cells.tflite"
    assert to_tflite.main([str(folder), "--out", str(out), *options]) == 2
    assert said in line_of(capfd) and not out.exists()


AGREED = cells_parity.Agreement(10, 0.99, 0.97)


@pytest.mark.parametrize(
    ("file", "fake", "said"),
    [
        (cells_parity.Agreement(10, 1.0, 1.0), None, None),
        (AGREED, AGREED, None),
        (AGREED, None, "at least 0.9999 (mean), received 0.9900"),
        (cells_parity.Agreement(10, 1.0, 0.99), None, "at least 0.9999 (5th percentile), received 0.9900"),
        (cells_parity.Agreement(10, 0.97, 0.97), AGREED, "at least 0.98 (mean)"),
        (cells_parity.Agreement(10, 0.99, 0.93), AGREED, "at least 0.94 (5th percentile)"),
        (cells_parity.Agreement(10, float("nan"), 0.97), AGREED, "received nan"),
        # 0.019 off, above 1.5 * 0.008 + 0.005
        (cells_parity.Agreement(10, 0.981, 0.97), cells_parity.Agreement(10, 0.992, 0.97), "its emulation"),
    ],
)
def test_a_file_that_tells_other_cells_is_refused(file, fake, said):
    refusal = cells_parity.refusal(file, fake)
    assert refusal is None if said is None else said in refusal


def test_frames_are_compared_cell_by_cell_at_all_sizes():
    """One of two frames is seen as it is, of the other every cell is turned by a right angle."""
    frames = [np.full((160, 320, 3), level, np.uint8) for level in (0, 255)]

    def see(canvas):
        return np.tile(np.float32((1, 0)), (20, 20, 1))

    def bright_is_other(canvas):
        return np.tile(np.float32((0, 1) if canvas[0, 0, 0] == 1 else (1, 0)), (20, 20, 1))

    found = [cells_parity.found_by(one, frames) for one in (see, bright_is_other)]
    assert [len(cells) for cells in found[0]] == [10 * 20 + 20 * 40] * 2
    assert cells_parity.agreement(*found) == cells_parity.Agreement(2, 0.5, 0.0)


def test_canvases_are_what_the_search_sees():
    """A white frame of 2 : 1 fills half a canvas, and two whole ones."""
    canvases = cells_canvases.canvases_of(np.full((100, 200, 3), 255, np.uint8))
    assert [canvas.shape for canvas in canvases] == [(320, 320, 3)] * 3
    assert (canvases[0][:160] == 1).all() and (canvases[0][160:] == EMPTY).all()
    assert (canvases[1] == 1).all() and (canvases[2] == 1).all()


def test_the_weights_that_ship_are_those_that_a_model_file_needs():
    assert dataclasses.replace(SPOTS, layout=decision.read()).layout == decision.read()


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "received no JSON"), ("[1]", r"received \[1\]"), ('{"cells": 1}', "received {'cells': 1}")],
)
def test_weights_that_are_none_are_one_line(text, said, tmp_path):
    path = tmp_path / "weights.json"
    path.write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        decision.read(path)
    assert one_line(caught.value)
