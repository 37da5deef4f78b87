"""getnet_tf.training.run_folder and getnet_tf.training.recorder: what a training leaves behind, and what it goes on from."""

import dataclasses
import json
import os

import keras
import numpy as np
import pytest
from checks import bit_equal, one_line, run_python, shake, values_of

from edge_demo.errors import EdgeError
from getnet_tf import checkpoint
from getnet_tf.config import AlternationConfig, DataConfig, ModelConfig, RunConfig
from getnet_tf.data import digits
from getnet_tf.data.pairs import DigitPairs
from getnet_tf.errors import InputError
from getnet_tf.evaluation import metrics
from getnet_tf.evaluation.predictor import KerasPredictor
from getnet_tf.model import GetNet
from getnet_tf.training import run, run_folder
from getnet_tf.training.alternating import AlternatingTrainer
from getnet_tf.training.recorder import RunRecorder

CONFIG = RunConfig(
    ModelConfig(crop_hw=(8, 8), embedding_dim=3),
    DataConfig(),
    AlternationConfig(pairs=64, batch=4, log_every=2, transformer_steps=3, whole_steps=2),
)


def prepare(folder, config, resume):
    """What a training does before its first step."""
    run_folder.check(folder, config, resume)
    run_folder.begin(folder, config)


def test_a_folder_that_is_not_named_in_utf_8_is_one_line_before_anything_is_made(tmp_path):
    with pytest.raises(EdgeError, match="UTF-8"):
        run_folder.check(tmp_path / "caf\udce9", CONFIG, resume=False)
    run_folder.check(tmp_path / "2026-11-28T17:03:46", CONFIG, resume=False)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def folder(tmp_path):
    prepare(tmp_path / "runs" / "first", CONFIG, resume=False)
    return tmp_path / "runs" / "first"


def test_a_new_folder_holds_the_settings_and_nothing_else(folder):
    assert os.listdir(folder) == ["config.json"]
    assert RunConfig.from_json(json.loads((folder / "config.json").read_text())) == CONFIG


@pytest.mark.parametrize("resume", [False, True])
def test_a_new_or_an_empty_folder_will_do_and_the_check_writes_nothing(tmp_path, resume):
    run_folder.check(tmp_path, CONFIG, resume)
    run_folder.check(tmp_path / "new", CONFIG, resume)
    assert os.listdir(tmp_path) == []


def test_beginning_again_changes_nothing(folder):
    before = (folder / "config.json").read_text()
    run_folder.begin(folder, CONFIG)
    assert os.listdir(folder) == ["config.json"] and (folder / "config.json").read_text() == before


def test_the_same_settings_may_go_on_with_resume_only(folder):
    prepare(folder, CONFIG, resume=True)
    with pytest.raises(InputError, match=r"holds a run already. Add --resume") as caught:
        prepare(folder, CONFIG, resume=False)
    assert one_line(caught.value)


def test_a_run_begun_before_a_setting_existed_goes_on_with_its_default(folder):
    settings = json.loads((folder / "config.json").read_text())
    del settings["data"]["split_by"]
    (folder / "config.json").write_text(json.dumps(settings))
    run_folder.check(folder, CONFIG, resume=True)
    other = dataclasses.replace(CONFIG, data=dataclasses.replace(CONFIG.data, split_by="class"))
    with pytest.raises(InputError, match="begun with other settings"):
        run_folder.check(folder, other, resume=True)


def test_a_run_begun_when_one_class_held_all_settings_goes_on(folder):
    settings = json.loads((folder / "config.json").read_text())
    settings["train"] |= {"siamese_steps": 200, "locating_steps": 400, "learns": "top", "scenes": 1000}
    (folder / "config.json").write_text(json.dumps(settings))
    run_folder.check(folder, CONFIG, resume=True)
    other = dataclasses.replace(CONFIG, train=dataclasses.replace(CONFIG.train, whole_steps=9))
    with pytest.raises(InputError, match="begun with other settings"):
        run_folder.check(folder, other, resume=True)


