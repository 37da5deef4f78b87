"""The journal: a killed run goes on where it was, and what changed since is labelled again."""

import json
import os

import pytest
from checks import one_line

from getnet_tf.autolabel.journal import Journal, fingerprint_of
from getnet_tf.autolabel.label import Candidate, Failure, Label
from getnet_tf.errors import InputError

PATHS = ["a.png", "b/c.png", "d.png"]
FINGERPRINT = {"model": "0", "views": [["cup", "", "1"]], "by_folder": False}
RESULTS = [
    Label("a.png", 40, 24, (Candidate("cup", (1.0, 2.0, 3.5, 4.0), 0.9, True),)),
    Failure("b/c.png", 'expected a picture, "received" nothing'),
    Label("d.png", 40, 24, ()),
]


@pytest.fixture
def photos(tmp_path):
    for path in PATHS:
        (tmp_path / "photos" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / path).write_bytes(b"picture")
    return tmp_path / "photos"


@pytest.fixture
def path(tmp_path, photos):
    """A journal in which all is done."""
    path = tmp_path / "out" / "journal.jsonl"
    with Journal(path, FINGERPRINT, photos) as journal:
        assert journal.missing(PATHS) == PATHS
        for result in RESULTS:
            journal.add(result)
    return path


def test_what_was_added_is_read_again_and_nothing_is_missing(path, photos):
    with Journal(path, FINGERPRINT, photos) as journal:
        assert journal.missing(PATHS) == []
        assert journal.results(reversed(PATHS)) == ([RESULTS[0], RESULTS[2]], [RESULTS[1]])


def test_wherever_a_kill_cut_the_file_whole_lines_count_and_the_rest_is_missing(path, photos):
    content = path.read_bytes()
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        whole = content[:length].count(b"\n")
        with Journal(path, FINGERPRINT, photos) as journal:
            missing = journal.missing(PATHS)
            assert missing == PATHS[max(0, whole - 1) :], length
            for result in RESULTS:
                if result.path in missing:
                    journal.add(result)
        assert path.read_bytes() == content, length


def test_a_damaged_line_is_found_out_again(path, photos):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"\0" * 30 + b"\n", lines[2], b"\xff\xfe\n"]))
    with Journal(path, FINGERPRINT, photos) as journal:
        assert journal.missing(PATHS) == ["a.png", "d.png"]


def test_a_picture_of_another_size_or_time_is_labelled_again(path, photos):
    (photos / "a.png").write_bytes(b"a larger picture")
    os.utime(photos / "d.png", (1, 1))
    with Journal(path, FINGERPRINT, photos) as journal:
        assert journal.missing(PATHS) == ["a.png", "d.png"]


def test_a_picture_that_changed_while_it_was_labelled_is_labelled_again(tmp_path, photos):
    path = tmp_path / "journal.jsonl"
    with Journal(path, FINGERPRINT, photos) as journal:
        journal.missing(PATHS)
        (photos / "a.png").write_bytes(b"another picture")
        journal.add(RESULTS[0])
    with Journal(path, FINGERPRINT, photos) as journal:
        assert "a.png" in journal.missing(PATHS)


def test_a_picture_that_vanished_is_missing_and_its_failure_is_done(path, photos):
    (photos / "a.png").unlink()
    gone = Failure("a.png", "expected a picture, found no such file")
    with Journal(path, FINGERPRINT, photos) as journal:
        assert journal.missing(PATHS) == ["a.png"]
        journal.add(gone)
    with Journal(path, FINGERPRINT, photos) as journal:
        assert journal.missing(PATHS) == []
        assert journal.results(["a.png"]) == ([], [gone])


def test_the_journal_of_another_job_is_refused_and_left_as_it_was(path, photos):
    before = path.read_bytes()
    with pytest.raises(InputError, match="--overwrite") as caught:
        Journal(path, {**FINGERPRINT, "model": "another"}, photos)
    assert one_line(caught.value)
    assert path.read_bytes() == before


