"""`python -m getnet_tf.autolabel`: what it writes and says, and one line with exit code 2 where it can't work."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from autolabel_scenes import OTHER, write, write_reference, write_scenes
from checks import ROOT
from edge_model import write_centroid

from getnet_tf.autolabel import __main__ as command
from getnet_tf.autolabel import formats

THINGS = {"a/1.png": "upper_left", "a/2.png": "lower_right", "b c/3.png": "upper_left"}


@pytest.fixture
def argv(tmp_path):
    """A command line that works: of three pictures two show the thing."""
    write_scenes(tmp_path / "photos", THINGS)
    reference = write_reference(tmp_path, "upper_left")
    model = write_centroid(tmp_path / "model.tflite")
    where = [tmp_path / "photos", "--reference", reference, "--model", model, "--out", tmp_path / "out"]
    return [*map(str, where), "--processes", "1"]


def changed(argv, option, *values):
    """`argv` with other values of an option; no option: the first argument; no value: without it."""
    if not option:
        return [str(values[0]), *argv[1:]]
    place = argv.index(option)
    return [*argv[:place], *([option, *map(str, values)] if values else []), *argv[place + 2 :]]


def files_of(folder):
    """What the formats hold: dict of path -> bytes."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "journal.jsonl")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def one_error_line(capfd, argv):
    """Runs a command line that can't work; returns what it says."""
    assert command.main(argv) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"error: [^\n]+\n", printed.err), printed.err
    return printed.err


def test_a_folder_is_labelled_in_all_formats(tmp_path, capfd, argv):
    assert command.main(argv) == 0
    assert "3 pictures: 2 boxes, 1 without the object, 0 doubtful" in capfd.readouterr().out
    rows = list(csv.DictReader((tmp_path / "out" / "labels.csv").open()))
    assert [(row["path"], row["name"]) for row in rows] == [
        ("a/1.png", "upper_left"),
        ("a/2.png", ""),
        ("b c/3.png", "upper_left"),
    ]
    assert (tmp_path / "out" / "errors.csv").read_text() == "path,reason\n"
    assert len(json.loads((tmp_path / "out" / "coco.json").read_text())["annotations"]) == 2


def test_a_damaged_picture_is_listed_and_the_exit_code_says_so(tmp_path, capfd, argv):
    (tmp_path / "photos" / "a" / "4.png").write_bytes(b"damaged")
    assert command.main(argv) == 1
    assert "1 could not be used, the first is a/4.png" in capfd.readouterr().out
    assert 'a/4.png,"expected a whole picture' in (tmp_path / "out" / "errors.csv").read_text()
    assert not (tmp_path / "out" / "yolo" / "images" / "train" / "a" / "4.png").exists()


def test_what_looks_like_a_picture_and_is_none_is_listed_whenever_it_runs(tmp_path, capfd, argv):
    (tmp_path / "photos" / "a" / "IMG_1.HEIC").write_bytes(b"heic")
    os.mkfifo(tmp_path / "photos" / "=pipe.jpg")
    for _ in range(2):
        assert command.main(argv) == 1
        assert (
            "2 could not be used, the first is =pipe.jpg: expected a picture, found a pipe"
            in capfd.readouterr().out
        )
        rows = list(csv.DictReader((tmp_path / "out" / "errors.csv").open()))
        assert [row["path"] for row in rows] == ["./=pipe.jpg", "a/IMG_1.HEIC"]


def test_a_name_that_label_files_can_not_hold_is_said_before_anything_is_labelled(tmp_path, capfd, argv):
    for name in ("a:b", "bell\a", "caf\udce9", "#1", "=1"):
        path = shutil.copyfile(tmp_path / "upper_left.png", tmp_path / f"{name}.png")
        assert "label files" in one_error_line(capfd, changed(argv, "--reference", path))
    write_scenes(
        tmp_path / "kinds", {f"{name}/{n}.png": "upper_left" for name in ("Cup", "cup") for n in range(2)}
    )
    by_folder = changed([*argv, "--by-folder"], "", tmp_path / "kinds")
    for line in (changed(by_folder, "--reference"), by_folder):
        assert "Cup and cup" in one_error_line(capfd, line)
    assert not (tmp_path / "out" / "labels.csv").exists()


