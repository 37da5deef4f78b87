"""What is drawn can be found again by its colour, and nothing is drawn outside the frame."""

import dataclasses

import numpy as np
import pytest

from edge_demo.model.layout.layout import Found
from edge_demo.model.matcher import MatchResult, ObjectMatch
from edge_demo.screen.overlay import draw, label_of, label_place

ORANGE = np.array([0, 159, 230])
GREY = np.array([170, 170, 170])


def result(*objects):
    return MatchResult(
        14.2, [ObjectMatch(name, score, match, box, 0.1) for name, score, match, box in objects]
    )


def blue_frame(height=480, width=640):
    frame_bgr_u8 = np.zeros((height, width, 3), np.uint8)
    frame_bgr_u8[:, :, 0] = 200
    return frame_bgr_u8


def having(drawn, color):
    return (drawn == color).all(axis=2)


def is_white_somewhere(drawn):
    """The thin letters of OpenCV 4 are nowhere quite white."""
    return (drawn.min(axis=2) > 200).any()


def test_what_was_not_looked_at_is_not_drawn():
    frame = blue_frame()
    np.testing.assert_array_equal(draw(frame, result(("cup", 0.0, False, None))), draw(frame, result()))


def test_the_frame_stays_as_it_was():
    frame_bgr_u8 = blue_frame()
    drawn = draw(frame_bgr_u8, result(("cup", 0.93, True, (100.0, 100.0, 300.0, 200.0))))
    assert drawn.shape == frame_bgr_u8.shape
    np.testing.assert_array_equal(frame_bgr_u8, blue_frame())


def test_a_match_is_a_strong_orange_box_within_its_edges():
    """One dark pixel outside, then three orange: columns 101 to 103 and 296 to 298 of the box [100, 300)."""
    drawn = draw(blue_frame(), result(("cup", 0.93, True, (100.0, 120.0, 300.0, 220.0))))
    assert np.flatnonzero(having(drawn, ORANGE)[170]).tolist() == [101, 102, 103, 296, 297, 298]
    assert np.flatnonzero(having(drawn, ORANGE)[120:, 200]).tolist() == [1, 2, 3, 96, 97, 98]


def test_a_match_has_the_colour_of_its_object():
    box = (100.0, 120.0, 300.0, 220.0)
    drawn = draw(blue_frame(), result(("cup", 0.93, True, box)), colors={"cup": (1, 2, 3), "pen": (9, 9, 9)})
    assert np.flatnonzero(having(drawn, (1, 2, 3))[170]).tolist() == [101, 102, 103, 296, 297, 298]
    assert not having(drawn, ORANGE).any()


def test_one_like_it_has_a_thin_box_in_its_colour_and_white_words_with_a_border_of_it():
    box = (100.0, 120.0, 300.0, 220.0)
    like = ObjectMatch("cup", 0.2, False, box, 0.1, kind_score=0.9, kind_match=True, same=False)
    drawn = draw(blue_frame(), MatchResult(14.2, [like]), colors={"cup": (1, 2, 3)})
    assert np.flatnonzero(having(drawn, (1, 2, 3))[170]).tolist() == [101, 298]
    label = drawn[96:120, 100:200]
    assert having(label, (1, 2, 3))[0].all() and is_white_somewhere(label)


def test_a_label_is_white_whatever_the_colour():
    """The plate's outermost two pixels have the colour; of what is no match they are grey."""
    for match, color in ((True, (1, 2, 3)), (False, GREY)):
        found = result(("cup", 0.9, match, (100.0, 120.0, 300.0, 220.0)))
        label = draw(blue_frame(), found, colors={"cup": (1, 2, 3)})[96:120, 100:160]
        assert having(label[:, :40], color)[:2].all() and not having(label[2:22, 2:], color).all(axis=0).any()
        assert is_white_somewhere(label)


def test_a_page_gets_boxes_of_matches_alone_and_writes_the_words_itself():
    """Three orange lines on the left and three on the right of a match, and nothing else than its box is changed."""
    box, other = (100.0, 120.0, 300.0, 220.0), (400.0, 120.0, 500.0, 220.0)
    found = [ObjectMatch("cup", 0.9, True, box), ObjectMatch("pen", 0.1, False, other)]
    drawn = draw(blue_frame(), found, labels=False, candidates=False)
    changed = (drawn != blue_frame()).any(axis=2)
    assert changed[120:220, 100:300].any()
    changed[120:220, 100:300] = False
    assert not changed.any()
    assert (draw(blue_frame(), found, labels=False) != drawn).any()


