"""One picture: where the thing is, whether it is there, and what is not looked for."""

import dataclasses

import cv2
import numpy as np
import pytest
from autolabel_scenes import BOXES, OTHER, make_job, scene, write, write_scenes
from checks import one_line
from edge_layout import frame, reddish, twin, write_twins

from edge_demo.errors import EdgeError
from edge_demo.model.geometry import iou
from getnet_tf.autolabel.job import Job, View
from getnet_tf.autolabel.label import Candidate, Failure
from getnet_tf.autolabel.labeller import Labeller, folder_of, one_thing_a_place, spread_at
from getnet_tf.autolabel.search import Effort, Place


def candidate(name, score, box_px=(0.0, 0.0, 10.0, 10.0), kept=True):
    return Candidate(name, box_px, score, kept)


@pytest.mark.parametrize("thing", ["upper_left", "lower_right"])
def test_the_thing_is_found_where_it_is_and_another_is_not_believed(tmp_path, thing):
    job = make_job(tmp_path)
    write_scenes(tmp_path / "photos", {"a/1.png": thing})
    label = Labeller(job).label("a/1.png")
    (found,) = label.candidates
    assert (label.path, label.width, label.height) == ("a/1.png", 40, 24)
    assert found.box_px == pytest.approx(BOXES[thing], abs=0.06)
    assert found.box_px == tuple(round(edge, 1) for edge in found.box_px)
    assert (found.score, found.kept) == ((1.0, True) if thing == "upper_left" else (OTHER, False))


def test_bytes_that_somebody_else_read_give_the_same_label(tmp_path):
    labeller = Labeller(make_job(tmp_path))
    write_scenes(tmp_path / "photos", {"1.png": "upper_left"})
    content = (tmp_path / "photos" / "1.png").read_bytes()
    assert labeller.label_content("1.png", content) == labeller.label("1.png")


@pytest.mark.parametrize(
    "content", [b"", b"no picture", cv2.imencode(".png", scene("upper_left"))[1].tobytes()[:60]]
)
def test_a_file_that_is_no_whole_picture_is_a_failure(tmp_path, content):
    labeller = Labeller(make_job(tmp_path))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.png").write_bytes(content)
    failure = labeller.label("1.png")
    assert isinstance(failure, Failure) and failure.path == "1.png"
    assert f"received {len(content)} bytes" in failure.reason


def test_a_picture_that_is_gone_is_a_failure(tmp_path):
    assert Labeller(make_job(tmp_path)).label("gone.png") == Failure(
        "gone.png", "expected a picture, found no such file"
    )


def test_a_picture_to_which_a_model_has_no_answer_is_a_failure(tmp_path):
    """A black picture has no centre of brightness: the tiny model says NaN."""
    write(tmp_path / "photos" / "black.png", np.zeros((24, 40, 3), np.uint8))
    failure = Labeller(make_job(tmp_path)).label("black.png")
    assert isinstance(failure, Failure) and "not finite" in failure.reason


def test_of_two_things_at_one_place_the_surer_gets_it(tmp_path):
    """The salient model shows both the same place."""
    write_scenes(tmp_path / "photos", {"1.png": "lower_right"})
    label = Labeller(make_job(tmp_path, ("upper_left", "lower_right"))).label("1.png")
    assert [(one.name, one.score, one.kept) for one in label.candidates] == [("lower_right", 1.0, True)]


def test_by_folder_a_picture_is_searched_for_what_its_folder_is_called_alone(tmp_path):
    """And that is there, whatever the score: the lower right one is kept in a folder of that name only."""
    things = ("upper_left", "lower_right")
    write_scenes(tmp_path / "photos", {"upper_left/1.png": "lower_right", "other/1.png": "upper_left"})
    labeller = Labeller(make_job(tmp_path, things, by_folder=True))
    (found,) = labeller.label("upper_left/1.png").candidates
    assert (found.name, found.score, found.kept) == ("upper_left", OTHER, True)
    assert labeller.label("other/1.png").candidates == ()


def test_a_view_does_not_find_itself_in_the_picture_that_it_was_cut_out_of(tmp_path):
    """It would with distance 0; the other view, of another thing, is sqrt(2) away."""
    job = make_job(tmp_path, ("upper_left", "lower_right"))
    first, second = (view.path for view in job.views)
    views = (View("thing", first, "thing/1.png"), View("thing", second, "thing/2.png"))
    write_scenes(tmp_path / "photos", {"thing/1.png": "upper_left", "thing/3.png": "upper_left"})
    labeller = Labeller(dataclasses.replace(job, views=views))
    assert labeller.label("thing/1.png").candidates[0].score == OTHER
    # Where both count: half way from the nearest, 0, to the mean, sqrt(2) / 2.
    assert labeller.label("thing/3.png").candidates[0].score == pytest.approx(1 - np.sqrt(0.5) / 2, abs=1e-3)


def test_one_thing_a_place_keeps_the_surer_and_what_lies_elsewhere():
    far = candidate("far", 0.5, (20.0, 0.0, 30.0, 10.0))
    assert one_thing_a_place([candidate("a", 0.6), far, candidate("b", 0.9)]) == [candidate("b", 0.9), far]


