"""Two answers: is one of the kind there, and is it this one. To the model of these tests a thing and its twin are of one kind."""

import dataclasses
import json

import numpy as np
import pytest
from edge_layout import frame, mistaken, reddish, twin, write_twins

from edge_demo.effort import EFFORTS
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.still import Still, match_still
from edge_demo.gallery.views import KnownObject, match_objects
from edge_demo.model.geometry import iou
from edge_demo.model.layout.layout import Found
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import MatchResult, ObjectMatch
from edge_demo.model.this_one import clipped, decided, looked, looked_in, with_area
from edge_demo.outputs.recorder import json_line

PLACE, PLACE_PX = (160, 80), (160, 80, 240, 160)
KIND_PX = (0.0, 0.0, 40.0, 40.0)
KIND = ObjectMatch("cup", 0.9, True, KIND_PX, 0.1)
NO_KIND = ObjectMatch("cup", 0.1, False, KIND_PX, 0.9)
HERE, THERE = Found((10.0, 10.0, 20.0, 20.0), 45.0, np.log(4)), Found((50.0, 50.0, 60.0, 60.0), 0.0, 0.5)
ELSEWHERE = Found((90.0, 90.0, 99.0, 99.0), -90.0, -np.log(4))


@pytest.fixture(scope="session")
def twins(tmp_path_factory):
    return write_twins(tmp_path_factory.mktemp("twins") / "twins.tflite")


@pytest.fixture(scope="session")
def matcher(twins):
    return Matcher(twins)


@pytest.fixture(scope="session")
def known(matcher):
    return KnownObject("cup", (0, 0, 0), (matcher.describe(reddish(), "cup"),))


def test_what_is_this_one_has_its_own_box_and_those_of_all_that_are_it_too():
    """Odds of 4 to 1 are 0.8."""
    found = decided(KIND, [HERE, THERE, ELSEWHERE], 2)
    assert (found.score, found.kind_score, found.same, found.match) == (pytest.approx(0.8), 0.9, True, True)
    assert (found.box_px, found.angle_deg, found.view) == (HERE.box_px, 45.0, 2)
    assert found.others == (THERE,)
    assert found.verdict == "this one" and not found.is_like


def test_what_is_only_of_the_kind_has_the_kinds_box():
    found = decided(KIND, [ELSEWHERE], 0)
    assert (found.score, found.kind_score, found.same, found.match) == (pytest.approx(0.2), 0.9, False, False)
    assert (found.box_px, found.angle_deg, found.others) == (KIND_PX, None, ())
    assert found.verdict == "one like it" and found.is_like


def test_what_is_neither_has_the_box_of_the_surest_place():
    found = decided(NO_KIND, [ELSEWHERE], 0)
    assert (found.box_px, found.same, found.verdict) == (ELSEWHERE.box_px, False, "not there")
    assert not found.is_like


def test_this_one_is_found_where_the_search_for_its_kind_is_wrong():
    found = decided(NO_KIND, [HERE], 0)
    assert (found.box_px, found.match, found.verdict) == (HERE.box_px, True, "this one")


def test_where_only_the_kind_was_asked_for_both_scores_are_one():
    assert (KIND.kind_score, KIND.kind_match, KIND.same) == (0.9, True, None)
    assert (KIND.verdict, NO_KIND.verdict) == ("a match", "no match")
    assert not KIND.is_like and not NO_KIND.is_like


def test_boxes_end_where_the_frame_does_and_empty_ones_are_left_out():
    assert clipped((-5, 10, 50, 70), (40, 60)) == (0, 10, 40, 60)
    assert with_area([None, (3, 3, 3, 9), (0, 0, 2, 2)]) == [(0, 0, 2, 2)]
    empty = dataclasses.replace(KIND, box_px=(3.0, 3.0, 3.0, 9.0))
    assert looked(None, frame(), [], empty).verdict == "one like it"


@pytest.mark.parametrize("search", [match_objects, match_still])
def test_this_one_and_its_twin_are_told_apart(matcher, known, search):
    """In one look as in a picture that is searched everywhere."""
    (this,) = search(matcher, frame((reddish(), PLACE)), [known]).objects
    (other,) = search(matcher, frame((twin(), PLACE)), [known]).objects
    assert (this.verdict, other.verdict) == ("this one", "one like it")
    assert min(this.kind_score, other.kind_score) > 0.9 and this.score > 0.8 and other.score < 0.2
    assert iou(this.box_px, PLACE_PX) > 0.85 and iou(other.box_px, PLACE_PX) > 0.95
    (none,) = search(matcher, frame(), [known]).objects
    assert (none.verdict, none.match, none.same) == ("not there", False, False)