@pytest.mark.parametrize(
    "content", ['{"other": 1}', "[]", "3", '{"model": {"zoom": 2}, "data": {}, "train": {}}']
)
def test_settings_that_are_not_ours_may_not_go_on(content, folder):
    (folder / "config.json").write_text(content)
    with pytest.raises(InputError, match="begun with other settings"):
        run_folder.check(folder, CONFIG, resume=True)


def test_an_empty_list_is_no_settings(folder):
    settings = json.loads((folder / "config.json").read_text()) | {"model": []}
    (folder / "config.json").write_text(json.dumps(settings))
    defaults = dataclasses.replace(CONFIG, model=ModelConfig())
    with pytest.raises(InputError, match="begun with other settings"):
        run_folder.check(folder, defaults, resume=True)


@pytest.mark.parametrize("name", ["model.keras", "state.npz", "log.csv", "boxes.jsonl"])
def test_a_folder_in_place_of_a_file_is_one_line(folder, name):
    (folder / name).mkdir()
    with pytest.raises(InputError, match=rf"{name}: expected a file") as caught:
        run_folder.check(folder, CONFIG, resume=True)
    assert one_line(caught.value)


def test_a_file_in_place_of_the_board_is_one_line(folder):
    (folder / "tensorboard").touch()
    with pytest.raises(InputError, match=r"tensorboard: expected a folder") as caught:
        run_folder.check(folder, CONFIG, resume=True)
    assert one_line(caught.value)


@pytest.mark.parametrize("content", [b"", b"junk", b"\x20\x00\x00\x00TFL3"])
def test_a_damaged_checkpoint_is_no_end_of_a_run(folder, content):
    (folder / "model.keras").write_bytes(content)
    with pytest.raises(InputError, match=r"model\.keras is not a checkpoint, or a damaged one") as caught:
        run.run(CONFIG, folder, resume=True)
    assert one_line(caught.value)


def test_other_settings_may_not_go_on(folder):
    other = RunConfig(CONFIG.model, CONFIG.data, AlternationConfig(pairs=128))
    before = (folder / "config.json").read_text()
    with pytest.raises(InputError, match=r"begun with other settings.*another --out") as caught:
        prepare(folder, other, resume=True)
    assert one_line(caught.value)
    assert (folder / "config.json").read_text() == before


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, resume):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"not empty and holds no run") as caught:
        prepare(tmp_path, CONFIG, resume)
    assert one_line(caught.value)
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match=r"is a file. Expected a folder") as caught:
        prepare(tmp_path / "out", CONFIG, resume=False)
    assert one_line(caught.value)


def test_damaged_settings_are_one_line(folder):
    (folder / "config.json").write_text('{"model": ')
    with pytest.raises(InputError, match=r"config\.json") as caught:
        prepare(folder, CONFIG, resume=True)
    assert one_line(caught.value)