def test_by_folder_with_a_reference_each_nothing_is_cut_out_and_the_folder_gives_the_name(tmp_path, argv):
    """Both pictures show the spot at the lower right; what is asked of the first is how much it is like the other thing."""
    write_scenes(tmp_path / "kinds", dict.fromkeys(("upper_left/1.png", "lower_right/1.png"), "lower_right"))
    references = [write_reference(tmp_path / "things", name) for name in ("upper_left", "lower_right")]
    line = [*changed(argv, "", tmp_path / "kinds"), "--by-folder"]
    place = line.index("--reference")
    line[place : place + 2] = ["--reference", *map(str, references)]
    assert command.main(line) == 1
    rows = list(csv.DictReader((tmp_path / "out" / "labels.csv").open()))
    assert [(row["path"], row["name"], float(row["score"])) for row in rows] == [
        ("lower_right/1.png", "lower_right", 1.0),
        ("upper_left/1.png", "upper_left", OTHER),
    ]
    assert not (tmp_path / "out" / "references").exists()


def test_by_folder_a_nested_folder_is_called_by_its_path_and_a_reference_of_no_folder_is_left_out(
    tmp_path, capfd, argv
):
    write_scenes(tmp_path / "kinds", {"spots/upper_left/1.png": "upper_left"})
    write_reference(tmp_path / "things", "upper_left")
    write_reference(tmp_path / "things", "lower_right")
    line = changed(changed(argv, "--reference", tmp_path / "things"), "", tmp_path / "kinds")
    assert command.main([*line, "--by-folder"]) == 0
    assert "left out, for no folder is called so: lower_right\n" in capfd.readouterr().err
    categories = json.loads((tmp_path / "out" / "coco.json").read_text())["categories"]
    assert [one["name"] for one in categories] == ["spots/upper_left"]


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        (["upper_left", "pen"], "called pen, too; --reference gives upper_left."),
        (["a/upper_left", "b/upper_left"], "found that of a/upper_left, which is called upper_left, too."),
    ],
)
def test_by_folder_every_folder_has_a_reference_of_its_own(tmp_path, capfd, argv, folders, said):
    write_scenes(tmp_path / "kinds", {f"{folder}/1.png": "upper_left" for folder in folders})
    assert said in one_error_line(capfd, [*changed(argv, "", tmp_path / "kinds"), "--by-folder"])
    assert not (tmp_path / "out").exists()


def test_by_folder_what_gives_no_references_leaves_nothing_behind(tmp_path, capfd, argv):
    """Of `b` there is one picture alone, which says nothing of what is common."""
    write_scenes(tmp_path / "kinds", dict.fromkeys(("a/1.png", "a/2.png", "b/1.png"), "upper_left"))
    line = changed(changed([*argv, "--by-folder"], "--reference"), "", tmp_path / "kinds")
    assert "found 1" in one_error_line(capfd, line)
    assert not (tmp_path / "out").exists()


def test_a_doubtful_label_is_counted_and_the_exit_code_says_so(tmp_path, capfd, argv):
    """By folder all is kept. A view cut out around the spot is bright in all quadrants: about 1 away, a score of about 0.25."""
    write_scenes(tmp_path / "cups", {f"cup/{n}.png": "upper_left" for n in range(3)})
    assert command.main(changed(changed([*argv, "--by-folder"], "--reference"), "", tmp_path / "cups")) == 1
    assert "3 boxes, 0 without the object, 3 doubtful" in capfd.readouterr().out


def test_a_second_run_labels_nothing_again(tmp_path, argv, monkeypatch):
    assert command.main(argv) == 0
    before = files_of(tmp_path / "out")
    monkeypatch.setattr(
        "getnet_tf.autolabel.process_pool.Labeller", lambda job: pytest.fail("loaded a model")
    )
    assert command.main(argv) == 0
    assert files_of(tmp_path / "out") == before


def test_new_pictures_are_added_and_removed_ones_leave(tmp_path, capfd, argv):
    assert command.main(argv) == 0
    write_scenes(tmp_path / "photos", {"c/4.png": "upper_left"})
    (tmp_path / "photos" / "a" / "1.png").unlink()
    assert command.main(argv) == 0
    rows = list(csv.DictReader((tmp_path / "out" / "labels.csv").open()))
    assert [row["path"] for row in rows] == ["a/2.png", "b c/3.png", "c/4.png"]
    assert not (tmp_path / "out" / "voc" / "Annotations" / "a" / "1.xml").exists()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.99])
