"""getnet_tf.evaluate: what is measured, and the command around it."""

import dataclasses
import json

import cv2
import numpy as np
import pytest
from checks import one_line, run_python
from edge_model import PALETTE, write_palette
from photo_files import write_classes

from edge_demo.model import metadata
from getnet_tf import evaluate
from getnet_tf.config import DataConfig

KEYS = {
    "pair_accuracy",
    "roc_auc",
    "eer",
    "mean_iou",
    "corloc",
    "threshold",
    "pairs",
    "seed",
    "ap_at_10",
    "split",
}


def test_the_command_writes_flat_json_with_the_baseline_beside(getnet_run, siamese_run, tmp_path, capsys):
    out = tmp_path / "scores.json"
    arguments = ["--model", str(getnet_run), "--baseline", str(siamese_run), "--json", str(out)]
    assert evaluate.main([*arguments, "--pairs", "60"]) == 0
    scores = json.loads(out.read_text())
    assert scores.keys() >= KEYS and scores["baseline"].keys() >= KEYS
    assert scores["pairs"] == scores["baseline"]["pairs"] == 60
    assert 0 <= scores["pair_accuracy"] <= 1 and scores["baseline"]["mean_iou"] is None
    assert "| model | baseline |" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_scores(getnet_run):
    first, second = (evaluate.evaluate(getnet_run, limit=40)[0] for _ in range(2))
    assert first == second


def test_one_positive_and_one_negative_pair_for_every_test_digit(getnet_run):
    scores, predictions, pairs = evaluate.evaluate(getnet_run)
    assert scores["pairs"] == 2 * len(pairs.split.labels) == len(predictions.label)
    assert predictions.label.mean() == 0.5


def test_figures_are_written_and_named(getnet_run, siamese_run, tmp_path, capsys):
    arguments = ["--model", str(getnet_run), "--baseline", str(siamese_run), "--pairs", "60"]
    assert evaluate.main([*arguments, "--figures", str(tmp_path / "report")]) == 0
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names >= {
        "pairs.png",
        "failures.png",
        "roc.png",
        "distances.png",
        "training.png",
        "boxes_over_training.png",
    }
    printed = capsys.readouterr().out
    assert all(name in printed for name in names)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--model", "nowhere"], "No such checkpoint: nowhere"),
        (["--model", "nowhere.tflite", "--data", "digits"], "nowhere.tflite"),
        (["--model", "{getnet}", "--noise", "7"], "Invalid `noise`"),
        (["--model", "{getnet}", "--data", "no.npz"], "No such data: no.npz"),
        (["--model", "{palette}", "--data", "no_folder/"], "No such data: no_folder"),
        (["--model", "{palette}", "--data", "{digits}"], "of 12 x 20, RGB; these digits are 60 x 60, grey"),
        (["--model", "{getnet}", "--pairs", "0"], "--pairs: expected at least 2"),
        (["--model", "{getnet}", "--baseline", "nowhere"], "No such checkpoint: nowhere"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    getnet_run, digits_file, coloured, capsys, arguments, expected
):
    names = {"getnet": getnet_run, "palette": coloured[1], "digits": digits_file}
    arguments = [argument.format(**names) for argument in arguments]
    assert evaluate.main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert expected in error and one_line(error)


@pytest.fixture(scope="module")
def coloured(tmp_path_factory):
    """Three red pictures, three blue ones, and a class of a single green one; and a file that knows colours."""
    root = tmp_path_factory.mktemp("coloured")
    for name, bgr in {"red": (0, 0, 250), "blue": (250, 0, 0), "nested/green": (0, 250, 0)}.items():
        (root / "photos" / name).mkdir(parents=True)
        for i in range(1 if "green" in name else 3):
            picture = np.full((9, 14, 3), bgr, np.uint8) + np.uint8(i)
            cv2.imwrite(str(root / "photos" / name / f"{i}.png"), picture)
    return root / "photos", write_palette(root / "palette.tflite")