def test_a_label_says_the_verdict_where_more_than_the_kind_is_known():
    """Of a match the score that it is this one, of everything else the score of the kind."""
    match, like = (
        ObjectMatch("cup", 0.93, True, same=True),
        ObjectMatch("cup", 0.1, kind_score=0.88, same=False),
    )
    assert label_of(match) == "cup: this one  93 %"
    assert label_of(dataclasses.replace(like, kind_match=True)) == "cup: one like it  88 %"
    assert label_of(dataclasses.replace(like, kind_match=False)) == "cup: not there  88 %"
    assert label_of(ObjectMatch("cup", 0.93, True)) == "cup  93 %"
    assert label_of(ObjectMatch("cup", 0.12)) == "cup  12 %"


def test_all_of_them_are_drawn():
    two = ObjectMatch(
        "cup",
        0.9,
        True,
        (100.0, 120.0, 200.0, 220.0),
        same=True,
        others=(Found((300.0, 120.0, 400.0, 220.0), 0.0, 2.0),),
    )
    drawn = draw(blue_frame(), MatchResult(14.2, [two]))
    assert np.flatnonzero(having(drawn, ORANGE)[210]).tolist() == [
        101,
        102,
        103,
        196,
        197,
        198,
        301,
        302,
        303,
        396,
        397,
        398,
    ]


def test_below_the_threshold_the_box_is_thin_and_grey():
    drawn = draw(blue_frame(), result(("cup", 0.12, False, (100.0, 120.0, 300.0, 220.0))))
    assert np.flatnonzero(having(drawn, GREY)[170]).tolist() == [101, 298]
    assert not having(drawn, ORANGE).any()


def test_lines_grow_with_the_frame():
    """At 1080 lines, 2.25 times 480, lines are twice as wide: dark 100 and 101, then six orange."""
    drawn = draw(blue_frame(1080, 1920), result(("cup", 0.93, True, (100.0, 120.0, 900.0, 620.0))))
    assert np.flatnonzero(having(drawn, ORANGE)[400])[:6].tolist() == [102, 103, 104, 105, 106, 107]


def test_the_label_stands_on_the_box_and_the_timing_in_the_lower_right_corner():
    drawn = draw(blue_frame(), result(("cup", 0.93, True, (100.0, 120.0, 300.0, 220.0))))
    changed = (drawn != blue_frame()).any(axis=2)
    assert changed[96:120, 100:160].all()
    assert changed[456:, 600:].all()
    changed[96:220, 100:300] = False
    assert not changed[:456].any()


def test_without_room_above_the_label_lies_inside_the_box():
    drawn = draw(blue_frame(), result(("cup", 0.93, True, (0.0, 0.0, 640.0, 480.0))))
    changed = (drawn != blue_frame()).any(axis=2)
    assert changed[5:29, :60].all()
    assert not changed[100:400, 100:500].any()


def test_references_at_one_box_share_it_and_only_matches_are_named():
    box = (100.0, 120.0, 300.0, 220.0)
    one = draw(blue_frame(), result(("cup", 0.9, True, box)))
    with_other = draw(blue_frame(), result(("pen", 0.1, False, box), ("cup", 0.9, True, box)))
    np.testing.assert_array_equal(one, with_other)
    two = draw(blue_frame(), result(("pen", 0.8, True, box), ("cup", 0.9, True, box)))
    assert (two != blue_frame()).any(axis=2)[72:96, 100:150].all()


@pytest.mark.parametrize("hw", [(480, 480), (1080, 1920), (120, 160), (8, 8), (9, 300)])
@pytest.mark.parametrize(
    "share", [(0, 0, 1, 1), (1, 0, 1, 0), (0.9, 0, 1, 0.1), (0, 0.95, 0.05, 1), (0.4, 0.4, 0.4, 0.4)]
)
def test_any_box_in_any_frame_can_be_drawn(hw, share):
    box = tuple(float(part * side) for part, side in zip(share, (hw[1], hw[0]) * 2, strict=True))
    objects = [(f"a name that is long {index}", 0.5, True, box) for index in range(5)]
    drawn = draw(blue_frame(*hw), result(*objects), 29.97, "q quit")
    assert drawn.shape == (*hw, 3)
    assert drawn.dtype == np.uint8


def test_a_notice_stands_in_the_upper_left_corner():
    drawn = draw(blue_frame(), result(), notice="no new picture for 4 s, reconnecting")
    changed = np.argwhere((drawn != blue_frame()).any(axis=2))
    upper = changed[changed[:, 0] < 240]
    assert upper.min(axis=0).tolist() == [0, 0]
    assert upper.max(axis=0)[0] < 30
    # Strokes of OpenCV 4's letters are so thin that no pixel is quite of the colour.
    assert (np.abs(drawn[:30].astype(int) - ORANGE).max(axis=2) < 40).any()