def test_anew_forgets_but_not_before_there_is_something_new(path, photos):
    before = path.read_bytes()
    with Journal(path, {**FINGERPRINT, "model": "another"}, photos, anew=True) as journal:
        assert journal.missing(PATHS) == PATHS
        assert path.read_bytes() == before
        journal.add(RESULTS[2])
    with Journal(path, {**FINGERPRINT, "model": "another"}, photos) as journal:
        assert journal.missing(PATHS) == ["a.png", "b/c.png"]


def test_without_a_result_there_is_no_file(tmp_path, photos):
    with Journal(tmp_path / "out" / "journal.jsonl", FINGERPRINT, photos) as journal:
        journal.missing(PATHS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (1, lambda fields: fields["label"].update(path="../../../x")),
        (1, lambda fields: fields.update(path="../../../x")),
        (1, lambda fields: fields["label"].update(width=-40)),
        (1, lambda fields: fields["label"].update(height=24.5)),
        (1, lambda fields: fields["label"].update(candidates={})),
        (1, lambda fields: fields["label"]["candidates"][0].update(name="pear")),
        (1, lambda fields: fields["label"]["candidates"][0].update(box_px=[1, 2, 3])),
        (1, lambda fields: fields["label"]["candidates"][0].update(box_px=[9, 2, 3, 4])),
        (1, lambda fields: fields["label"]["candidates"][0].update(score=1.5)),
        (1, lambda fields: fields["label"]["candidates"][0].update(score="1")),
        (1, lambda fields: fields["label"]["candidates"][0].update(kept=1)),
        (1, lambda fields: fields["label"]["candidates"][0].update(more=1)),
        (1, lambda fields: fields.update(file="x")),
        (1, lambda fields: fields.pop("file")),
        (2, lambda fields: fields.update(failure=3)),
        (2, lambda fields: fields["failure"].update(reason=None)),
        (2, lambda fields: fields["failure"].update(reason="two\nlines")),
    ],
)
def test_a_line_that_somebody_edited_is_not_believed_and_its_picture_is_missing(path, photos, line, change):
    lines = path.read_text().splitlines()
    fields = json.loads(lines[line])
    change(fields)
    lines[line] = json.dumps(fields)
    path.write_text("\n".join(lines) + "\n")
    with Journal(path, FINGERPRINT, photos) as journal:
        missing = journal.missing(PATHS)
        labels, failures = journal.results([one for one in PATHS if one not in missing])
    assert missing == [PATHS[line - 1]]
    assert [*labels, *failures] == [
        one for one in (RESULTS[0], RESULTS[2], RESULTS[1]) if one.path not in missing
    ]


@pytest.mark.parametrize(
    "first",
    [
        "3",
        "{}",
        '{"version": 2, "views": [["cup", "", "1"]]}',
        '{"version": 1, "views": []}',
        '{"version": 1, "views": [["cup", ""]]}',
        '{"version": 1, "views": [["cup\\n", "", "1"]]}',
        '{"version": 1, "views": [[3, "", "1"]]}',
        "[" * 100_000,
    ],
)
def test_a_first_line_that_nothing_writes_is_one_line(path, first):
    path.write_text(first + "\n")
    with pytest.raises(InputError, match="no labels, or damaged ones") as caught:
        fingerprint_of(path)
    assert one_line(caught.value)


@pytest.mark.parametrize(
    "edited",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
    ids=["byte order mark", "UTF-16", "CRLF"],
)
def test_a_journal_that_an_editor_saved_otherwise_is_damaged_and_stays(path, photos, edited):
    before = edited(path.read_text())
    path.write_bytes(before)
    with pytest.raises(InputError, match=r"holds a damaged journal\.jsonl") as caught:
        Journal(path, FINGERPRINT, photos)
    assert one_line(caught.value)
    assert path.read_bytes() == before


def test_a_journal_that_is_a_pipe_or_a_link_is_not_waited_for_nor_cut(tmp_path, path, photos):
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="received: a pipe"):
        Journal(path, FINGERPRINT, photos)
    path.unlink()
    (tmp_path / "outside").write_text("no line")
    path.symlink_to(tmp_path / "outside")
    for anew in (False, True):
        with pytest.raises(OSError, match="a link called"):
            Journal(path, FINGERPRINT, photos, anew)
    assert (tmp_path / "outside").read_text() == "no line"
