"""The Python door: a thing is shown, and found in pictures and film; to this model a thing and its twin are of one kind."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from checks import one_line
from edge_layout import frame, mistaken, reddish, twin, write_twins

from edge_demo import EdgeError, Finder, draw, open_source, to_supervision
from edge_demo.model.geometry import iou

PLACE_PX = (160, 80, 240, 160)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_twins(tmp_path_factory.mktemp("twins") / "twins.tflite")


@pytest.fixture
def finder(model):
    finder = Finder(model)
    finder.add("cup", reddish())
    return finder


@pytest.fixture
def pictures(tmp_path):
    for name, left in (("0", 40), ("1", 56), ("2", 72)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), frame((reddish(), (left, 100))))
    return tmp_path


def test_what_is_there_is_listed_and_what_is_absent_only_when_asked_for(finder):
    (found,) = finder(frame((reddish(), PLACE_PX[:2])))
    assert found.name == "cup" and found.same and iou(found.box_px, PLACE_PX) > 0.7
    assert finder(frame((twin(), PLACE_PX[:2]))) == []
    (absent,) = finder(frame((twin(), PLACE_PX[:2])), absent=True)
    assert not absent.match and absent.is_like


def test_every_place_is_an_entry_of_its_own_the_surest_first(finder):
    found = finder(frame((reddish(), (30, 35)), (reddish(), (220, 215))))
    assert [one.name for one in found] == ["cup", "cup"]
    assert found[0].score >= found[1].score and not any(one.others for one in found)
    assert sorted(round(one.box_px[0] / 30) for one in found) == [1, 7]


def test_files_are_read_as_arrays_are(finder, pictures):
    from_file = finder(pictures / "0.png")
    assert from_file == finder(str(pictures / "0.png")) == finder(cv2.imread(str(pictures / "0.png")))
    with pytest.raises(EdgeError, match="no such file"):
        finder(pictures / "none.png")


@pytest.mark.parametrize(
    "picture", [np.zeros((40, 40), np.uint8), np.zeros((40, 40, 3)), np.zeros((0, 40, 3), np.uint8)]
)
def test_an_array_that_is_no_picture_is_refused(finder, picture):
    with pytest.raises(EdgeError, match=r"\(H, W, 3\) uint8"):
        finder(picture)


def test_a_film_of_arrays_is_followed_and_so_is_a_source(finder, pictures):
    arrays = [cv2.imread(str(pictures / f"{number}.png")) for number in range(3)]
    lefts = [found[0].box_px[0] for _, found in finder.follow(arrays, fps=1)]
    assert np.abs(np.subtract(lefts, (40, 56, 72))).max() < 10
    with open_source(str(pictures)) as source:
        followed = list(finder.follow(source))
    assert [shown.shape for shown, _ in followed] == [arrays[0].shape] * 3
    assert all(found[0].same for _, found in followed)


def test_a_film_is_looked_at_as_often_as_the_effort_says(model):
    frames = [frame((reddish(), PLACE_PX[:2]))] * 8
    looked = {}
    for effort in ("normal", "thorough"):
        finder = Finder(model, effort=effort)
        finder.add("cup", reddish())
        looked[effort] = [found[0].looked for _, found in finder.follow(frames, fps=30)]
    assert all(looked["thorough"]) and looked["normal"].count(True) < 8
    with pytest.raises(EdgeError, match="quick, normal, thorough, received: 'much'"):
        Finder(model, effort="much")


def test_things_are_added_and_removed_and_a_gallery_keeps_them(model, tmp_path):
    first = Finder(model, gallery=tmp_path / "things")
    assert first.add("cup", reddish()) == "cup"
    first.add("twin", twin())
    again = Finder(model, gallery=tmp_path / "things")
    assert again.names == ["cup", "twin"] and set(again.colors) == {"cup", "twin"}
    again.remove("twin")
    assert again.names == ["cup"]
    with pytest.raises(EdgeError, match="name of an object"):
        again.remove("twin")


def test_one_of_the_kind_is_enough_where_only_kinds_are_asked_for(model):
    finder = Finder(model, kinds=True)
    finder.add("cup", reddish())
    (found,) = finder(frame((twin(), PLACE_PX[:2])))
    assert found.match and found.same is None


def test_what_is_found_is_drawn_in_its_colour_and_without_timing(finder):
    picture = frame((reddish(), PLACE_PX[:2]))
    found = finder(picture)
    drawn = draw(picture, found, colors={"cup": (1, 2, 3)})
    assert (drawn == (1, 2, 3)).all(axis=2).any()
    np.testing.assert_array_equal(draw(picture, []), picture)


def test_supervision_gets_boxes_scores_and_names(finder):
    pytest.importorskip("supervision")
    finder.add("twin", twin())
    found = finder(frame((reddish(), (30, 35)), (twin(), (200, 200))))
    detections = to_supervision(found)
    assert sorted(detections.data["class_name"]) == ["cup", "twin"]
    assert detections.class_id.tolist() == [["cup", "twin"].index(one.name) for one in found]
    np.testing.assert_allclose(detections.xyxy, [one.box_px for one in found], rtol=1e-6)
    np.testing.assert_allclose(detections.confidence, [one.score for one in found], rtol=1e-6)
    assert len(to_supervision([])) == 0


def test_what_was_found_by_mistake_is_not_found_again_and_the_thing_still_is(finder, model):
    mistake, scene = frame((mistaken(), PLACE_PX[:2])), frame((reddish(), PLACE_PX[:2]))
    (found,) = finder(mistake)
    finder.not_this(found, mistake)
    assert finder(mistake) == [] and len(finder(scene)) == 1
    with pytest.raises(EdgeError, match="name of an object"):
        finder.not_this("pen", twin())


def test_a_counter_example_may_be_a_picture_by_itself(finder):
    finder.not_this("cup", mistaken())
    assert finder(frame((mistaken(), PLACE_PX[:2]))) == []


def test_a_quick_finder_looks_where_one_of_the_kind_is_and_a_wrong_effort_is_refused(model):
    """The other one lies where no look of the search for kinds goes."""
    quick = Finder(model, effort="quick")
    quick.add("cup", reddish())
    assert len(quick(frame((reddish(), (30, 35)), (reddish(), (220, 215))))) == 1
    with pytest.raises(EdgeError, match="an effort of quick, normal, thorough, received: 'hard'"):
        Finder(model, effort="hard")


def test_a_finder_counts_what_is_sure_enough(model):
    """The thing has a score of 95 %, see `write_twins`."""
    scene = frame((reddish(), PLACE_PX[:2]))
    for level, count in ((0.9, 1), (0.99, 0)):
        finder = Finder(model, level=level)
        finder.add("cup", reddish())
        assert len(finder(scene)) == count
    with pytest.raises(EdgeError, match=r"level in \[0, 1\], received: 75"):
        Finder(model, level=75)


def test_threads_that_share_a_finder_get_the_scores_of_one(finder):
    finder.add("twin", twin())
    scenes = [frame((thing(), (left, 100))) for thing in (reddish, twin) for left in (40, 100, 160, 220)] * 4

    def scores(scene):
        return [one.score for one in finder(scene, absent=True)]

    alone = [scores(scene) for scene in scenes]
    with ThreadPoolExecutor(4) as pool:
        # NumPy's sums may differ in their last digits from thread to thread.
        np.testing.assert_allclose(list(pool.map(scores, scenes)), alone, atol=1e-4)


@pytest.mark.parametrize(
    ("argument", "values", "expected"),
    [
        ("level", (None, "x", float("nan"), np.zeros(30)), r"a level in \[0, 1\]"),
        ("outline", ("x", None), "an outline of off, flat, bent"),
        ("effort", (None,), "an effort of quick, normal, thorough"),
        ("model", (5,), "a model's path, or None"),
        ("gallery", (5,), "a gallery's path, or None"),
        ("threads", (0, 10**9, "2", None), "1 to 256 threads"),
    ],
)
def test_an_argument_that_a_finder_cannot_take_is_one_line(model, argument, values, expected):
    for value in values:
        with pytest.raises(EdgeError, match=f"Expected {expected}, received: ") as caught:
            Finder(**{"model": model, argument: value})
        assert one_line(caught.value)


def test_what_is_no_picture_no_name_and_no_rate_is_one_line(finder):
    scene = frame((reddish(), PLACE_PX[:2]))
    calls = {
        "a picture, as an array or a path": [
            lambda: finder.add("a", None),
            lambda: finder.add("a", 5),
            lambda: finder(7),
            lambda: finder(None),
            lambda: list(finder.follow([None])),
        ],
        "the name of a thing": [
            lambda: finder.add(None, scene),
            lambda: finder.not_this(None, scene),
            lambda: finder.remove(None),
        ],
        "fps above 0, or None": [
            lambda fps=fps: list(finder.follow([scene], fps=fps)) for fps in (0, -1, float("nan"), "x")
        ],
    }
    for expected, ways in calls.items():
        for way in ways:
            with pytest.raises(EdgeError, match=f"Expected {expected}, received: ") as caught:
                way()
            assert one_line(caught.value)
    assert finder.names == ["cup"]