def test_a_file_is_evaluated_on_all_of_a_folder_without_tensorflow(coloured, tmp_path):
    """The distance of `edge_model`'s palette is the sum of the colours' differences less 1, its threshold 0. Two reds
    differ by 3 * 2 / 255 at most, a red and a blue by 2 * 250 / 255: near -1 and 0.96, and 12 pairs of 6 pictures are
    decided rightly. Of 5 other pictures 2 are of the class: AP@10 is 0.4, the most there can be."""
    folder, model = coloured
    arguments = ["--model", str(model), "--data", str(folder), "--json", str(tmp_path / "scores.json")]
    code = f"""
        import sys
        for name in ("tensorflow", "keras", "tf_keras"):
            sys.modules[name] = None
        sys.stderr = sys.stdout
        from getnet_tf import evaluate
        sys.exit(evaluate.main({arguments!r}))
    """
    printed = run_python(code)
    assert f"classes of a single picture, left out: {folder}/nested/green\n" in printed
    found = json.loads((tmp_path / "scores.json").read_text())
    assert (found["split"], found["pairs"], found["pictures"]) == ("all", 12, 6)
    assert found["pair_accuracy"] == found["roc_auc"] == 1 and found["eer"] == 0
    assert found["best_threshold"] == pytest.approx((-1 + 0.96) / 2, abs=0.02) and found["threshold"] == 0
    assert found["ap_at_10"] == found["ap_at_10_ceiling"] == pytest.approx(0.4)


def test_a_page_is_written_where_it_was_asked_for(coloured, tmp_path, capsys):
    """With the coloured pictures of the best matches, and no mistakes; a folder that does not exist yet is made."""
    folder, model = coloured
    path = tmp_path / "new" / "report.html"
    assert evaluate.main(["--model", str(model), "--data", str(folder), "--report", str(path)]) == 0
    page = path.read_text()
    assert page.startswith("<!doctype html>") and page.count("<figure>") == 6 and page.count("None.") == 2
    assert "red" in page and "blue" in page and "green" not in page
    assert f"report: {path}" in capsys.readouterr().out
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


def test_what_a_model_was_trained_on_is_evaluated_on_its_test_split(coloured, tmp_path):
    """However the folder is spelled; another folder and one that nobody knows of as a whole; digits on their test split."""
    trained = DataConfig(str(tmp_path))
    (tmp_path / "below").mkdir()
    for name in (tmp_path, f"{tmp_path}/", tmp_path / "below" / ".."):
        assert evaluate.default_split(DataConfig(str(name)), trained) == "test"
    assert evaluate.default_split(DataConfig(str(coloured[0])), trained) == "all"
    assert evaluate.default_split(DataConfig(str(tmp_path)), None) == "all"
    assert evaluate.default_split(DataConfig("digits"), trained) == "test"


def test_a_file_remembers_its_data_by_the_command_that_trained_it():
    command = (
        "python -m getnet_tf.train --data 'my photos/' --split-by class --out runs/x --noise 0.5 --resume"
    )
    expected = DataConfig("my photos/", noise=0.5, split_by="class")
    assert evaluate.trained_on(command) == expected
    assert evaluate.trained_on("python -m getnet_tf.train --out runs/first") == DataConfig()
    assert evaluate.trained_on("nobody's: made by hand") is None
    assert evaluate.trained_on("") is None


@pytest.mark.parametrize(
    "options", ["--data \0x", "--noise x", "--noise 7", "--variant x", "--data", "--data 'x"]
)
def test_a_damaged_command_of_a_training_says_nothing_of_its_data(options):
    assert evaluate.trained_on(f"python -m getnet_tf.train {options}") is None


@pytest.mark.parametrize(
    ("split", "expected"),
    [([], ("test", 8)), (["--split", "train"], ("train", 8)), (["--split", "all"], ("all", 24))],
)
def test_a_file_is_split_as_its_training_was(coloured, tmp_path, split, expected):
    """Six classes of four pictures, split by class: two classes, 8 pictures, in every part; 24 in all."""
    folder = write_classes(tmp_path / "photos", {f"class{i}": 4 for i in range(6)})
    model, out = tmp_path / "model.tflite", tmp_path / "scores.json"
    model.write_bytes(coloured[1].read_bytes())
    command = f"python -m getnet_tf.train --data {folder} --split-by class --out run"
    metadata.append(model, dataclasses.replace(PALETTE, training_command=command))
    assert evaluate.main(["--model", str(model), "--data", str(folder), "--json", str(out), *split]) == 0
    found = json.loads(out.read_text())
    assert (found["split"], found["pictures"]) == expected


def test_all_digits_are_the_digits_of_all_splits(siamese_run):
    """220 to train, 20 to validate, 40 to test."""
    found, _, _ = evaluate.evaluate(siamese_run, split="all", limit=20)
    assert (found["pictures"], found["pairs"]) == (280, 20)


def test_a_package_that_is_not_installed_is_one_line_with_the_remedy():
    """As on the edge, where only numpy, OpenCV and LiteRT are installed."""
    code = """
        import sys
        for name in ("tensorflow", "keras", "sklearn", "mlxtend", "matplotlib"):
            sys.modules[name] = None
        from getnet_tf import train
        sys.exit(0 if train.main(["--out", "never", "--preset", "quick"]) == 2 else 1)
    """
    run_python(code)
