"""`match`, of a model that tells a thing from its twin, for two pictures and for many."""

import json
import os
import re

import cv2
import numpy as np
import pytest
from checks import line_of
from edge_layout import frame, reddish, twin, write_twins

from edge_demo import __main__ as command
from edge_demo.commands import pairs
from edge_demo.model.geometry import iou

PLACE_PX = (160, 80, 240, 160)


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return str(write_twins(tmp_path_factory.mktemp("twins") / "twins.tflite"))


@pytest.fixture
def folder(tmp_path):
    """A thing, its twin and a blank picture, and scenes: one of it, two of it beside a twin, a twin alone."""
    pictures = {
        "cup": reddish(),
        "twin": twin(),
        "blank": np.full((80, 80, 3), 99, np.uint8),
        "one": frame((reddish(), PLACE_PX[:2])),
        "two": frame((reddish(), (30, 35)), (reddish(), (220, 215)), (twin(), (200, 20))),
        "like": frame((twin(), PLACE_PX[:2])),
    }
    for name, picture in pictures.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    return tmp_path


def match(folder, model, *argv):
    return command.main(["match", *(str(folder / one) for one in argv[:2]), "--model", model, *argv[2:]])


def batch(folder, model, text, *argv):
    """Runs a batch of pairs; its exit code."""
    (folder / "pairs.csv").write_text(text)
    fixed = ["--pairs", str(folder / "pairs.csv"), "--out", str(folder / "found.jsonl"), "--model", model]
    return command.main(["match", *fixed, *argv])


def lines(folder):
    return [json.loads(line) for line in (folder / "found.jsonl").read_text().splitlines()]


def test_in_words_it_is_this_one_and_so_many_more_are(folder, model, capfd):
    assert match(folder, model, "cup.png", "two.png") == 0
    text = capfd.readouterr().out
    assert re.match(
        r"score: 9\d\.\d %, this one \(level 75 %, its kind \d\d\.\d %, distance 0\.\d+\)\n", text
    )
    assert re.search(
        r"\nmore:  1 of this one\n       [\d.]+, [\d.]+, [\d.]+, [\d.]+, score [89]\d\.\d %\n$", text
    )


def test_in_words_its_twin_is_one_like_it(folder, model, capfd):
    assert match(folder, model, "cup.png", "like.png") == 0
    text = capfd.readouterr().out
    assert "one like it" in text and "more:" not in text


def test_a_match_begins_at_the_level(folder, model, capfd):
    """The twin has a score of 15 %."""
    for level, verdict in (("10", "this one"), ("20", "one like it")):
        assert match(folder, model, "cup.png", "like.png", "--level", level) == 0
        assert f", {verdict} (level {level} %, " in capfd.readouterr().out
        assert (
            batch(folder, model, "reference,picture\ncup.png,like.png\n", "--level", level, "--overwrite")
            == 0
        )
        assert lines(folder)[0]["match"] == (verdict == "this one")


def test_who_asks_for_kinds_gets_a_match(folder, model, capfd):
    assert match(folder, model, "cup.png", "like.png", "--kinds") == 0
    assert ", a match (level 75 %" in capfd.readouterr().out


def test_each_pair_is_a_line_in_order_with_what_json_says(folder, model, capfd):
    """Of columns in any order, further ones among them; paths may be absolute."""
    text = f"picture,note,reference\ntwo.png,a,cup.png\n{folder / 'like.png'},,cup.png\none.png,b,twin.png\n"
    assert batch(folder, model, text) == 0
    assert capfd.readouterr() == (f"3 pairs: 1 found; wrote {folder / 'found.jsonl'}\n", "")
    both, like, other = lines(folder)
    assert (both["reference"], both["picture"]) == ("cup.png", "two.png")
    assert [line["same"] for line in (both, like, other)] == [True, False, False]
    assert [line["match"] for line in (both, like, other)] == [True, False, False]
    assert like["picture"] == str(folder / "like.png") and iou(like["box_px"], PLACE_PX) > 0.95
    assert len(both["others"]) == 1 and set(both["others"][0]) == {"box_px", "score"}
    assert match(folder, model, "cup.png", "two.png", "--json") == 0
    assert json.loads(capfd.readouterr().out) == {
        key: value for key, value in both.items() if key not in pairs.COLUMNS
    }


