"""export.benchmark, comparison, cost, rivals and bare_backbone: what is measured, and which file it then recommends."""

import json
import shutil

import cv2
import numpy as np
import pytest

from export import benchmark, comparison, cost
from export.rivals import RIVALS


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_local_features_find_a_textured_picture_where_it_was_pasted(rival, rng):
    texture = cv2.resize(
        rng.integers(0, 256, (24, 32, 1), np.uint8), (128, 96), interpolation=cv2.INTER_CUBIC
    )
    frame = np.full((240, 320, 1), 128, np.uint8)
    frame[60:156, 100:228, 0] = texture
    agree, box = rival.find(frame, texture[..., None])
    assert agree >= 10
    np.testing.assert_allclose(box, [100, 60, 228, 156], atol=3)


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_local_features_find_nothing_where_nothing_is(rival):
    blank = np.full((64, 64, 3), 77, np.uint8)
    assert rival.find(blank, blank) == (0, None)


def test_a_paired_difference_has_the_interval_of_its_mean():
    """Of 100 pairs one is right only in the first, so the mean is 0.01 and the standard deviation 0.1."""
    right = np.zeros(100)
    right[7] = 1
    found = benchmark.paired(right, np.zeros(100))
    assert found["difference"] == pytest.approx(0.01)
    assert found["high"] - found["low"] == pytest.approx(2 * 1.96 * 0.1 / 10)


@pytest.mark.parametrize(
    ("accuracy", "ms", "kilobytes", "expected"),
    [
        ((0.99, 0.988), (2.0, 1.0), (400, 100), "small"),  # hardly worse, faster
        ((0.99, 0.98), (2.0, 1.0), (400, 100), "large"),  # a whole point worse
        ((0.99, 0.99), (1.0, 1.01), (400, 100), "small"),  # as fast, so the smaller
        ((0.99, 0.99), (1.0, 1.5), (400, 100), "large"),
    ],
)
def test_the_fastest_file_that_gives_up_hardly_anything_is_recommended(accuracy, ms, kilobytes, expected):
    rows = {
        name: {"pair_accuracy": accuracy[i], "ms_1": ms[i], "kilobytes": kilobytes[i]}
        for i, name in enumerate(("large", "small"))
    }
    assert comparison.recommended(rows) == expected


def test_the_command_measures_two_variants_and_writes_its_report(
    getnet_run, exported, tmp_path, monkeypatch, capsys
):
    """One of the files is there already, younger than the checkpoint, and stays."""
    monkeypatch.setattr(cost, "ROUNDS", 2)
    shutil.copyfile(exported("int8-ptq")[0], tmp_path / "int8-ptq.tflite")
    before = (tmp_path / "int8-ptq.tflite").stat().st_mtime_ns
    arguments = [
        str(getnet_run),
        "--out",
        str(tmp_path),
        "--variants",
        "float32",
        "int8-ptq",
        "--pairs",
        "40",
    ]
    assert benchmark.main(arguments) == 0
    found = json.loads((tmp_path / "benchmark.json").read_text())
    assert set(found["variants"]) == {"float32", "int8-ptq"} and set(found["bare"]) == {
        "bare float32",
        "bare int8-ptq",
    }
    assert set(found["others"]) == {"litert-quantizer"}
    for name, row in (found["variants"] | found["others"]).items():
        assert row["pairs"] == 40 and row["ms_1"] > 0 and row["megabytes"] > 20
        assert row["kilobytes"] == (tmp_path / f"{name}.tflite").stat().st_size / 1e3
    assert found["variants"]["float32"]["box_agreement"] == 1
    assert found["variants"]["float32"]["theta_off"] == 0 < found["variants"]["int8-ptq"]["theta_off"] < 0.02
    assert set(found["paired"]) == {
        "int8-ptq - float32",
        "litert-quantizer - float32",
        "litert-quantizer - int8-ptq",
    }
    difference = found["paired"]["int8-ptq - float32"]["pair_accuracy"]["difference"]
    own = {name: row["pair_accuracy"] for name, row in found["variants"].items()}
    assert difference == pytest.approx(own["int8-ptq"] - own["float32"])
    text = (tmp_path / "benchmark.md").read_text()
    assert text in capsys.readouterr().out and f"Take {found['recommended']}.tflite" in text
    assert cv2.imread(str(tmp_path / "benchmark.png")) is not None
    assert (tmp_path / "int8-ptq.tflite").stat().st_mtime_ns == before  # reused


def test_a_missing_checkpoint_is_one_line(tmp_path, capsys):
    assert benchmark.main([str(tmp_path / "no.keras"), "--out", str(tmp_path / "out")]) == 2
    assert "No such checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