def test_a_run_that_was_cut_off_ends_like_an_undisturbed_one(tmp_path, argv, share):
    assert command.main(argv) == 0
    before, journal = files_of(tmp_path / "out"), tmp_path / "out" / "journal.jsonl"
    content = journal.read_bytes()
    journal.write_bytes(content[: int(len(content) * share)])
    for name in ("coco.json", "labels.csv"):
        (tmp_path / "out" / name).unlink()
    (tmp_path / "out" / ".partial" / "voc").mkdir(parents=True)
    assert command.main(argv) == 0
    assert files_of(tmp_path / "out") == before


def test_by_folder_a_kill_before_the_first_label_is_gone_on_from(tmp_path, capfd, argv, monkeypatch):
    write_scenes(tmp_path / "cups", {f"cup/{n}.png": "upper_left" for n in range(3)})
    argv = changed(changed([*argv, "--by-folder"], "--reference"), "", tmp_path / "cups")

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    for name in ("write_text", "labelled"):  # with the references cut and not listed; with them listed
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(command, name, killed)
            command.main(argv)
    assert command.main(argv) == 1
    assert "3 boxes" in capfd.readouterr().out


def test_other_settings_need_overwrite(tmp_path, capfd, argv):
    assert command.main(argv) == 0
    before = files_of(tmp_path / "out")
    other = changed(argv, "--reference", write_reference(tmp_path, "lower_right"))
    capfd.readouterr()
    assert "--overwrite" in one_error_line(capfd, other)
    assert files_of(tmp_path / "out") == before
    assert command.main([*other, "--overwrite"]) == 0
    assert "1 boxes, 2 without" in capfd.readouterr().out
    assert command.main(other) == 0


def test_overwrite_loses_nothing_before_there_is_something_new(tmp_path, capfd, argv):
    assert command.main(argv) == 0
    (tmp_path / "out" / "weights.bin").write_bytes(b"trained for a week")
    capfd.readouterr()
    one_error_line(capfd, [*changed(argv, "--reference", tmp_path / "missing.png"), "--overwrite"])
    one_error_line(capfd, [*changed(argv, "--model", tmp_path / "upper_left.png"), "--overwrite"])
    assert command.main(argv) == 0
    assert command.main([*argv, "--overwrite"]) == 0
    assert (tmp_path / "out" / "weights.bin").exists()


def test_what_cannot_work_is_one_line_and_writes_nothing(tmp_path, capfd, argv):
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.tflite").write_bytes(b"no model")
    blank = write(tmp_path / "blank.png", np.full((48, 64, 3), 90, np.uint8))
    write_scenes(tmp_path / "twins", {"1.png": "upper_left", "1.jpg": "upper_left"})
    bad = {
        "missing folder": changed(argv, "", tmp_path / "missing"),
        "empty folder": changed(argv, "", tmp_path / "empty"),
        "a file": changed(argv, "", blank),
        "missing reference": changed(argv, "--reference", tmp_path / "missing.png"),
        "blank reference": changed(argv, "--reference", blank),
        "no model": changed(argv, "--model", tmp_path / "no.tflite"),
        "missing model": changed(argv, "--model", tmp_path / "missing.tflite"),
        "no checkpoint": changed(argv, "--model", tmp_path / "empty"),
        "no processes": changed(argv, "--processes", 0),
        "nothing asked for": changed(argv, "--reference"),
        "decisions and a reference": [*argv, "--apply", str(tmp_path / "decisions.json")],
        "one name twice": changed(argv, "", tmp_path / "twins"),
    }
    for what, line in bad.items():
        one_error_line(capfd, line)
        assert not (tmp_path / "out").exists(), what


