"""How a thing lies where it was found; every outline is derived by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from edge_aligner import LEFT, QUARTER, SMALLER, TURNED, Lays, stripes, write_lying
from edge_model import write_centroid

from edge_demo.effort import THOROUGH
from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.still import Still
from edge_demo.gallery.views import KnownObject, match_objects
from edge_demo.model.alignment.area import area_of
from edge_demo.model.alignment.outline import outline_in
from edge_demo.model.matcher import Found, Matcher, ObjectMatch
from edge_demo.model.reference import Reference

FRAME = np.zeros((120, 160, 3), np.uint8)
AREA = (40, 20, 120, 60)  # 80 x 40
MIDDLE = [(60, 30), (100, 30), (100, 50), (60, 50)]  # half of it, upright


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return write_lying(tmp_path_factory.mktemp("model") / "lying.tflite")


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    return write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite")


def shown(aligner, kind, hw=(30, 50)):
    return outline_in(FRAME, AREA, aligner.shape(np.zeros((*hw, 3), np.uint8)), aligner, kind)


def test_an_outline_lies_in_the_frame_as_edges_of_pixels():
    outline = shown(Lays(SMALLER), "flat")
    np.testing.assert_allclose(outline.points_px, MIDDLE, atol=1e-9)
    assert outline.angle_deg == pytest.approx(0)


def test_an_outline_begins_at_the_thing_s_own_corner_however_it_is_turned():
    outline = shown(Lays(QUARTER), "flat")
    np.testing.assert_allclose(outline.points_px, MIDDLE[1:] + MIDDLE[:1], atol=1e-9)
    assert outline.angle_deg == pytest.approx(90)


def test_a_bent_outline_has_eight_points_a_side_and_its_flat_one_four():
    """The spline reads an eighth further right, a sixteenth of the distance between the outer pixel centres of 9: half a pixel, of 80
    pixels for 9."""
    outline = shown(Lays(SMALLER, tps=LEFT), "bent")
    assert len(outline.points_px) == 32
    np.testing.assert_allclose(outline.points_px[::8], np.array(MIDDLE) - (80 / 9 / 2, 0), atol=1e-6)
    np.testing.assert_allclose(outline.points_px[4], (80 - 80 / 9 / 2, 30), atol=1e-6)
    assert len(shown(Lays(SMALLER, tps=LEFT), "flat").points_px) == 4


@pytest.mark.parametrize(("confidence", "there"), [(-0.01, False), (0.0, True)])
def test_what_does_not_fit_has_no_outline(confidence, there):
    assert (shown(Lays(confidence=confidence), "flat") is not None) == there


def test_a_file_that_cannot_align_gives_no_outline_and_is_refused_where_one_is_asked_for(plain):
    matcher = Matcher(plain)
    assert (matcher.aligner, matcher.outline) == (None, "off")
    assert matcher.describe(stripes(), "cup").shape is None
    with pytest.raises(EdgeError, match=r"can align, for bent outlines.*Leave out --outline") as error:
        Matcher(plain, outline="bent")
    assert "\n" not in str(error.value)


def test_an_unknown_kind_of_outline_is_refused(model):
    with pytest.raises(ValueError, match=r"Invalid `outline`.*'round'"):
        Matcher(model, outline="round")


def test_a_file_that_can_align_does_so_only_where_it_is_asked_to(model):
    off = Matcher(model)
    cup = off.describe(stripes(), "cup")
    assert (off.outline, cup.shape) == ("off", None)
    (found,) = off.match(stripes(), [cup]).objects
    assert found.match and found.outline_px is None


def test_a_match_of_a_model_file_has_its_outline_and_its_angle(model):
    matcher = Matcher(model, outline="flat")
    (found,) = matcher.match(stripes(), [matcher.describe(stripes(), "cup")]).objects
    assert found.box_px == (0, 0, 40, 24)
    np.testing.assert_allclose(found.outline_px, TURNED, atol=1e-4)
    assert found.angle_deg == pytest.approx(90)


def test_a_bent_outline_of_a_model_file_is_laid_in_both_steps(model):
    """As by the affine map, and half of 9 pixels further left in the area, of 40 pixels for 9."""
    matcher = Matcher(model, outline="bent")
    (found,) = matcher.match(stripes(), [matcher.describe(stripes(), "cup")]).objects
    np.testing.assert_allclose(found.outline_px[::8], np.array(TURNED) - (40 / 9 / 2, 0), atol=1e-4)


def test_no_match_has_no_outline_nor_a_match_that_does_not_fit(model):
    """Means of grey levels 200 / 2 and 140 / 2 are 0.118 apart, which is 0.2 of distance, a match; 8 times 3 of it is above 1."""
    matcher = Matcher(model, outline="flat")
    cup = matcher.describe(stripes(200), "cup")
    (other,) = matcher.match(stripes(60), [cup]).objects
    assert not other.match and other.outline_px is None
    (near,) = matcher.match(stripes(140), [cup]).objects
    assert near.match and (near.outline_px, near.angle_deg) == (None, None)


def test_a_blank_reference_is_one_line(model):
    with pytest.raises(EdgeError, match="blank") as error:
        Matcher(model, outline="flat").describe(np.full((50, 50, 3), 99, np.uint8), "wall")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "box_px", [(170, 10, 190, 30), (-30, -30, -10, -10), (10, 119, 40, 140), (20, 20, 22, 50)]
)
def test_an_area_outside_the_frame_is_one_line_and_no_end_of_a_film(model, box_px):
    with pytest.raises(EdgeError, match="inside the frame of 160x120") as error:
        area_of(box_px, FRAME.shape[:2])
    assert "\n" not in str(error.value)
    matcher = Matcher(model, outline="flat")
    found = ObjectMatch("cup", 1.0, True, box_px, 0.0)
    assert matcher.outlined(FRAME, found, matcher.describe(stripes(), "cup")) == found


class Finds(Matcher):
    """Finds every view at its own distance in the upper left quarter of whatever it searches; at most 0.5 is a match."""

    outline = "flat"
    metadata = SimpleNamespace(threshold=0.5)

    def __init__(self):
        self.aligner = Lays()

    def search(self, frame_bgr_u8, objects, early_no=True, _turns=None):
        height, width = frame_bgr_u8.shape[:2]
        box_px = (0.0, 0.0, width / 2, height / 2)
        return [[Found(None, view.embedding, box_px) for view in views] for views in objects]

    def distance(self, embedding, _):
        return float(embedding[0])

    def score(self, distance):
        return 1 - distance


def known(*distances, aligner=None):
    """Views of so many pixels a side."""
    shapes = [(aligner or Lays()).shape(np.zeros((side, side, 3))) for side in range(1, 1 + len(distances))]
    views = [
        Reference("cup", np.array([distance]), shape=shape)
        for distance, shape in zip(distances, shapes, strict=True)
    ]
    return KnownObject("cup", (0, 0, 0), tuple(views))


def test_the_outline_is_that_of_the_nearest_view():
    matcher, laid_hw = Finds(), []
    laid = matcher.aligner.laid
    matcher.aligner.laid = lambda shape, *rest: laid_hw.append(shape.hw) or laid(shape, *rest)
    (found,) = match_objects(matcher, FRAME, [known(0.5, 0.125, 0.25)]).objects
    assert (found.view, laid_hw) == (1, [(2, 2)])
    np.testing.assert_allclose(
        found.outline_px[0], (22.5, 17)
    )  # a quarter of 90 x 68: 80 x 60 with an eighth on two sides


@pytest.mark.parametrize("search", [Pursuit, Still])
def test_what_counts_is_outlined_and_not_every_look(search):
    """37 looks at a picture, in each of which something matches."""
    matcher = Finds()
    scan = search(matcher, THOROUGH)
    (found,) = scan.match(FRAME, [known(0.125)]).objects
    assert len(matcher.aligner.areas) == 1
    left, top, right, bottom = area_of(found.box_px, FRAME.shape[:2])
    assert matcher.aligner.areas[0].shape == (bottom - top, right - left, 3)
    np.testing.assert_allclose(
        found.outline_px[0], (left + (right - left) / 4, top + (bottom - top) / 4), atol=1e-9
    )
    scan.match(FRAME, [known(0.75)])
    assert len(matcher.aligner.areas) == 1


def counted(matcher, monkeypatch):
    calls = []
    monkeypatch.setattr(
        matcher, "describe", lambda *given: calls.append(given) or Matcher.describe(matcher, *given)
    )
    return calls


def test_the_latency_includes_the_outline(monkeypatch):
    """A clock that only the aligner moves: by a quarter of a second."""
    matcher, now_s = Finds(), [0.0]
    laid = matcher.aligner.laid

    def slow(*given):
        now_s[0] += 0.25
        return laid(*given)

    matcher.aligner.laid = slow
    monkeypatch.setattr("time.perf_counter", lambda: now_s[0])
    assert match_objects(matcher, FRAME, [known(0.125)]).latency_ms == 250
    assert Pursuit(matcher).match(FRAME, [known(0.125)]).latency_ms == 250
    assert matcher.match(FRAME, known(0.125).views).latency_ms == 250
    assert match_objects(matcher, FRAME, [known(0.75)]).latency_ms == 0


def test_a_gallery_keeps_shapes_and_makes_those_that_it_lacks(tmp_path, model, monkeypatch):
    off, flat = Matcher(model), Matcher(model, outline="flat")
    Gallery(tmp_path / "things", off, "a").add("cup", stripes())
    calls = counted(flat, monkeypatch)
    for _ in range(2):
        (cup,) = Gallery(tmp_path / "things", flat, "a").objects
        assert len(calls) == 1  # made once, then kept
        fresh = flat.aligner.shape(stripes())
        assert cup.views[0].shape.hw == fresh.hw
        np.testing.assert_array_equal(cup.views[0].shape.image, fresh.image)
        np.testing.assert_array_equal(cup.views[0].shape.turns, fresh.turns)
    calls = counted(off, monkeypatch)
    assert Gallery(tmp_path / "things", off, "a").objects[0].views[0].shape is None and not calls


def test_an_object_that_was_shown_in_the_run_is_outlined(tmp_path, model):
    matcher = Matcher(model, outline="flat")
    objects = Objects(matcher, Gallery(tmp_path / "things", matcher, "a"))
    objects.add("cup", stripes())
    (found,) = objects.match(stripes()).objects
    np.testing.assert_allclose(found.outline_px, TURNED, atol=1e-4)
    assert objects.known[0].has_shape


def test_a_kept_shape_that_is_damaged_is_made_again(tmp_path, model):
    matcher = Matcher(model, outline="flat")
    Gallery(tmp_path / "things", matcher, "a").add("cup", stripes())
    path = tmp_path / "things" / "cup" / "view-1.npz"
    with np.load(path) as arrays:
        kept = dict(arrays)
    del kept["turns"]
    np.savez(path, **kept)
    (cup,) = Gallery(tmp_path / "things", matcher, "a").objects
    assert cup.has_shape
    with np.load(path) as arrays:
        assert "turns" in arrays.files
