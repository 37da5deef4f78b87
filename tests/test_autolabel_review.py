"""The review page of getnet_tf.autolabel, and what becomes of what was decided on it."""

import base64
import csv
import hashlib
import html.parser
import json
import pathlib
import re

import cv2
import numpy as np
import pytest
from autolabel_files import EVIL, LABELS, label_of, write_picture, write_set

from getnet_tf.autolabel import decisions, review
from getnet_tf.autolabel.__main__ import main
from getnet_tf.autolabel.decisions import ACCEPTED, REJECTED, TAKEN_BACK, Decision
from getnet_tf.autolabel.label import Candidate, Label
from getnet_tf.autolabel.thumbnails import thumbnails
from getnet_tf.errors import InputError

RUN = "0f"
CUP, PEAR = ("a/1.png", "cup", (10.0, 5.0, 50.5, 45.0)), ("a/1.png", "pear", (60.0, 9.0, 80.0, 29.0))
UNBELIEVED = ("a/2.png", "cup", (20.0, 15.0, 60.0, 55.0))


class Reader(html.parser.HTMLParser):
    """What a browser makes of a page: its elements, and the text in each kind."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, text):
        if self.tags:
            self.texts.setdefault(self.tags[-1][0], []).append(text)

    @property
    def content(self):
        """The data of the page."""
        return json.loads(self.texts["script"][0])


def decided(command, tmp_path, *entries):
    """A file with decisions ((path, name, box), accepted) about the set of a command line."""
    content = json.loads(re.search(r'type="application/json">(.*)</script>', review_of(command)).group(1))
    path = tmp_path / "downloaded.json"
    path.write_text(decisions.text_of(content["run"], dict(entries)))
    return path


def review_of(command):
    return (out_of(command) / "review.html").read_text()


def out_of(command):
    return pathlib.Path(command[-1])


def apply(command, path):
    """Runs --apply on the set that another command line labelled."""
    return main([command[0], *command[-2:], "--apply", str(path)])


def boxes_of(command):
    """The scores of labels.csv, which tell the boxes of the set apart."""
    with open(out_of(command) / "labels.csv", newline="", encoding="utf-8") as file:
        return {float(row["score"]) for row in csv.DictReader(file) if row["name"]}


@pytest.fixture
def command(tmp_path):
    """The command line of a set that is labelled, with its page."""
    command = write_set(tmp_path)
    main(command)
    return command


def test_candidates_are_sorted_by_doubt():
    """Doubts by hand: pear 1 - 0.4, cup 0.45, large cup 1 - 0.7, evil pear 1 - 0.9, cup 1 - 0.98; decided: 0."""
    pairs = review.by_doubt(LABELS)
    assert [candidate.score for _, candidate in pairs] == [0.4, 0.45, 0.7, 0.9, 0.98]
    pairs = review.by_doubt(decisions.applied(LABELS, {PEAR: ACCEPTED, UNBELIEVED: REJECTED}))
    assert [candidate.score for _, candidate in pairs] == [0.7, 0.9, 0.98, 0.4, 0.45]


def test_equal_doubts_are_sorted_by_path_name_and_box():
    labels = [
        label_of("b.png", 9, 9, ("a", (0.0, 0.0, 1.0, 1.0), 0.8, True)),
        label_of(
            "a.png", 9, 9, ("b", (0.0, 0.0, 1.0, 1.0), 0.8, True), ("a", (1.0, 0.0, 2.0, 1.0), 0.8, True)
        ),
        label_of("a.jpg", 9, 9, ("a", (0.0, 0.0, 1.0, 1.0), 0.8, True)),
    ]
    keys = [decisions.key_of(*pair)[:2] for pair in review.by_doubt(labels)]
    assert keys == [("a.jpg", "a"), ("a.png", "a"), ("a.png", "b"), ("b.png", "a")]


def test_a_page_shows_every_candidate_with_its_picture(tmp_path):
    write_set(tmp_path)
    content = Reader(review.page(tmp_path / "photos", LABELS, RUN, {})).content
    assert [(card["name"], card["score"], card["kept"], card["doubtful"]) for card in content["cards"]] == [
        ("pear", 0.4, True, True),
        ("cup", 0.45, False, True),
        ("cup", 0.7, True, True),
        ("pear", 0.9, True, False),
        ("cup", 0.98, True, False),
    ]
    paths = [content["pictures"][card["picture"]]["path"] for card in content["cards"]]
    assert paths == ["a/1.png", "a/2.png", "b/large.png", LABELS[3].path, "a/1.png"]
    assert len(content["pictures"]) == 4  # a picture with two candidates is there once
    assert (content["run"], content["total"]) == (RUN, 5)


def test_the_most_doubtful_are_shown_where_there_are_too_many(tmp_path):
    write_set(tmp_path)
    content = Reader(review.page(tmp_path / "photos", LABELS, RUN, {}, shown=2)).content
    assert [card["score"] for card in content["cards"]] == [0.4, 0.45] and content["total"] == 5
    assert [picture["path"] for picture in content["pictures"]] == ["a/1.png", "a/2.png"]


def test_names_and_paths_are_data_and_never_markup(tmp_path):
    name = "</script><img src=x onerror=alert(1)><!--"
    labels = [Label(f"{EVIL}/script>.jpg", 9, 9, (Candidate(name, (0.0, 0.0, 5.0, 5.0), 0.5, True),))]
    text = review.page(tmp_path, labels, RUN, {})
    reader, plain = Reader(text), Reader(review.page(tmp_path, [], RUN, {}))
    assert reader.content["cards"][0]["name"] == name
    assert reader.content["pictures"][0]["path"] == f"{EVIL}/script>.jpg"
    assert reader.tags == plain.tags and text.isascii()
    assert text.count("</script>") == 2 and "<!--" not in text


def test_a_page_takes_nothing_from_outside_and_runs_its_own_script_only():
    text = review.page(".", [], RUN, {})
    policy = dict(
        part.split(" ", 1) for part in re.search(r'Policy" content="([^"]*)"', text).group(1).split("; ")
    )
    assert policy["default-src"] == "'none'" and policy["img-src"] == "data:"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        content = re.search(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert policy[rule] == f"'sha256-{digest}'"
    assert set(re.findall(r"https?://[^\"]*", text)) == {
        "http://www.w3.org/2000/svg"
    }  # a name, not an address


def test_the_same_labels_give_the_same_bytes(tmp_path):
    write_set(tmp_path)
    assert review.page(tmp_path / "photos", LABELS, RUN, {}) == review.page(
        tmp_path / "photos", LABELS, RUN, {}
    )


def test_a_thumbnail_is_small_and_a_tiny_box_is_shown_from_near(tmp_path):
    """1600x1200 shrinks to 320x240. The box 100x50 would have 20 pixels: from near, it has 200 around its centre
    (850, 625). The box 600 wide has 120 of them, and is large enough."""
    write_picture(tmp_path / "large.png", 1600, 1200, (800, 600, 900, 650))
    uri, (near, large) = thumbnails(tmp_path / "large.png", [(800, 600, 900, 650), (100, 100, 700, 300)])
    assert pixels_of(uri).shape == (240, 320, 3) and large is None
    assert near.area_px == (750, 525, 950, 725) and pixels_of(near.uri).shape == (200, 200, 3)
    np.testing.assert_allclose(pixels_of(near.uri)[100, 100], (60, 200, 250), atol=6)
    np.testing.assert_allclose(pixels_of(near.uri)[20, 100], 40, atol=6)


def test_a_small_picture_stays_as_it_is_and_a_missing_one_is_none(tmp_path):
    write_picture(tmp_path / "small.png", 90, 60)
    uri, close_ups = thumbnails(tmp_path / "small.png", [(0, 0, 4, 4)])
    assert pixels_of(uri).shape == (60, 90, 3) and close_ups == [None]
    assert thumbnails(tmp_path / "none.png", [(0, 0, 4, 4)]) == (None, [None])


def pixels_of(uri):
    content = np.frombuffer(base64.b64decode(uri.removeprefix("data:image/jpeg;base64,")), np.uint8)
    return cv2.imdecode(content, cv2.IMREAD_COLOR)


def test_decisions_come_back_as_they_were_written(tmp_path):
    given = {UNBELIEVED: TAKEN_BACK, PEAR: REJECTED, ("\udcff<é>.jpg", "cup", (0.1, 2.0, 3.0, 4.0)): ACCEPTED}
    path = tmp_path / "decisions.json"
    path.write_text(decisions.text_of(RUN, given))
    assert decisions.read(path, RUN, ["cup", "pear"]) == given
    assert decisions.text_of(RUN, dict(reversed(given.items()))) == path.read_text()
    path.write_text(decisions.text_of(RUN, {}))
    assert decisions.read(path, RUN, ["cup", "pear"]) == {}


def test_decisions_of_an_earlier_version_are_read(tmp_path):
    path = tmp_path / "decisions.json"
    path.write_text(
        f'{{{HEAD}, "decisions": [{{"path": "a", "name": "cup", "box_px": [1, 2, 3, 4], "accepted": true}}]}}'
    )
    assert decisions.read(path, RUN, ["cup"]) == {("a", "cup", (1.0, 2.0, 3.0, 4.0)): ACCEPTED}


def test_another_class_and_box_become_the_label_and_are_still_known_by_what_was_found():
    """The box reaches out of the picture of 90 x 60, and is cut off there."""
    changed = Decision(True, called="cup", corrected_px=(55.0, 5.0, 95.0, 70.0))
    (_, pear), *_ = (label.candidates for label in decisions.applied(LABELS, {PEAR: changed}))
    assert (pear.name, pear.box_px, pear.kept, pear.score) == ("cup", (55.0, 5.0, 90.0, 60.0), True, 0.4)
    assert decisions.key_of(LABELS[0], pear) == PEAR
    assert decisions.applied(LABELS, {PEAR: Decision(True, corrected_px=(200.0, 9.0, 80.0, 9.0))})[
        0
    ].candidates[1].box_px == (*(89.0, 9.0, 90.0, 10.0),)


def test_a_class_that_is_not_there_and_one_like_it_that_is_accepted_are_refused(tmp_path):
    path = tmp_path / "decisions.json"
    path.write_text(decisions.text_of(RUN, {PEAR: Decision(True, called="apple")}))
    with pytest.raises(InputError, match=r"the class 'apple'\. Expected one of cup, pear"):
        decisions.read(path, RUN, ["cup", "pear"])
    path.write_text(decisions.text_of(RUN, {PEAR: Decision(True, like=True)}))
    with pytest.raises(InputError, match="in every decision"):
        decisions.read(path, RUN, ["cup", "pear"])


def test_later_decisions_count_and_those_taken_back_are_gone():
    earlier, later = {CUP: ACCEPTED, PEAR: ACCEPTED}, {PEAR: REJECTED, CUP: TAKEN_BACK, UNBELIEVED: ACCEPTED}
    assert decisions.added(earlier, later) == {PEAR: REJECTED, UNBELIEVED: ACCEPTED}


def test_what_was_decided_has_no_doubt_and_keeps_its_score():
    first, second, *others = decisions.applied(LABELS, {PEAR: REJECTED, UNBELIEVED: ACCEPTED})
    cup, pear = first.candidates
    assert cup == LABELS[0].candidates[0]
    assert (pear.kept, pear.doubt, pear.score) == (False, 0, 0.4)
    assert (second.candidates[0].kept, second.doubt, second.candidates[0].score) == (True, 0, 0.45)
    assert others == list(LABELS[2:])


def test_another_box_name_or_path_inherits_no_decision():
    path, name, box_px = UNBELIEVED
    others = [("a/3.png", name, box_px), (path, "pear", box_px), (path, name, (20.0, 15.0, 60.0, 55.1))]
    assert decisions.applied(LABELS, dict.fromkeys(others, ACCEPTED)) == list(LABELS)


HEAD = f'"kind": "{decisions.KIND}", "version": 1, "run": "{RUN}"'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "something else"),
        ("\ufeff\x00", "something else"),
        ("[" * 100_000, "something else"),
        ("[]", "something else"),
        ('{"annotations": []}', "something else"),
        (f'{{{HEAD.replace("1", "3")}, "decisions": []}}', "of version 2"),
        (f'{{{HEAD.replace(RUN, "aa")}, "decisions": []}}', "another model"),
        (f'{{{HEAD}, "decisions": [NaN]}}', "something else"),
        (f"{{{HEAD}}}", "in every decision"),
        (f'{{{HEAD}, "decisions": 3}}', "in every decision"),
        (f'{{{HEAD}, "decisions": ["a"]}}', "in every decision"),
        *(
            (
                f'{{{HEAD}, "decisions": [{{"path": {path}, "name": "b", "box_px": {box}, "accepted": {accepted}}}]}}',
                "in every",
            )
            for path, box, accepted in (
                ('"a"', "[1, 2, 3]", "true"),
                ('"a"', "[1, 2, 3, 4]", "1"),
                ('"a"', '"1234"', "true"),
                ("[]", "[1, 2, 3, 4]", "true"),
            )
        ),
    ],
)
def test_damaged_and_foreign_decisions_are_refused_in_a_line(tmp_path, content, expected):
    path = tmp_path / "decisions.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=expected) as caught:
        decisions.read(path, RUN, ["cup", "pear"])
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_a_run_writes_a_page_and_another_run_the_same(command):
    first = review_of(command)
    assert len(Reader(first).content["cards"]) == 5
    main(command)
    assert review_of(command) == first
    assert main([*command, "--review", "3"]) == 1
    assert len(Reader(review_of(command)).content["cards"]) == 3


def test_decisions_change_the_labels(command, tmp_path, capsys):
    """A rejected label is none any more, an accepted one that was not believed is one; others stay."""
    assert boxes_of(command) == {0.98, 0.4, 0.7, 0.9}
    assert apply(command, decided(command, tmp_path, (PEAR, REJECTED), (UNBELIEVED, ACCEPTED))) == 1
    assert boxes_of(command) == {0.98, 0.45, 0.7, 0.9}
    coco = json.loads((out_of(command) / "coco.json").read_text())
    assert [one["score"] for one in coco["annotations"]] == [0.9, 0.98, 0.45, 0.7]
    assert (out_of(command) / "yolo/labels/train/a/2.txt").read_text().startswith("0 ")
    printed = capsys.readouterr().out
    assert "2 decisions read. Decided now: 1 boxes accepted, 1 rejected." in printed
    cards = Reader(review_of(command)).content["cards"]
    accepted = [card["decision"] and card["decision"]["accepted"] for card in cards]
    assert accepted == [None, None, None, False, True]


def test_what_was_corrected_is_written_in_every_format_and_shown_again(command, tmp_path, capsys):
    changed = Decision(True, called="cup", corrected_px=(61.0, 10.0, 81.5, 30.0))
    apply(command, decided(command, tmp_path, (PEAR, changed), (UNBELIEVED, Decision(False, like=True))))
    printed = capsys.readouterr().out
    assert (
        "1 of the rejected are of the kind" in printed and "1 of the accepted have another class" in printed
    )
    coco = json.loads((out_of(command) / "coco.json").read_text())
    (box,) = [one for one in coco["annotations"] if one["score"] == 0.4]
    assert (box["bbox"], box["category_id"]) == ([61.0, 10.0, 20.5, 20.0], coco["categories"][0]["id"])
    content = Reader(review_of(command)).content
    assert set(content["references"]) == {"cup", "pear"}
    assert [pixels_of(uri).shape for uri in content["references"]["pear"]] == [(20, 21, 3)]
    cards = {(card["name"], card["score"]): card for card in content["cards"]}
    assert cards["pear", 0.4]["box_px"] == list(PEAR[2])
    assert cards["pear", 0.4]["decision"] == {
        "accepted": True,
        "like": False,
        "called": "cup",
        "corrected_px": [61.0, 10.0, 81.5, 30.0],
    }
    assert cards["cup", 0.45]["decision"]["like"]


def test_decisions_add_up_are_kept_by_later_runs_and_taken_back(command, tmp_path):
    large = ("b/large.png", "cup", (800.0, 600.0, 900.0, 650.0))
    apply(command, decided(command, tmp_path, (PEAR, REJECTED)))
    # Nothing is doubtful any more.
    assert apply(command, decided(command, tmp_path, (UNBELIEVED, ACCEPTED), (large, ACCEPTED))) == 0
    page = review_of(command)
    assert boxes_of(command) == {0.98, 0.45, 0.7, 0.9}
    assert main(command) == 0
    assert boxes_of(command) == {0.98, 0.45, 0.7, 0.9} and review_of(command) == page
    assert apply(command, decided(command, tmp_path, (PEAR, TAKEN_BACK))) == 1
    assert boxes_of(command) == {0.98, 0.4, 0.45, 0.7, 0.9}


def test_beginning_anew_forgets_decisions(command, tmp_path):
    apply(command, decided(command, tmp_path, (CUP, REJECTED)))
    main([*command, "--overwrite", "--processes", "1"])
    assert not (out_of(command) / "decisions.json").exists()


def test_the_same_decisions_twice_change_nothing(command, tmp_path):
    path = decided(command, tmp_path, (PEAR, REJECTED))
    apply(command, path)
    files = {
        name: (out_of(command) / name).read_bytes() for name in ("decisions.json", "coco.json", "review.html")
    }
    apply(command, path)
    apply(command, out_of(command) / "decisions.json")
    assert {name: (out_of(command) / name).read_bytes() for name in files} == files


def test_decisions_about_other_boxes_change_nothing_and_are_counted(command, tmp_path, capsys):
    before = boxes_of(command)
    other = ("a/1.png", "pear", (61.0, 9.0, 80.0, 29.0))
    apply(command, decided(command, tmp_path, (other, REJECTED), (CUP, ACCEPTED)))
    assert "1 decisions are about boxes that are not there" in capsys.readouterr().out
    assert boxes_of(command) == before
    assert apply(command, decided(command, tmp_path, (other, REJECTED))) == 2
    assert "none of its 1 decisions" in capsys.readouterr().err


def test_new_pictures_wait_for_a_run_that_labels_them(command, tmp_path, capsys):
    write_picture(tmp_path / "photos" / "new.png", 40, 30)
    apply(command, decided(command, tmp_path, (CUP, ACCEPTED)))
    assert "1 pictures are new or changed" in capsys.readouterr().out
    assert "new.png" not in (out_of(command) / "labels.csv").read_text()


def test_what_can_not_be_applied_is_one_line_and_leaves_the_labels_alone(command, tmp_path, capsys):
    files = {path: path.read_bytes() for path in out_of(command).glob("*.*")}
    foreign = tmp_path / "foreign.json"
    foreign.write_text(decisions.text_of("aa", {CUP: REJECTED}))
    good = decided(command, tmp_path, (CUP, REJECTED))
    capsys.readouterr()
    unlabelled, others = tmp_path / "unlabelled", tmp_path / "others"
    write_picture(others / "1.png", 30, 20)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "journal.jsonl").write_bytes(b"\xff\n")
    attempts = {
        "another model": [*command[-2:], "--apply", str(foreign)],
        "no such file": [*command[-2:], "--apply", str(tmp_path / "none.json")],
        "received both": [*command[-2:], "--apply", str(good), "--overwrite"],
        "holds no labels": ["--out", str(unlabelled), "--apply", str(good)],
        "Expected the --out": ["--out", str(damaged), "--apply", str(good)],
        "Invalid --review": [*command[-2:], "--apply", str(good), "--review", "0"],
    }
    for expected, arguments in attempts.items():
        assert main([command[0], *arguments]) == 2
        error = capsys.readouterr().err
        assert expected in error and error.count("\n") == 1 and error.startswith("error: ")
    assert main([str(others), *command[-2:], "--apply", str(good)]) == 2
    assert "holds no labels of the pictures" in capsys.readouterr().err
    assert {
        path: path.read_bytes() for path in out_of(command).glob("*.*")
    } == files and not unlabelled.exists()
