"""The command lines: what they write and print, and one line with exit code 2 where it can't work."""

import json
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from edge_layout import frame, reddish, twin, write_twins
from edge_model import write_centroid, write_palette

from edge_demo import __main__ as command
from edge_demo.camera import sim
from edge_demo.model import shipped

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return str(write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite"))


@pytest.fixture
def cup(tmp_path):
    """A reference whose upper left quadrant alone is bright: embedding (1, 0, 0, 0)."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 200
    cv2.imwrite(str(tmp_path / "cup.png"), picture)
    return str(tmp_path / "cup.png")


@pytest.fixture
def folder(tmp_path):
    """Three frames of 40x24: bright at the upper left, at the lower right, at the upper left."""
    (tmp_path / "frames").mkdir()
    for index, (x, y) in enumerate([(10, 6), (30, 16), (12, 4)]):
        frame_bgr_u8 = np.zeros((24, 40, 3), np.uint8)
        frame_bgr_u8[y : y + 2, x : x + 2] = 255
        cv2.imwrite(str(tmp_path / "frames" / f"{index}.png"), frame_bgr_u8)
    return str(tmp_path / "frames")


def one_error_line(capfd, *argv):
    """Runs a command line that can't work; returns what it says."""
    assert command.main([str(part) for part in argv]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert re.fullmatch(r"error: [^\n]+\n", printed.err), printed.err
    return printed.err


def read_when_long_enough(path, text):
    """What a command that was started has written, once it is as long as a text or has had half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not (path.exists() and len(path.read_text()) >= len(text)):
        time.sleep(0.05)
    return path.read_text()


def test_a_folder_is_watched_headless(tmp_path, capfd, model, cup, folder):
    """Frames 0 and 2 look like the reference; 1 is sqrt(2) away, of score 0.5 - (sqrt(2) - 0.5) / 2."""
    out = tmp_path / "out"
    argv = ["--model", model, "--reference", cup, "--source", folder, "--headless", "--out", str(out)]
    assert command.main(argv) == 0
    printed = capfd.readouterr()
    assert printed.err == ""
    assert re.fullmatch(
        rf"3 frames, 2 with a match, median latency [\d.]+ ms, [\d.]+ frames/s; "
        rf"wrote {' and '.join(re.escape(str(out / name)) for name in ('video.mp4', 'frames.jsonl', 'events.jsonl'))}\n",
        printed.out,
    )
    lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2]
    assert all(set(line) == {"frame", "latency_ms", "objects"} for line in lines)
    objects = [line["objects"] for line in lines]
    assert all(len(found) == 1 and found[0]["name"] == "cup" for found in objects)
    assert [found[0]["match"] for found in objects] == [True, False, True]
    assert [found[0]["score"] for found in objects] == pytest.approx([1, 0.0429, 1], abs=1e-4)
    assert objects[0][0]["box_px"] == [5.25, 0.5, 16.75, 13.5]


def test_of_pictures_that_are_no_film_each_match_is_seen_by_itself(tmp_path, capfd, model, cup, folder):
    """Pictures 0 and 2 show the cup, 1 does not: two snapshots, two lines and two commands, and nothing is gone."""
    seen, told = tmp_path / "seen", tmp_path / "told"
    code = f"import os; open({str(told)!r}, 'a').write(os.environ['GETNET_NAME'] + ' ')"
    argv = ["--model", model, "--reference", cup, "--source", folder, "--headless", "--snapshots", str(seen)]
    assert command.main([*argv, "--on-seen", shlex.join([sys.executable, "-c", code])]) == 0
    assert capfd.readouterr().out.startswith("3 frames, 2 with a match")
    events = [json.loads(line) for line in (seen / "events.jsonl").read_text().splitlines()]
    assert [(event["event"], event["frame"]) for event in events] == [("seen", 0), ("seen", 2)]
    assert sorted(path.name for path in seen.glob("*Z-cup.jpg")) == [event["snapshot"] for event in events]
    assert read_when_long_enough(told, "cup cup ") == "cup cup "


def test_every_reference_has_an_entry_in_every_line(tmp_path, model, cup, folder):
    cv2.imwrite(str(tmp_path / "pen.png"), cv2.flip(cv2.imread(cup), -1))
    out = tmp_path / "out"
    references = [cup, str(tmp_path / "pen.png")]
    argv = ["--model", model, "--reference", *references, "--source", folder, "--headless", "--out", str(out)]
    assert command.main([*argv, "--max-frames", "2"]) == 0
    lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
    found = [[(item["name"], item["match"]) for item in line["objects"]] for line in lines]
    assert found == [[("cup", True), ("pen", False)], [("cup", False), ("pen", True)]]


def test_the_simulated_camera_brings_its_own_reference(tmp_path, capfd, model):
    out = tmp_path / "out"
    argv = ["--model", model, "--source", "sim", "--headless", "--out", str(out), "--max-frames", "4"]
    assert command.main(argv) == 0
    assert capfd.readouterr().out.startswith("4 frames, ")
    line = json.loads((out / "frames.jsonl").read_text().splitlines()[0])
    assert line["objects"][0]["name"] == f"digit {sim.SimCamera(0).target}"


@pytest.mark.parametrize(
    "options, answers", [([], [(True, True), (False, False)]), (["--kinds"], [(None, True)] * 2)]
)
def test_pictures_of_a_folder_are_searched_for_this_one(tmp_path, capfd, options, answers):
    """A thing that lies where no look at the whole goes; then its twin, which is of its kind."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    cv2.imwrite(str(tmp_path / "cup.png"), reddish())
    for number, scene in enumerate([frame((reddish(), (150, 75))), frame((twin(), (160, 80)))]):
        cv2.imwrite(str(pictures / f"{number}.png"), scene)
    model, out = write_twins(tmp_path / "twins.tflite"), tmp_path / "out"
    shown = ["--reference", str(tmp_path / "cup.png"), "--source", str(pictures), "--model", str(model)]
    assert command.main([*shown, "--headless", "--out", str(out), *options]) == 0
    assert " looks a frame" not in capfd.readouterr().out
    found = [json.loads(line)["objects"][0] for line in (out / "frames.jsonl").read_text().splitlines()]
    assert [(one["same"], one["match"]) for one in found] == answers
    assert found[1]["kind_score"] > 0.9


def test_match_prints_the_score_and_the_box(tmp_path, capfd, model, cup, folder):
    scene = f"{folder}/0.png"
    assert command.main(["match", cup, scene, "--model", model]) == 0
    assert capfd.readouterr() == (
        "score: 100.0 %, a match (level 75 %, distance 0.000)\n"
        f"box:   5.3, 0.5, 16.8, 13.5 (xmin, ymin, xmax, ymax in pixels of {scene})\n",
        "",
    )


def test_match_prints_json(capfd, model, cup, folder):
    assert command.main(["match", cup, f"{folder}/1.png", "--model", model, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    places = {"box_px", "outline_px", "angle_deg", "others"}
    assert set(found) == {"score", "kind_score", "same", "match", "distance"} | places
    assert not found["match"] and found["same"] is None and found["kind_score"] == found["score"]
    assert found["distance"] == pytest.approx(np.sqrt(2), abs=1e-5)


def test_a_joined_model_runs_by_the_same_command(tmp_path, capfd, cup, folder):
    model = write_palette(tmp_path / "palette.tflite")
    assert command.main(["match", cup, f"{folder}/0.png", "--model", str(model), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["box_px"] == [0, 0, 40, 24]


def test_what_cannot_work_is_one_line_and_leaves_nothing_behind(tmp_path, capfd, model, cup, folder):
    blank, empty = tmp_path / "blank.png", tmp_path / "empty"
    cv2.imwrite(str(blank), np.full((50, 50, 3), 99, np.uint8))
    empty.mkdir()
    out = tmp_path / "out"
    headless = ["--headless", "--out", out]
    given = ["--model", model, "--reference", cup]
    sim_run = ["--model", model, "--source", "sim", *headless]
    assert "Camera 96 " in one_error_line(capfd, *given, "--source", "96", *headless)
    stream = one_error_line(capfd, *given, "--source", "rtsp://admin:secret@127.0.0.1:1/a", *headless)
    assert "rtsp://***@127.0.0.1:1/a gives no picture" in stream
    assert "expected pictures" in one_error_line(capfd, *given, "--source", empty, *headless)
    assert "found nothing there" in one_error_line(capfd, *given, "--source", empty / "none.mp4", *headless)
    assert "blank" in one_error_line(capfd, *sim_run, "--reference", blank)
    assert "no such file" in one_error_line(capfd, *sim_run, "--reference", empty / "none.png")
    assert "share a name" in one_error_line(capfd, *sim_run, "--reference", cup, cup)
    assert "expected a TFLite model" in one_error_line(capfd, "--model", cup, "--source", "sim", *headless)
    assert "No reference" in one_error_line(capfd, "--model", model, "--source", folder, *headless)
    assert "--out DIR, --snapshots DIR or --mqtt ADDRESS" in one_error_line(capfd, *given, "--headless")
    assert "expected mqtt://" in one_error_line(capfd, *given, "--headless", "--mqtt", "http://u:p@h")
    assert "--headless or --web with --out" in one_error_line(capfd, *given, "--out", out)
    assert "two folders" in one_error_line(
        capfd, *given, "--headless", "--out", out, "--snapshots", out / ".." / "out"
    )
    assert "--snapshots DIR with --limit" in one_error_line(capfd, *given, "--limit", "5")
    assert "empty folder" in one_error_line(capfd, *given, "--source", folder, "--headless", "--out", folder)
    assert "expected a picture" in one_error_line(capfd, "match", cup, empty / "none.png", "--model", model)
    assert not out.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blank.png", "cup.png", "empty", "frames"]


def test_a_black_frame_that_the_model_fails_on_ends_the_recording_before_it(
    tmp_path, capfd, model, cup, folder
):
    cv2.imwrite(f"{folder}/9.png", np.zeros((24, 40, 3), np.uint8))
    argv = ["--model", model, "--reference", cup, "--source", folder, "--headless", "--out", tmp_path / "out"]
    assert "not finite" in one_error_line(capfd, *argv)
    assert len((tmp_path / "out" / "frames.jsonl").read_text().splitlines()) == 3
    assert len(decoded(tmp_path / "out" / "video.mp4")) == 3


def test_without_any_model_the_way_to_one_is_named(tmp_path, capfd, monkeypatch, cup):
    monkeypatch.setattr(shipped, "SHIPPED_MODEL", tmp_path / "none.tflite")
    assert "python export/to_tflite.py" in one_error_line(capfd, "match", cup, cup)


def test_the_shipped_model_is_used_without_another(capfd, monkeypatch, model, cup):
    monkeypatch.setattr(shipped, "SHIPPED_MODEL", Path(model))
    assert command.main(["match", cup, cup]) == 0
    assert "100.0 %" in capfd.readouterr().out


@pytest.fixture
def no_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")


def test_without_a_display_the_window_is_refused_in_one_line(capfd, model, cup, folder, no_display):
    given = ("--model", model, "--source", folder)
    assert "No display" in one_error_line(capfd, *given, "--reference", cup)
    assert "none.png: expected a picture" in one_error_line(capfd, *given, "--reference", "none.png")


def test_the_simulated_camera_runs_without_a_display_and_says_so(capfd, model, no_display):
    assert command.main(["--model", model, "--source", "sim"]) == 0
    printed = capfd.readouterr()
    assert printed.out.startswith("300 frames")
    assert printed.err.startswith("No display") and printed.err.endswith("for 300 frames.\n")


@pytest.mark.parametrize("command_line", [[], ["match"], ["gallery"], ["demo"]])
def test_help_states_a_default_once_and_only_where_there_is_one(capfd, command_line):
    with pytest.raises(SystemExit):
        command.main([*command_line, "--help"])
    said = " ".join(capfd.readouterr().out.split())
    assert "(default: 1)" in said  # thread
    assert not re.search(r"default: (None|False|\(\))|\(default[^)]*\) \(default", said)


@pytest.mark.parametrize("argv", [["--help"], ["match", "--help"]])
def test_help_is_the_manual(capfd, argv):
    with pytest.raises(SystemExit) as caught:
        command.main(argv)
    assert caught.value.code == 0
    assert "--model" in capfd.readouterr().out


@pytest.mark.parametrize(
    "argv", [["--sauce", "sim"], ["--max-frames", "0"], ["--threads", "two"], ["match", "one.png"]]
)
def test_a_wrong_option_is_refused(argv):
    with pytest.raises(SystemExit) as caught:
        command.main(argv)
    assert caught.value.code == 2


def decoded(path):
    capture = cv2.VideoCapture(str(path))
    return [frame for _, frame in iter(capture.read, (False, None))]


def started(*argv, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "edge_demo", *map(str, argv)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def ended(process):
    try:
        return process.communicate(timeout=30)
    finally:
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_endless_run_that_is_stopped_keeps_a_valid_recording(tmp_path, model, number):
    out = tmp_path / "out"
    process = started("--model", model, "--source", "sim", "--headless", "--out", out)
    lines = out / "frames.jsonl"
    deadline = time.monotonic() + 30
    while not (lines.exists() and lines.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    stdout, stderr = ended(process)
    assert (process.returncode, stderr) == (0, "")
    count = int(re.match(r"(\d+) frames, ", stdout)[1])
    assert len([json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]) == count
    assert len(decoded(out / "video.mp4")) == count
    assert sorted(path.name for path in out.iterdir()) == ["frames.jsonl", "video.mp4"]


def test_a_full_disk_is_one_line_and_keeps_the_log(tmp_path, model):
    """A limit of 100 kB per file stands in for the disk: frames of noise pass it before a segment is closed."""
    out = tmp_path / "out"

    def limit_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    process = started("--model", model, "--source", "sim", "--headless", "--out", out, preexec_fn=limit_files)
    stdout, stderr = ended(process)
    assert process.returncode == 2
    assert stdout == ""
    assert re.fullmatch(r"error: .*expected to write video\.mp4 and frames\.jsonl, .*\n", stderr), stderr
    assert [path.name for path in out.iterdir()] == ["frames.jsonl"]
    assert all(json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines())


def test_references_stay_in_a_gallery_for_the_next_run(tmp_path, capfd, model, cup, folder):
    """Frames 0 and 2 look like the cup; the pen's view, a half turn of it, looks like frame 1."""
    gallery, runs = str(tmp_path / "things"), []
    cv2.imwrite(str(tmp_path / "pen.png"), cv2.flip(cv2.imread(cup), -1))
    for number, references in enumerate(([cup, str(tmp_path / "pen.png")], [])):
        out = tmp_path / f"out{number}"
        argv = ["--model", model, "--gallery", gallery, "--source", folder, "--headless", "--out", str(out)]
        assert command.main([*argv, *(["--reference", *references] if references else [])]) == 0
        lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
        runs.append([[(item["name"], item["match"]) for item in line["objects"]] for line in lines])
    assert runs[0] == runs[1]
    assert runs[0] == [[("cup", match), ("pen", not match)] for match in (True, False, True)]
    capfd.readouterr()
    assert command.main(["gallery", gallery, "--model", model, "--delete", "pen"]) == 0
    assert capfd.readouterr() == ("cup: 1 view\n", "")


def test_two_views_of_one_object_are_one_entry(tmp_path, capfd, model, cup):
    views = tmp_path / "mug"
    views.mkdir()
    cv2.imwrite(str(views / "a.png"), cv2.imread(cup))
    cv2.imwrite(str(views / "b.png"), cv2.flip(cv2.imread(cup), -1))
    gallery = str(tmp_path / "things")
    assert command.main(["gallery", gallery, "--model", model]) == 0
    assert command.main(["gallery", gallery, "--model", model, "--add", str(tmp_path)]) == 0
    assert capfd.readouterr().out == f"{gallery}: no objects\ncup: 1 view\nmug: 2 views\n"


def test_what_cannot_be_with_galleries_and_commands_is_one_line(tmp_path, capfd, model, cup, folder):
    headless = ["--model", model, "--source", folder, "--headless", "--out", tmp_path / "out"]
    assert "No reference" in one_error_line(capfd, *headless, "--gallery", tmp_path / "none")
    assert "folder of objects" in one_error_line(capfd, *headless, "--gallery", cup)
    assert "--on-seen" in one_error_line(capfd, *headless, "--reference", cup, "--on-seen", "no-such-program")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "expected pictures" in one_error_line(capfd, *headless, "--reference", empty)
    assert "name of an object" in one_error_line(capfd, "gallery", empty, "--model", model, "--delete", "x")
    assert not (tmp_path / "out").exists()


def test_a_film_of_the_object_is_an_event_and_runs_the_command_once(tmp_path, capfd, model, cup):
    """Two seconds of black with a spot at 10 frames a second: seen once, 0.3 s after the first frame."""
    film, out, told = tmp_path / "film.mp4", tmp_path / "out", tmp_path / "told"
    video = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (80, 48))
    frame_bgr_u8 = np.zeros((48, 80, 3), np.uint8)
    frame_bgr_u8[8:16, 16:24] = 255
    for _ in range(20):
        video.write(frame_bgr_u8)
    video.release()
    code = f"import os; open({str(told)!r}, 'a').write(os.environ['GETNET_NAME'] + ' ')"
    argv = ["--model", model, "--reference", cup, "--source", str(film), "--headless", "--out", str(out)]
    assert command.main([*argv, "--on-seen", shlex.join([sys.executable, "-c", code])]) == 0
    assert capfd.readouterr().out.endswith(f"frames.jsonl and {out / 'events.jsonl'}\n")
    (line,) = (out / "events.jsonl").read_text().splitlines()
    event = json.loads(line)
    assert (event["event"], event["name"], event["frame"]) == ("seen", "cup", 3)
    assert read_when_long_enough(told, "cup ") == "cup "


def test_a_match_can_be_looked_for_with_more_effort(tmp_path, capfd, cup, folder):
    """By 37 looks instead of one, of a model that knows kinds alone: at all parts of a black frame but for a white spot of 2 pixels."""
    palette = str(write_palette(tmp_path / "palette.tflite"))
    distances = []
    for effort in ("quick", "normal", "thorough"):
        assert (
            command.main(["match", cup, f"{folder}/0.png", "--model", palette, "--json", "--effort", effort])
            == 0
        )
        distances.append(json.loads(capfd.readouterr().out)["distance"])
    assert distances[0] == distances[1] != distances[2]


def test_a_film_says_how_often_it_looked_and_pictures_of_a_folder_are_all_looked_at(
    tmp_path, capfd, model, cup, folder
):
    """A film of the simulated camera, at every frame of which a thorough run looks, once for its one object or more."""
    arguments = ["--model", model, "--reference", cup, "--headless"]
    pictures, film = ([*arguments, "--source", source] for source in (folder, "sim"))
    assert command.main([*pictures, "--out", str(tmp_path / "pictures")]) == 0
    assert "looks" not in capfd.readouterr().out
    film += ["--effort", "thorough", "--max-frames", "3"]
    assert command.main([*film, "--out", str(tmp_path / "film")]) == 0
    assert " looks a frame; wrote" in capfd.readouterr().out
    for name in ("pictures", "film"):
        lines = (tmp_path / name / "frames.jsonl").read_text().splitlines()
        assert [json.loads(line)["objects"][0]["looked"] for line in lines] == [True] * 3
