"""getnet_tf.train: the command line, and that a killed training goes on to the bit."""

import argparse
import dataclasses
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from checks import ROOT, bit_equal, one_line, run_python, values_of

from edge_demo.errors import EdgeError
from getnet_tf import checkpoint, train
from getnet_tf.choices import PRECISIONS, SCHEDULES
from getnet_tf.config import AlternationConfig, InTurnConfig, RunConfig, TrainConfig
from getnet_tf.errors import InputError, report_errors
from getnet_tf.train import build_parser, main
from getnet_tf.training.run_folder import read_boxes, read_log

OPTIONS = [
    "--pairs",
    "48",
    "--batch",
    "4",
    "--log-every",
    "3",
    "--transformer-steps",
    "2",
    "--whole-steps",
    "2",
]


def call(*argv):
    """The exit code, however the command line ends."""
    try:
        return main([str(argument) for argument in argv])
    except SystemExit as end:
        return end.code


@pytest.fixture
def settings_of(monkeypatch):
    """The settings that a command line would train with: `settings_of("--pairs", "64")`."""

    def settings(*argv):
        received = []
        with monkeypatch.context() as patch:
            patch.setattr(train, "run", lambda config, folder, *_: received.append(config) or folder)
            assert call("--out", "runs/x", *argv) == 0
        return received[0]

    return settings


# Settings


def test_the_defaults_are_those_of_the_config(settings_of):
    assert settings_of() == RunConfig()


