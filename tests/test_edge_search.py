"""A frame that is seen once for all references, on a model whose outputs are known by hand; see `spots` in `edge_model`."""

import numpy as np
import pytest
from edge_model import write_spots

from edge_demo.errors import EdgeError
from edge_demo.gallery.views import KnownObject, match_objects
from edge_demo.model.early_no import parts_found
from edge_demo.model.matcher import Matcher, ObjectMatch
from edge_demo.model.search import _likely
from edge_demo.model.unit_cells import unit_cells

RED, GREEN, BLUE, YELLOW = (0, 0, 200), (0, 200, 0), (200, 0, 0), (0, 200, 200)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_spots(tmp_path_factory.mktemp("model") / "spots.tflite")


@pytest.fixture(scope="module")
def matcher(path):
    return Matcher(path)


def plain(color):
    """8x8 pixels of a colour, but for a darker corner: a blank picture is refused."""
    picture = np.full((8, 8, 3), color, np.uint8)
    picture[0, 0] //= 2
    return picture


def frame_with(*spots):
    """16x16 black pixels with 4x4 spots (colour, column, row), in cells."""
    frame = np.zeros((16, 16, 3), np.uint8)
    for color, column, row in spots:
        frame[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = color
    return frame


def counted(matcher, monkeypatch):
    """How often each signature is called from now on."""
    calls = {"see": 0, "locate": 0, "embed": 0}

    def watched(name):
        signature = getattr(matcher._search, f"_{name}")
        original = type(signature).__call__

        def call(self, **arrays):
            for other in calls:
                calls[other] += self is getattr(matcher._search, f"_{other}")
            return original(self, **arrays)

        return call

    monkeypatch.setattr(type(matcher._search._see), "__call__", watched("see"))
    return calls


def test_each_reference_is_found_where_its_colour_is(matcher):
    """Cells 1, 0 and 2, 3 of 4x4 pixels; the box reaches from the first pixel's edge to the last's."""
    frame = frame_with((RED, 1, 0), (GREEN, 2, 3))
    references = [matcher.describe(plain(color), name) for color, name in ((GREEN, "green"), (RED, "red"))]
    green, red = matcher.match(frame, references).objects
    assert green.box_px == pytest.approx((8, 12, 12, 16), abs=0.01)
    assert red.box_px == pytest.approx((4, 0, 8, 4), abs=0.01)
    assert [green.match, red.match] == [True, True]
    assert [green.distance, red.distance] == pytest.approx([0, 0], abs=1e-3)


def test_a_frame_is_seen_once_and_what_is_not_there_is_not_looked_at(matcher, monkeypatch):
    """Blue has cosine 0 with everything: no part of it is found. Yellow has 0.71 with red, enough for its parts, but heat 7.1 is
    below 9. Red is there: one place is looked at, the whole frame is too unsure to win."""
    references = [
        matcher.describe(plain(color), name) for color, name in ((BLUE, "b"), (YELLOW, "y"), (RED, "r"))
    ]
    calls = counted(matcher, monkeypatch)
    blue, yellow, red = matcher.match(frame_with((RED, 0, 0)), references).objects
    assert blue == ObjectMatch("b", 0.0, False, None, None)
    assert yellow == ObjectMatch("y", 0.0, False, None, None)
    assert red.match
    assert calls == {"see": 1, "locate": 2, "embed": 1}


def test_a_single_search_never_says_no_early(matcher):
    """Yellow is likest to the red cell: distance of unit vectors at 45 degrees, 2 sin 22.5."""
    yellow = matcher.describe(plain(YELLOW), "yellow")
    found = matcher.find(frame_with((RED, 0, 0)), yellow)
    assert matcher.distance(found.embedding, yellow.embedding) == pytest.approx(
        2 * np.sin(np.pi / 8), abs=1e-3
    )
    assert found.box_px == pytest.approx((0, 0, 4, 4), abs=0.01)
    ((again,),) = matcher.search(frame_with((RED, 0, 0)), [[yellow]], early_no=False)
    np.testing.assert_array_equal(again.embedding, found.embedding)


def test_if_one_view_may_be_there_all_are_searched(matcher, monkeypatch):
    """For blue all cells are alike, the first is looked at, which is black: 1 from everything. The object is half way from the
    nearest view, red itself, to the mean with blue's: (0 + 0.5) / 2."""
    views = tuple(matcher.describe(plain(color), "cup") for color in (BLUE, RED))
    known = [KnownObject("cup", (0, 0, 0), views), KnownObject("pen", (0, 0, 0), views[:1])]
    calls = counted(matcher, monkeypatch)
    cup, pen = match_objects(matcher, frame_with((RED, 3, 1)), known).objects
    assert cup.distance == pytest.approx(0.25, abs=1e-3)
    assert cup.box_px == pytest.approx((12, 4, 16, 8), abs=0.01)
    assert pen == ObjectMatch("pen")
    assert calls["see"] == 1 and calls["locate"] == 2


def test_of_one_object_alone_nothing_is_left_out(matcher):
    """Blue is nowhere, and is looked at all the same, as `find` would."""
    blue = matcher.describe(plain(BLUE), "blue")
    frame = frame_with((RED, 0, 0))
    (found,) = matcher.match(frame, [blue]).objects
    assert found.box_px == matcher.find(frame, blue).box_px and found.distance > 1


def test_of_several_objects_a_place_is_looked_at_if_it_is_hot_enough_by_itself():
    """Heats: that of the surest, 10, and what the others are less sure: 10 + ln(0.5) = 9.31 and 10 + ln(0.1) = 7.7; level 9."""
    located = {
        "theta": np.arange(12.0).reshape(3, 4),
        "sure": np.array([[1.0, 0.5, 0.1]]),
        "heat": np.array([[10.0]]),
    }
    kept = _likely(located, 9.0)
    np.testing.assert_array_equal(kept["theta"], located["theta"][:2])
    np.testing.assert_array_equal(kept["sure"], [[1.0, 0.5]])
    assert len(_likely(located, 11.0)["theta"]) == 1, "the surest is always looked at"


def test_a_model_without_levels_looks_at_everything(tmp_path):
    matcher = Matcher(write_spots(tmp_path / "spots.tflite", early_no=None))
    blue = matcher.describe(plain(BLUE), "blue")
    (found,) = matcher.match(frame_with((RED, 0, 0)), [blue]).objects
    assert found.distance == pytest.approx(np.sqrt(2), abs=1e-3)
    assert found.box_px == pytest.approx((0, 0, 4, 4), abs=0.01)


def test_without_objects_nothing_is_seen(matcher, monkeypatch):
    calls = counted(matcher, monkeypatch)
    assert matcher.match(frame_with(), []).objects == []
    assert calls["see"] == 0


def test_a_search_for_a_reference_needs_one(matcher):
    with pytest.raises(ValueError, match=r"expects its descriptor \(K, D\) = \(2, 3\), received none"):
        matcher.find(frame_with((RED, 0, 0)))


def test_the_signs_by_hand(matcher):
    """Yellow beside a red cell: cosine 0.71 with the surest fine cell, and with the coarse one that holds it."""
    signs = matcher.signs(frame_with((RED, 0, 0)), matcher.describe(plain(YELLOW), "yellow"))
    assert signs == pytest.approx({"parts": np.sqrt(0.5), "heat": 10 * np.sqrt(0.5)}, abs=0.01)


def test_parts_are_found_wherever_they_are():
    """The second half of the descriptor: its first part is in the first cell (cosine 1), its second 0.6 in the second."""
    cells = unit_cells(np.array([[2.0, 0.0], [0.0, 0.5]], np.float32))
    descriptor = np.array([[9, 9], [9, 9], [1, 0], [-0.8, 0.6]], np.float32)
    np.testing.assert_array_equal(cells, np.eye(2))
    assert parts_found(cells, descriptor) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"descriptor_shape": (3, 3)}, r"descriptor \(1, 3, 3\).* of `locate`"),
        ({"descriptor_shape": (2, 5)}, r"fine \(1, any, any, 5\).* of `see`"),
        ({"looks": None}, r"expected outputs .* of `see`"),
        ({"theta_kind": "attention"}, r"theta \(any, 3\) of `locate`"),
    ],
)
def test_a_file_in_steps_that_its_metadata_does_not_fit_is_one_line(tmp_path, changes, said):
    with pytest.raises(EdgeError, match=said) as caught:
        Matcher(write_spots(tmp_path / "other.tflite", **changes))
    assert "\n" not in str(caught.value)