@pytest.mark.parametrize(
    ("taken", "place"),
    [
        ([], (50, 40, 90, 60)),  # above the box, whose upper edge is at 60
        ([(0, 0, 51, 41)], (50, 65, 90, 85)),  # touched by a pixel: inside, 5 below the edge
        ([(0, 0, 51, 41), (89, 84, 99, 99)], (50, 120, 90, 140)),  # below, from the lower edge on
        ([(0, 0, 200, 200)], (50, 40, 90, 60)),  # nowhere: above again
        ([(0, 0, 50, 200), (50, 0, 90, 40)], (50, 40, 90, 60)),  # side by side is no overlap
    ],
)
def test_a_label_makes_way_for_those_that_are_there(taken, place):
    assert label_place((50.0, 60.0, 100.0, 120.0), (40, 20), (200, 160), 5, taken) == place


def test_a_label_stays_in_the_frame():
    assert label_place((50.0, 10.0, 100.0, 150.0), (40, 20), (200, 160), 5, []) == (50, 15, 90, 35)
    assert label_place((-30.0, -20.0, 500.0, 500.0), (40, 20), (200, 160), 5, []) == (0, 5, 40, 25)
    assert label_place((190.0, 60.0, 210.0, 80.0), (40, 20), (200, 160), 5, []) == (160, 40, 200, 60)


TURNED = ((400.0, 200.0), (400.0, 300.0), (300.0, 300.0), (300.0, 200.0))  # its top edge is on the right


def lying(outline_px=TURNED, match=True, box=(290.0, 190.0, 410.0, 310.0), name="cup"):
    return ObjectMatch(name, 0.9, match, box, 0.1, outline_px, 90.0)


def test_an_outline_takes_the_place_of_the_box():
    """Edges at 300 and 400 are between two pixels: three of colour there, dark ones beside them, no box round it."""
    drawn = draw(blue_frame(), MatchResult(1.0, [lying()]))
    row = having(drawn, ORANGE)[220]
    assert np.flatnonzero(row).tolist() == [299, 300, 301, 399, 400, 401]
    assert (drawn[220, [298, 302]] < 80).all()  # as dark as smooth edges are
    boxed = draw(blue_frame(), MatchResult(1.0, [lying()]), outlines=False)
    assert np.flatnonzero(having(boxed, ORANGE)[220]).tolist() == [291, 292, 293, 406, 407, 408]


def test_an_arrow_head_on_its_top_edge_says_how_it_is_turned():
    """The thing's top is on the right: the head reaches 12 pixels out of the middle of that edge, and nowhere else."""
    drawn = draw(blue_frame(), MatchResult(1.0, [lying()]))
    rows, columns = np.nonzero(having(drawn, ORANGE)[210:, 405:450])  # above is the label
    assert columns.size and 405 + columns.max() in range(409, 416)
    assert 210 + rows.min() > 235 and 210 + rows.max() < 265
    assert not having(drawn, ORANGE)[310:].any() and not having(drawn, ORANGE)[200:310, :295].any()


def test_the_label_of_an_outline_stands_on_it_and_not_on_its_box():
    """The outline's upper end is at 200, a label 24 pixels high."""
    changed = (
        draw(blue_frame(), MatchResult(1.0, [lying(box=(290.0, 90.0, 410.0, 310.0))])) != blue_frame()
    ).any(axis=2)
    assert changed[176:196, 300:350].all() and not changed[:176].any()


def test_the_outline_has_the_colour_of_its_object():
    drawn = draw(blue_frame(), MatchResult(1.0, [lying()]), colors={"cup": (1, 200, 3)})
    assert having(drawn, (1, 200, 3)).any() and not having(drawn, ORANGE).any()


def test_a_match_without_an_outline_keeps_its_box_beside_one_that_has_one():
    """Both were found in one box."""
    pen = ObjectMatch("pen", 0.8, True, lying().box_px, 0.1)
    drawn = draw(blue_frame(), MatchResult(1.0, [lying(), pen]), colors={"pen": (1, 200, 3)})
    assert np.flatnonzero(having(drawn, (1, 200, 3))[220]).tolist() == [291, 292, 293, 406, 407, 408]
    assert having(drawn, ORANGE)[220, 395:405].any()


@pytest.mark.parametrize(
    "outline_px",
    [
        ((-1e9, 5.0), (1e9, 5.0), (1e9, 1e9), (-1e9, 1e9)),
        ((50.0, 50.0),) * 4,
        ((-90.0, -90.0), (-50.0, -90.0), (-50.0, -50.0), (-90.0, -50.0)),
        tuple((100 + 80 * np.cos(k / 5), 90 + 80 * np.sin(k / 5)) for k in range(32)),
    ],
)
@pytest.mark.parametrize("hw", [(480, 640), (1080, 1920), (8, 8)])
def test_any_outline_in_any_frame_can_be_drawn(hw, outline_px):
    assert draw(blue_frame(*hw), MatchResult(1.0, [lying(outline_px)])).shape == (*hw, 3)