@pytest.mark.parametrize(
    ("argv", "section", "name", "value"),
    [
        (["--data", "mnist"], "data", "source", "mnist"),
        (["--variant", "scaled"], "data", "variant", "scaled"),
        (["--noise", "0.1"], "data", "noise", 0.1),
        (["--no-augment"], "data", "augment", False),
        (["--localiser", "none"], "model", "localiser", "none"),
        (["--theta-kind", "affine"], "model", "theta_kind", "affine"),
        (["--decision", "joined"], "model", "decision", "joined"),
        (["--pairs", "640"], "train", "pairs", 640),
        (["--batch", "8"], "train", "batch", 8),
        (["--learning-rate", "0.01"], "train", "learning_rate", 0.01),
        (["--margin", "0.5"], "train", "margin", 0.5),
        (["--schedule", "end-to-end"], "train", "schedule", "end-to-end"),
        (["--transformer-steps", "3"], "train", "transformer_steps", 3),
        (["--whole-steps", "4"], "train", "whole_steps", 4),
        (["--area-weight", "0"], "train", "area_weight", 0),
        (["--log-every", "5"], "train", "log_every", 5),
        (["--precision", "mixed_bfloat16"], "train", "precision", "mixed_bfloat16"),
        (["--jit"], "train", "jit", True),
        (["--seed", "9"], "train", "seed", 9),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_an_option_sets_its_setting_and_no_other(argv, section, name, value, settings_of):
    default = RunConfig()
    changed = dataclasses.replace(getattr(default, section), **{name: value})
    assert settings_of(*argv) == dataclasses.replace(default, **{section: changed})


def test_the_quick_preset_is_a_shorter_run_of_the_same_network(settings_of):
    quick, full = settings_of("--preset", "quick"), RunConfig()
    assert quick.model == full.model and quick.data == full.data
    assert 0 < quick.train.steps < full.train.steps / 10


@pytest.mark.parametrize("preset_first", [True, False])
def test_an_option_given_beside_the_preset_wins(preset_first, settings_of):
    preset, options = ["--preset", "quick"], ["--pairs", "128", "--log-every", "2", "--batch", "8"]
    quick = settings_of(*(preset + options if preset_first else options + preset))
    assert (quick.train.pairs, quick.train.log_every, quick.train.batch) == (128, 2, 8)


# Messages


def test_help_names_every_option_with_its_default(capsys):
    assert call("--help") == 0
    text = capsys.readouterr().out
    unfolded = " ".join(text.split())
    actions = [action for action in build_parser()._actions if not isinstance(action, argparse._HelpAction)]
    assert len(actions) > 20
    for action in actions:
        assert action.option_strings[0] in text and action.help
    assert "(default: 120000; photos, random weights: 6400)" in unfolded
    assert "(default: 64; photos: 32)" in unfolded and "(default: 400)" in unfolded


def test_help_does_not_load_tensorflow():
    code = """
        import sys
        sys.modules["tensorflow"] = sys.modules["keras"] = None
        from getnet_tf.train import main
        main(["--help"])
    """
    assert "--out RUN" in run_python(code)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--pairs", "0"], "Invalid `pairs`"),
        (["--batch", "-4"], "Invalid `batch`"),
        (["--log-every", "0"], "Invalid `log_every`"),
        (["--transformer-steps", "0"], "Invalid `transformer_steps`"),
        (["--noise", "1.5"], "Invalid `noise`"),
        (["--noise", "nan"], "Invalid `noise`"),
        (["--learning-rate", "0"], "Invalid `learning_rate`"),
        (["--margin", "-1"], "Invalid `margin`"),
        (["--seed", "-1"], "Invalid `seed`"),
        (["--threads", "-1"], "Invalid `threads`"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_value_is_one_line_and_exit_code_2(argv, message, tmp_path, capsys):
    assert call("--out", tmp_path / "run", *argv) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and one_line(error.strip())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("argv", "flag", "reader"),
    [
        ("--siamese-steps 200", "--siamese-steps", "a backbone with pretrained weights"),
        ("--locating-steps 0", "--locating-steps", "a localiser on a backbone with pretrained weights"),
        ("--learns top", "--learns", "a backbone with pretrained weights"),
        ("--copies 4", "--copies", "a backbone with pretrained weights"),
        ("--start shipped", "--start", "a guided localiser"),
        ("--backgrounds places", "--backgrounds", "a localiser on a backbone with pretrained weights"),
        ("--weights random", "--weights", "a backbone of efficientnet-lite0, mobilenet-v2"),
        ("--sampled image", "--sampled", "a localiser on a pretrained backbone"),
        ("--size 60", "--size", "a training on photos"),
        ("--split-by class", "--split-by", "a training on photos"),
        ("--variant cluttered --noise 0.3", "--noise", "a training on digits in noise"),
        ("--localiser none --theta-kind box", "--theta-kind", "a localiser"),
        (
            "--localiser none --schedule alternate",
            "--schedule",
            "a localiser in a network whose weights are random",
        ),
        ("--localiser none --area-weight 0.1", "--area-weight", "a localiser that learns by pair labels"),
        ("--schedule end-to-end --whole-steps 40", "--whole-steps", "a localiser with --schedule alternate"),
    ],
    ids=lambda value: value if value.startswith("--") and " " in value else "",
)
def test_an_option_that_nothing_would_read_is_refused_by_name_even_at_its_default(
    argv, flag, reader, tmp_path, capsys
):
    assert call("--out", tmp_path / "run", *argv.split()) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {flag} does not apply: only {reader}") and one_line(error.strip())
    assert "Received: --data digits, --localiser " in error
    assert not (tmp_path / "run").exists()


def test_every_setting_of_one_way_to_learn_is_refused_by_the_other(settings_of, tmp_path, capsys):
    """But for those that both have. No setting can be added without a line that says who reads it."""
    of = {
        make: {field.name: field.default for field in dataclasses.fields(make)}
        for make in (TrainConfig, AlternationConfig, InTurnConfig)
    }
    for make, rest in ((AlternationConfig, ["--data", tmp_path]), (InTurnConfig, [])):
        own = of[make].keys() - of[TrainConfig].keys()
        assert len(own) >= 4
        for name in own:
            flag = f"--{name.replace('_', '-')}"
            assert call("--out", tmp_path / "run", *rest, flag, of[make][name]) == 2
            assert capsys.readouterr().err.startswith(f"error: {flag} does not apply: ")


@pytest.mark.parametrize(
    "argv",
    [
        ["--pairs", "many"],
        ["--localiser", "guess"],
        ["--theta-kind", "zoom"],
        ["--variant", "snow"],
        ["--fast"],
        [],
    ],
    ids=" ".join,
)
def test_an_unknown_word_is_exit_code_2_with_the_usage(argv, tmp_path, capsys):
    assert call(*(["--out", tmp_path / "run"] if argv else []), *argv) == 2
    error = capsys.readouterr().err
    assert error.startswith("usage: python -m getnet_tf.train") and "Traceback" not in error
    assert (argv[0] if argv else "--out") in error.splitlines()[-1]


@pytest.mark.parametrize("flag", ["--precision", "--schedule"])
def test_choices_are_listed(flag, tmp_path, capsys):
    assert call("--out", tmp_path, flag, "other") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert all(choice in error for choice in (PRECISIONS if flag == "--precision" else SCHEDULES))


def test_a_file_as_out_is_one_line_and_stays(tmp_path, capsys):
    (tmp_path / "out").write_text("mine")
    assert call("--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "is a file" in error and one_line(error.strip())
    assert (tmp_path / "out").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_one_line(digits_file, capsys):
    assert call("--out", "/proc/nowhere/run", "--data", digits_file) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and "/proc/nowhere" in error and one_line(error.strip())


def test_bad_data_is_one_line_and_the_folder_stays_free(tmp_path, capsys):
    """The next try, with other data, must not hear that the folder holds a run."""
    (tmp_path / "text.npz").write_text("not data")
    assert call("--out", tmp_path / "run", "--data", tmp_path / "gone.npz") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: No such data") and one_line(error.strip())
    assert call("--out", tmp_path / "run", "--data", tmp_path / "text.npz") == 2
    assert "is not an .npz" in capsys.readouterr().err
    # 120 digits of ten classes: of the ten that validate, some are alone in their class.
    pictures, labels = np.zeros((120, 28, 28), np.uint8), np.arange(120) % 10
    np.savez(tmp_path / "few.npz", x_train=pictures, y_train=labels, x_test=pictures, y_test=labels)
    assert call("--out", tmp_path / "run", "--data", tmp_path / "few.npz") == 2
    assert "single picture" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("pairs", [8, 16], ids=["in the last step", "before the last interval"])
def test_a_training_that_blows_up_is_one_line_and_leaves_no_model(pairs, digits_file, tmp_path, capsys):
    """A rate of 1e30: the second step ruins the weights. With 8 pairs that is the last one, whose loss was still good."""
    argv = [
        "--out",
        tmp_path / "run",
        "--data",
        digits_file,
        "--localiser",
        "none",
        "--learning-rate",
        "1e30",
    ]
    assert call(*argv, "--batch", 4, "--log-every", 2, "--pairs", pairs) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ") and "finite" in error and "--learning-rate" in error
    assert not (tmp_path / "run" / "model.keras").exists()


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (InputError("Expected a, received b."), 2, "error: Expected a, received b."),
        (EdgeError("No model."), 2, "error: No model."),
        (FileNotFoundError(2, "No such file or directory", "/a/b"), 2, "No such file or directory (/a/b)"),
        (OSError(28, "No space left on device"), 2, "error: No space left on device"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_expected_failures_are_one_line(failure, code, message, capsys):
    def fails():
        raise failure

    assert report_errors(fails) == code
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_full_disk_that_tensorflow_met_is_one_line_and_a_full_memory_is_none(capsys):
    """Both are `ResourceExhaustedError`."""
    import tensorflow as tf

    def fails(words):
        raise tf.errors.ResourceExhaustedError(None, None, words)

    assert report_errors(fails, "run/events.v2; No space left on device\n\tCould not flush events file.") == 2
    error = capsys.readouterr().err
    assert error == "error: No space left on device: check that the place exists and has room\n"
    with pytest.raises(tf.errors.ResourceExhaustedError):
        report_errors(fails, "OOM when allocating tensor")


def test_a_mistake_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        report_errors(lambda: 1 / 0)
    assert report_errors(lambda: None) == 0
    assert report_errors(lambda code: code, 3) == 3


# Kill and resume


class Training:
    """`python -m getnet_tf.train` on little data, a few steps, bit-equal from run to run."""

    def __init__(self, folder, data, options, *more):
        self.folder, self.seen = folder, ""
        self.argv = [
            "--out",
            str(folder),
            "--data",
            str(data),
            *options,
            "--deterministic",
            "--threads",
            "1",
        ]
        command = [sys.executable, "-m", "getnet_tf.train", *self.argv, *more]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, **streams)

    def until(self, words):
        """Waits for a line of output."""
        for line in self.process.stdout:
            self.seen += line
            if words in line:
                break

    def kill_at(self, words):
        """Waits for a line of output, then SIGKILL: exit code, output."""
        self.until(words)
        self.process.send_signal(signal.SIGKILL)
        return self.finished()

    def copy_at(self, words, folder):
        """Waits for a line of output, then makes `folder` what SIGKILL would leave of the run's; the training goes on."""
        self.until(words)
        self.process.send_signal(signal.SIGSTOP)
        now = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert now.si_code == os.CLD_STOPPED, self.seen[-2000:]
        shutil.copytree(self.folder, folder)
        self.process.send_signal(signal.SIGCONT)

    def finished(self):
        """Waits for the end: exit code, output."""
        output, _ = self.process.communicate()
        return self.process.returncode, self.seen + output


@pytest.fixture(scope="module")
def trainings(digits_file, tmp_path_factory):
    """Two runs with the same settings, one of them killed in its second interval: (undisturbed, killed, its rows)."""
    folder = tmp_path_factory.mktemp("runs")
    undisturbed, killed = (
        Training(folder / name, digits_file, OPTIONS) for name in ("undisturbed", "killed")
    )
    code, output = killed.kill_at("Epoch 2/4")
    assert code == -signal.SIGKILL, output[-2000:]
    left = set(os.listdir(killed.folder)), read_log(killed.folder)
    code, output = undisturbed.finished()
    assert code == 0, output[-2000:]
    code, output = Training(killed.folder, digits_file, OPTIONS, "--resume").finished()
    assert code == 0, output[-2000:]
    return undisturbed, killed, left


@pytest.mark.slow
def test_the_killed_run_was_killed_in_the_middle(trainings):
    files, rows = trainings[2]
    assert "state.npz" in files and "model.keras" not in files
    assert 1 <= len(rows) < 4


@pytest.mark.slow
def test_a_resumed_training_ends_where_an_undisturbed_one_does_to_the_bit(trainings):
    undisturbed, killed, _ = trainings
    for name in ("log.csv", "boxes.jsonl", "config.json"):
        assert (killed.folder / name).read_text() == (undisturbed.folder / name).read_text(), name
    (network0, card0), (network1, card1) = (checkpoint.load(run.folder) for run in (undisturbed, killed))
    assert bit_equal(values_of(network0.variables), values_of(network1.variables))
    assert card0.calibration == card1.calibration and card0.scores == card1.scores


@pytest.mark.slow
def test_a_finished_run_holds_what_the_manual_says(trainings):
    folder = trainings[0].folder
    assert set(os.listdir(folder)) == {"model.keras", "log.csv", "boxes.jsonl", "config.json", "tensorboard"}
    assert set(os.listdir(trainings[1].folder)) == set(os.listdir(folder))
    rows = read_log(folder)
    assert [(row["step"], row["phase"]) for row in rows] == [
        ("3", "whole"), ("6", "transformer"), ("9", "transformer"), ("12", "whole"),
    ]  # fmt: skip
    assert {"transformer_loss", "loss", "accuracy", "area", "val_accuracy", "val_iou"} < set(rows[0])
    assert [line["step"] for line in read_boxes(folder)] == [3, 6, 9, 12]


@pytest.mark.slow
def test_the_checkpoint_knows_where_it_comes_from(trainings, settings_of):
    """20 validation digits make 40 pairs, at most one wrong decision fewer than by chance."""
    undisturbed = trainings[0]
    _, card = checkpoint.load(undisturbed.folder)
    assert card.command == " ".join(["python", "-m", "getnet_tf.train", *undisturbed.argv])
    assert card.config == settings_of("--data", undisturbed.argv[3], *OPTIONS)
    assert card.seconds > 0 and card.scores["val_pairs"] == card.calibration.pairs == 40
    assert 0.5 <= card.scores["val_pair_accuracy"] <= 1


@pytest.mark.slow
def test_a_finished_run_is_not_trained_again(trainings, capsys):
    run = trainings[0]
    before = {
        name: (run.folder / name).stat().st_mtime_ns for name in ("model.keras", "log.csv", "boxes.jsonl")
    }
    argv = ["--out", run.folder, "--data", run.argv[3], *OPTIONS]
    assert call(*argv, "--resume") == 0
    assert f"checkpoint: {run.folder / 'model.keras'}" in capsys.readouterr().out
    assert {name: (run.folder / name).stat().st_mtime_ns for name in before} == before

    assert call(*argv) == 2
    assert "holds a run already. Add --resume" in capsys.readouterr().err
    assert call(*argv, "--resume", "--margin", "0.5") == 2
    error = capsys.readouterr().err
    assert "other settings" in error and one_line(error.strip())