def test_a_foreign_folder_or_a_file_is_not_written_to(tmp_path, capfd, argv):
    (tmp_path / "mine" / "references").mkdir(parents=True)
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    for out in (tmp_path / "mine", tmp_path / "upper_left.png", tmp_path / "upper_left.png" / "below"):
        one_error_line(capfd, [*changed(argv, "--out", out), "--overwrite"])
        assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_is_one_line_and_going_on_is_possible(tmp_path, capfd, argv, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(formats, "labels_csv", full)
        assert "No space left on device" in one_error_line(capfd, argv)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["journal.jsonl"]
    assert command.main(argv) == 0


def test_a_package_that_is_missing_is_named_with_the_extra_that_brings_it(capfd, argv, without_modules):
    without_modules("tqdm")
    assert "pip install -e '.[label]'" in one_error_line(capfd, argv)


RUN_BLOCKED = """
import sys

BLOCKED = {"tensorflow", "keras", "tf_keras", "sklearn", "matplotlib", "tensorflow_datasets", "mlxtend"}

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in BLOCKED:
            raise ImportError("blocked: " + name)

sys.meta_path.insert(0, Blocked())
from getnet_tf.autolabel.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_tflite_file_needs_no_tensorflow(argv):
    run = subprocess.run([sys.executable, "-c", RUN_BLOCKED, *argv], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stdout.split(".")[0]) == (
        0,
        "3 pictures: 2 boxes, 1 without the object, 0 doubtful",
    ), run.stderr


@pytest.mark.parametrize(
    ("number", "send"),
    [(signal.SIGINT, os.killpg), (signal.SIGHUP, os.killpg), (signal.SIGTERM, os.kill)],
    ids=["Ctrl-C", "terminal", "service"],
)
def test_whoever_asks_it_to_end_what_was_done_is_kept(tmp_path, argv, number, send):
    """Ctrl-C, and a terminal's end, reach its processes, too; 4,000 pictures take longer than it takes to press it."""
    first = tmp_path / "photos" / "a" / "1.png"
    for n in range(4000):
        os.link(first, tmp_path / "photos" / f"{n}.png")
    line = [sys.executable, "-m", "getnet_tf.autolabel", *changed(argv, "--processes", 2)]
    # Of a test run in the background of a shell, Ctrl-C is ignored, and so it would be here.
    heard = {"start_new_session": True, "preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE, text=True, **heard) as run:
        journal = tmp_path / "out" / "journal.jsonl"
        # Its first line says of which labelling it is, the second is a picture's.
        while run.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < 2):
            time.sleep(0.005)
        send(run.pid, number)
        printed = run.stderr.read()
    assert (run.returncode, printed.splitlines()[-1]) == (130, "interrupted: what was finished is kept")
    assert "Traceback" not in printed and "resource_tracker" not in printed
    done = journal.read_text().splitlines()
    assert 2 <= len(done) < 4004
    assert json.loads(done[-1])["label"]["width"] == 40
    assert os.listdir(tmp_path / "out") == ["journal.jsonl"]


@pytest.mark.parametrize("name", ["voc", "coco.json", "journal.jsonl", "references", "review.html"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_link_or_a_pipe_in_the_place_of_labels_is_said_before_any_work(tmp_path, capfd, argv, name, kind):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).symlink_to(tmp_path) if kind == "link" else os.mkfifo(tmp_path / "out" / name)
    capfd.readouterr()  # of the scenes
    said = one_error_line(capfd, changed(argv, "--model", tmp_path / "none.tflite"))
    assert f"received: a {kind} called {name}." in said


def test_files_of_others_among_the_labels_are_said_before_any_work_and_when_decisions_are_applied(
    tmp_path, capfd, argv
):
    assert command.main(argv) == 0
    capfd.readouterr()
    mine = tmp_path / "out" / "yolo" / "runs" / "best.pt"
    mine.parent.mkdir()
    mine.write_bytes(b"trained for a week")
    label = changed(argv, "--model", tmp_path / "none.tflite")
    apply = [*changed(argv, "--reference"), "--apply", str(tmp_path / "none.json")]
    for line in (label, [*label, "--overwrite"], apply):
        assert "received: 'yolo/runs/best.pt'. Move it" in one_error_line(capfd, line)
    mine.unlink()
    assert command.main([*argv, "--overwrite"]) == 0


def test_a_link_in_the_place_of_an_unfinished_writing_is_removed_and_not_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".partial").symlink_to(tmp_path / "outside")
    formats.write(tmp_path / "out", None, ["cup"], [], [])
    assert sorted(os.listdir(tmp_path / "out")) == sorted(formats.FORMATS)
    assert not os.listdir(tmp_path / "outside")