def test_a_bad_row_is_a_line_that_says_why_and_the_others_are_compared(folder, model, capfd):
    text = "reference,picture\ncup.png,gone.png\ncup.png,a\0b.png\nblank.png,one.png\n,one.png\ncup.png\ncup.png,one.png\n"
    assert batch(folder, model, text) == 2
    printed = capfd.readouterr()
    assert re.fullmatch(r"error: 5 of 6 pairs could not be compared; [^\n]+\n", printed.err)
    *bad, good = lines(folder)
    reasons = ("found no such file", "zero byte", "received a blank one", "no reference", "no picture")
    for line, reason in zip(bad, reasons, strict=True):
        assert reason in line["error"] and set(line) == {"reference", "picture", "error"}
    assert good["match"]


def test_a_reference_is_described_once_and_a_picture_that_stays_is_read_once(folder, model, monkeypatch):
    read = []
    read_picture = pairs.read_picture
    monkeypatch.setattr(pairs, "read_picture", lambda path: read.append(path.name) or read_picture(path))
    assert (
        batch(folder, model, "reference,picture\ncup.png,one.png\ntwin.png,one.png\ncup.png,like.png\n") == 0
    )
    assert sorted(read) == ["cup.png", "like.png", "one.png", "twin.png"]


def test_lines_that_are_there_stay_unless_they_may_be_overwritten(folder, model, capfd):
    (folder / "found.jsonl").write_text("mine\n")
    assert batch(folder, model, "reference,picture\n") == 2
    assert re.fullmatch(r"error: [^\n]+ add --overwrite\.\n", capfd.readouterr().err)
    assert (folder / "found.jsonl").read_text() == "mine\n"
    assert batch(folder, model, "reference,picture\ncup.png,one.png\n", "--overwrite") == 0
    assert len(lines(folder)) == 1


def test_a_run_that_ends_early_leaves_nothing_half_written(folder, model, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pairs, "match_fields", interrupted)
    assert batch(folder, model, "reference,picture\ncup.png,one.png\n") == 130
    assert not [path for path in folder.iterdir() if "found" in path.name]


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "received: none"),
        (b"reference;picture\na;b\n", "received: reference;picture"),
        (b"\xff\xfe\x00", "expected a CSV file in UTF-8"),
        (b"reference,picture\n" + b"x" * 200_000, "field larger than field limit"),
    ],
)
def test_a_file_that_is_no_list_of_pairs_is_one_line(folder, model, capfd, content, reason):
    (folder / "pairs.csv").write_bytes(content)
    argv = ["--pairs", str(folder / "pairs.csv"), "--out", str(folder / "found.jsonl"), "--model", model]
    assert command.main(["match", *argv]) == 2
    error = capfd.readouterr().err
    assert re.fullmatch(r"error: [^\n]+\n", error) and reason in error
    assert not (folder / "found.jsonl").exists()


@pytest.mark.parametrize(
    "argv",
    [
        ["--pairs", "pairs.csv"],
        ["cup.png", "one.png", "--out", "found.jsonl"],
        ["cup.png", "one.png", "--overwrite"],
        ["cup.png", "one.png", "--pairs", "pairs.csv", "--out", "found.jsonl"],
        ["--json", "--pairs", "pairs.csv", "--out", "found.jsonl"],
        ["--pairs", "gone.csv", "--out", "found.jsonl"],
    ],
)
def test_what_does_not_go_together_is_one_line(argv, capfd):
    assert command.main(["match", *argv]) == 2
    assert re.fullmatch(r"error: [^\n]+\n", capfd.readouterr().err)


def test_progress_is_for_whoever_looks(folder, model, monkeypatch, capfd):
    monkeypatch.setattr(pairs.sys.stderr, "isatty", lambda: True)
    assert batch(folder, model, "reference,picture\ncup.png,one.png\n") == 0
    assert capfd.readouterr().err == "\r0 of 1 pairs\r1 of 1 pairs\n"


def test_pairs_that_are_a_pipe_are_one_line(model, tmp_path, capfd):
    """Nobody writes to it: whoever opened it would wait for ever."""
    os.mkfifo(tmp_path / "pairs.csv")
    argv = ["match", "--model", model, "--pairs", str(tmp_path / "pairs.csv"), "--out", str(tmp_path / "out")]
    assert command.main(argv) == 2
    assert "expected pairs of pictures, received: a pipe" in line_of(capfd)