@pytest.mark.parametrize("search", [match_objects, match_still])
def test_what_is_nearer_to_a_counter_example_is_not_this_one(matcher, known, search):
    scenes = [frame((picture, PLACE)) for picture in (reddish(), mistaken())]
    (before, mistake) = (search(matcher, scene, [known]).objects[0] for scene in scenes)
    assert (before.verdict, mistake.verdict) == ("this one", "this one")
    known = known.unlike(matcher.describe(mistaken(), "cup"))
    assert search(matcher, scenes[0], [known]).objects == [before]
    (told,) = search(matcher, scenes[1], [known]).objects
    assert (told.verdict, told.match, told.kind_score) == ("one like it", False, mistake.kind_score)
    assert told.score < 0.1


def test_in_a_part_of_a_frame_too_a_counter_example_counts(matcher, known):
    told = known.unlike(matcher.describe(mistaken(), "cup"))
    for scene, expected in ((frame((reddish(), PLACE)), True), (frame((mistaken(), PLACE)), False)):
        before, after = (
            looked_in(matcher.layout, scene, one.views, NO_KIND, (100, 20, 300, 220)) for one in (known, told)
        )
        assert (before.same, after.same) == (True, expected)


def test_a_model_asked_for_one_frame_says_the_same(matcher, known):
    scene = frame((reddish(), PLACE))
    assert matcher.match(scene, known.views).objects == match_objects(matcher, scene, [known]).objects


def test_where_nothing_is_of_the_kind_nothing_is_compared(matcher, known):
    (none,) = match_objects(matcher, frame(), [known]).objects
    assert none.score == 0.0


def test_in_a_still_all_of_them_are_found_wherever_they_are(matcher, known):
    """A twin among them, on which the one look may fall; one of them lies where no look of the search for kinds goes."""
    places = [(30, 35), (220, 215)]
    scene = frame(*((reddish(), place) for place in places), (twin(), (200, 20)))
    (found,) = match_still(matcher, scene, [known]).objects
    boxes = [found.box_px, *(other.box_px for other in found.others)]
    assert found.verdict == "this one" and len(boxes) == 2
    line = json.loads(json_line(0, MatchResult(1.0, [found])))["objects"][0]
    assert [line["box_px"], *(other["box_px"] for other in line["others"])] == np.round(boxes, 2).tolist()
    for x, y in places:
        assert max(iou(box, (x, y, x + 80, y + 80)) for box in boxes) > 0.7


def test_pictures_that_are_no_film_are_searched_so_instead_of_by_many_looks(matcher, known):
    scene = frame((reddish(), (30, 35)))
    for effort in EFFORTS:
        found = Still(matcher, effort).match(scene, [known])
        assert found.objects == match_still(matcher, scene, [known], effort).objects


def test_in_a_film_a_thing_is_looked_at_and_again_after_more_and_more_frames(matcher):
    """After 1, 2, 3, 4 and 5 frames."""
    objects = Objects(matcher)
    objects.add("cup", reddish())
    told = [objects.match(frame((reddish(), PLACE))).objects[0] for _ in range(16)]
    assert [one.verdict for one in told] == ["this one"] * 16
    assert all(iou(one.box_px, PLACE_PX) > 0.7 for one in told)
    assert [number for number, one in enumerate(told) if one.looked] == [0, 1, 3, 6, 10, 15]


@pytest.mark.parametrize("search", [match_objects, match_still])
def test_of_several_views_the_surest_counts(matcher, known, search):
    both = KnownObject("cup", (0, 0, 0), (matcher.describe(twin(), "cup"), *known.views))
    (found,) = search(matcher, frame((reddish(), PLACE)), [both]).objects
    (alone,) = search(matcher, frame((reddish(), PLACE)), [known]).objects
    assert (found.view, found.score) == (1, alone.score)


@pytest.mark.parametrize("search", [match_objects, match_still])
def test_who_asks_for_kinds_gets_the_twin_too(twins, search):
    kinds = Matcher(twins, kinds=True)
    reference = kinds.describe(reddish(), "cup")
    assert kinds.layout is None and reference.shown is None
    (found,) = search(kinds, frame((twin(), PLACE)), [KnownObject("cup", (0, 0, 0), (reference,))]).objects
    assert (found.match, found.same, found.score) == (True, None, found.kind_score)


def test_a_reference_that_was_not_described_for_it_is_compared_by_its_kind(matcher):
    """As one from the encoder's crop alone."""
    crop = np.full((8, 8, 3), (0.8, 0.2, 0.2), np.float32)
    (found,) = matcher.match(frame((twin(), PLACE)), [matcher.reference_of(crop, "cup")]).objects
    assert found.same is None