def test_one_thing_a_place_lets_half_overlapping_boxes_live():
    """[0, 10] and [5, 15] share 5 of 15: an IoU of a third."""
    half = candidate("half", 0.5, (5.0, 0.0, 15.0, 10.0))
    assert one_thing_a_place([candidate("a", 0.6), half]) == [candidate("a", 0.6), half]


def test_a_thing_is_no_part_of_itself_but_may_be_one_of_another():
    """A corner of a card, a quarter of it: an IoU of 0.25."""
    card, corner = candidate("ace", 0.9), (0.0, 0.0, 5.0, 5.0)
    assert one_thing_a_place([card, candidate("ace", 0.6, corner)]) == [card]
    assert one_thing_a_place([candidate("ace", 0.6), candidate("ace", 0.9, corner)]) == [
        candidate("ace", 0.9, corner)
    ]
    spade = candidate("spade", 0.6, corner)
    assert one_thing_a_place([card, spade]) == [card, spade]


def test_one_thing_a_place_gives_none_to_what_is_not_believed():
    doubted = candidate("a", 0.9, kept=False)
    assert one_thing_a_place([candidate("b", 0.6), doubted]) == [doubted, candidate("b", 0.6)]


def test_one_thing_a_place_does_not_depend_on_the_order_of_equals():
    equals = [candidate("b", 0.6), candidate("a", 0.6)]
    assert one_thing_a_place(equals) == one_thing_a_place(equals[::-1]) == [candidate("a", 0.6)]


@pytest.mark.parametrize(
    ("path", "folder"), [("cup/1.png", "cup"), ("fruit/pear/1.png", "fruit/pear"), ("1.png", ".")]
)
def test_the_class_of_a_picture_is_its_folder(path, folder):
    assert folder_of(path) == folder


def test_a_blank_reference_is_one_line(tmp_path):
    job = make_job(tmp_path)
    blank = write(tmp_path / "blank.png", np.full((48, 64, 3), 90, np.uint8))
    with pytest.raises(EdgeError, match="blank") as caught:
        Labeller(dataclasses.replace(job, views=(View("blank", str(blank)),)))
    assert one_line(caught.value)


def test_what_is_no_model_is_one_line(tmp_path):
    job = make_job(tmp_path)
    (tmp_path / "no.tflite").write_bytes(b"no model")
    with pytest.raises(EdgeError) as caught:
        Labeller(dataclasses.replace(job, model=str(tmp_path / "no.tflite")))
    assert one_line(caught.value)


def twins_labelled(folder, picture, **options):
    """The candidates of a picture in which a thing, "cup/1.png", is looked for by a model that tells it from its twin."""
    cup = write(folder / "cup.png", reddish())
    write(folder / "photos" / "cup" / "1.png", picture)
    model = write_twins(folder / "twins.tflite")
    job = Job(str(folder / "photos"), (View("cup", str(cup)),), str(model), **options)
    return Labeller(job).label("cup/1.png").candidates


TWO = [(30, 35), (220, 215)]


def test_two_equal_things_are_two_boxes_and_their_twin_is_none(tmp_path):
    picture = frame(*((reddish(), place) for place in TWO), (twin(), (200, 20)))
    found = twins_labelled(tmp_path, picture)
    assert [(one.name, one.kept) for one in found] == [("cup", True)] * 2
    for x, y in TWO:
        assert max(iou(one.box_px, (x, y, x + 80, y + 80)) for one in found) > 0.7


def test_its_twin_alone_is_not_believed_unless_kinds_are_asked_for(tmp_path):
    picture = frame((twin(), (160, 80)))
    (this,) = twins_labelled(tmp_path, picture)
    assert not this.kept and this.score < 0.2
    (kind,) = twins_labelled(tmp_path, picture, kinds=True)
    assert kind.kept and kind.score > 0.9


def test_by_folder_one_of_the_kind_is_the_answer_where_none_is_it(tmp_path):
    """As the folder says that one is there."""
    picture = frame((twin(), (160, 80)))
    assert twins_labelled(tmp_path, picture, by_folder=True) == twins_labelled(tmp_path, picture, kinds=True)
    (this,) = twins_labelled(tmp_path, frame((reddish(), (30, 35))), by_folder=True)
    assert this.kept and iou(this.box_px, (30, 35, 110, 115)) > 0.7


def test_more_looks_find_the_kind_in_more_places_where_it_may_be_this_one(tmp_path):
    """Looks that agree leave their spread at the place that they found."""
    (this,) = twins_labelled(tmp_path, frame((reddish(), (160, 80))), effort=Effort(agree=True))
    assert this.kept and 0 < this.spread < 1


def test_a_place_that_nobody_else_looked_at_has_no_spread():
    kinds = [Place((0.0, 0.0, 10.0, 10.0), 0.1, 0.25), Place((1.0, 0.0, 11.0, 10.0), 0.1, 0.5)]
    assert spread_at((0, 0, 10, 10), kinds) == 0.5
    assert spread_at((50, 50, 60, 60), kinds) == 0.0