def test_a_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "log.csv"
    run_folder.write_text(path, "old")

    def fails(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match=r"No space left"):
        run_folder.write_text(path, "new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["log.csv"]


def test_a_folder_without_log_and_boxes_has_none(tmp_path):
    assert run_folder.read_log(tmp_path) == run_folder.read_boxes(tmp_path) == []


def test_the_run_folder_is_read_without_tensorflow(folder):
    code = f"""
        import sys
        sys.modules["tensorflow"] = sys.modules["keras"] = None
        from getnet_tf.training.run_folder import read_log
        print(read_log({str(folder)!r}))
    """
    assert run_python(code).strip() == "[]"


@pytest.mark.parametrize("seeds", [range(20)])
def test_no_two_sets_of_pairs_share_a_seed(seeds):
    drawn = [seed for run_seed in seeds for seed in run_folder.pair_seeds(run_seed)]
    assert len(set(drawn)) == 3 * len(seeds)


def test_validation_pairs_are_those_of_the_validation_split(digits_file):
    """A twelfth of 240 digits, each once with its own and once with another class; never augmented."""
    config = RunConfig(data=DataConfig(str(digits_file), noise=0.0))
    pairs = run_folder.validation_pairs(config)
    split = digits.load(str(digits_file))["val"]
    np.testing.assert_array_equal(pairs.split.images, split.images)
    batch = pairs.batch(0, len(pairs))
    assert len(pairs) == 40 and batch["label"].sum() == 20
    ink = sorted((batch["image0"] > 0).sum(axis=(1, 2, 3)))
    assert ink == sorted(np.repeat((split.images > 0).sum(axis=(1, 2)), 2))


# The recorder


@pytest.fixture(scope="module")
def val_pairs(few_digits):
    images, labels = few_digits
    return DigitPairs(digits.Digits(images[::6], labels[::6]), CONFIG.data, 1)


@pytest.fixture(scope="module")
def untouched():
    keras.utils.set_random_seed(0)
    trainer = AlternatingTrainer(GetNet(CONFIG.model), CONFIG.train)
    shake(trainer.network.variables)
    return trainer


@pytest.fixture
def trainer(untouched):
    untouched.step, untouched.seconds = 0, 0.0
    return untouched


def record(recorder, trainer, step, logs):
    """What `fit` does at the end of an interval."""
    recorder.set_model(trainer)
    recorder.on_epoch_begin(step)
    trainer.step = step
    recorder.on_epoch_end(step, logs)


def test_an_interval_leaves_a_row_boxes_and_a_state(folder, trainer, val_pairs):
    recorder = RunRecorder(folder, val_pairs)
    loss = float(np.float32(0.1234567))
    record(recorder, trainer, 2, {"transformer_loss": loss})
    record(recorder, trainer, 4, {"transformer_loss": 0.1, "loss": loss})
    assert sorted(os.listdir(folder)) == ["boxes.jsonl", "config.json", "log.csv", "state.npz"]

    rows = run_folder.read_log(folder)
    assert [(row["step"], row["phase"]) for row in rows] == [("2", "transformer"), ("4", "whole")]
    assert float(rows[0]["transformer_loss"]) == loss == float(rows[1]["loss"]), (
        "numbers are written to the last bit"
    )
    assert rows[0]["loss"] == ""
    lines = run_folder.read_boxes(folder)
    assert [line["step"] for line in lines] == [2, 4]
    assert np.shape(lines[0]["boxes"]) == (6, 4)
    assert trainer.seconds > 0


def test_what_is_watched_is_what_the_predictor_and_the_metrics_say(folder, trainer, val_pairs):
    recorder = RunRecorder(folder, val_pairs)
    record(recorder, trainer, 2, {"loss": 0.5})
    row = run_folder.read_log(folder)[0]
    batch = next(val_pairs.once())
    distance, _, boxes = KerasPredictor(trainer.network).predict(batch["image0"], batch["image1"])
    ious = metrics.iou(boxes, np.stack([batch["box0"], batch["box1"]]), (60, 60))
    assert float(row["val_iou"]) == pytest.approx(ious.mean(), abs=1e-5)
    best = max(np.mean((distance <= cut) == (batch["label"] > 0.5)) for cut in [-1, *distance])
    assert float(row["val_accuracy"]) == pytest.approx(best)
    np.testing.assert_allclose(run_folder.read_boxes(folder)[0]["boxes"], boxes[0, :6], atol=2e-3)


def test_resume_brings_back_state_and_log_and_cuts_the_row_ahead(folder, trainer, val_pairs):
    """Killed after the log of step 4 was written and before its state was: back to step 2."""
    recorder = RunRecorder(folder, val_pairs)
    record(recorder, trainer, 2, {"transformer_loss": 0.5})
    state = (folder / "state.npz").read_bytes()
    record(recorder, trainer, 4, {"loss": 0.25})
    log, boxes = ((folder / name).read_bytes() for name in ("log.csv", "boxes.jsonl"))
    (folder / "state.npz").write_bytes(state)

    other = AlternatingTrainer(GetNet(CONFIG.model), CONFIG.train)
    again = RunRecorder(folder, val_pairs)
    again.resume(other)
    assert other.step == 2 and len(again.rows) == len(again.boxes) == 1
    assert bit_equal(values_of(other.state), values_of(trainer.state))
    record(again, other, 4, {"loss": 0.25})
    assert (folder / "log.csv").read_bytes() == log
    assert (folder / "boxes.jsonl").read_bytes() == boxes


def test_resume_without_a_state_begins_at_the_first_step(folder, trainer, val_pairs):
    """Killed within the first interval, or between its first log row and its first state."""
    recorder = RunRecorder(folder, val_pairs)
    record(recorder, trainer, 2, {"loss": 0.5})
    (folder / "state.npz").unlink()
    trainer.step = 0
    again = RunRecorder(folder, val_pairs)
    again.resume(trainer)
    assert trainer.step == 0 and again.rows == again.boxes == []


@pytest.mark.parametrize("steps", [[], [4], [2], [2, 2, 4], [4, 2], [2, 3, 4], [-2, 2, 4]], ids=str)
def test_a_log_that_does_not_lead_to_the_state_is_one_line(folder, trainer, val_pairs, steps):
    recorder = RunRecorder(folder, val_pairs)
    record(recorder, trainer, 2, {"loss": 0.5})
    record(recorder, trainer, 4, {"loss": 0.25})
    rows = "".join(f"{step},whole,0.5\n" for step in steps)
    (folder / "log.csv").write_text(f"step,phase,loss\n{rows}")
    with pytest.raises(
        InputError, match=r"log\.csv is damaged: expected a row for every 2 steps up to 4"
    ) as caught:
        RunRecorder(folder, val_pairs).resume(trainer)
    assert one_line(caught.value)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_stops_in_one_line_and_keeps_the_last_good_state(
    folder, trainer, val_pairs, bad
):
    recorder = RunRecorder(folder, val_pairs)
    record(recorder, trainer, 2, {"loss": 0.5})
    before = {name: (folder / name).read_bytes() for name in os.listdir(folder)}
    with pytest.raises(InputError, match=r"not finite at step 4. Lower --learning-rate") as caught:
        record(recorder, trainer, 4, {"loss": bad, "accuracy": 0.5})
    assert one_line(caught.value)
    assert {name: (folder / name).read_bytes() for name in os.listdir(folder)} == before


def test_a_network_without_a_localiser_has_no_boxes(folder, val_pairs):
    network = GetNet(ModelConfig(localiser="none", embedding_dim=3))
    trainer = AlternatingTrainer(network, CONFIG.train)
    record(RunRecorder(folder, val_pairs), trainer, 2, {"loss": 0.5})
    assert "val_iou" not in run_folder.read_log(folder)[0]
    assert run_folder.read_boxes(folder) == []
    other = AlternatingTrainer(network, CONFIG.train)
    checkpoint.load_state(folder / "state.npz", other)
    assert other.step == 2


@pytest.mark.parametrize(
    "text",
    [
        "step,phase,loss\nx,whole,0.5\n",
        "phase,loss\nwhole,0.5\n",
        "step,phase,loss\n5,whole,0.5.5\n",
        "step,phase,loss\n5,whole\n",
        "step,phase,loss\n5,whole,0.5,1\n",
        "step,phase,loss\n5,whole,\udcff\n",
    ],
)
def test_a_damaged_log_is_one_line(tmp_path, text):
    (tmp_path / "log.csv").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=r"log\.csv is damaged") as caught:
        run_folder.read_log(tmp_path)
    assert one_line(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "3",
        "{}",
        '{"step": "5", "boxes": []}',
        '{"step": 5, "boxes": [[1, 2, 3]]}',
        '{"step": 5, "boxes": [[1, 2, 3, NaN]]}',
        '{"step": 5, "boxes": []}',
        json.dumps({"step": 5, "boxes": 7 * [[1, 2, 3, 4]]}),
        '{"step": 5, "boxes": [[1, 2, 3, 4]]}\n{"step": 6, "boxes": [[1, 2, 3, 4], [1, 2, 3, 4]]}',
    ],
)
def test_damaged_boxes_are_one_line(tmp_path, line):
    (tmp_path / "boxes.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=r"boxes\.jsonl is damaged") as caught:
        run_folder.read_boxes(tmp_path)
    assert one_line(caught.value)
