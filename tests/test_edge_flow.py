"""What is carried along by optical flow, and when that is not sure: motions are known, as the frames are made by them."""

import cv2
import numpy as np
import pytest

from edge_demo.model.flow import Flow, carried_box, turn_of

BOX = (100.0, 80.0, 180.0, 160.0)
MIDDLE = (139.5, 119.5)  # of its pixels


def noise(side, seed):
    """Patches of 5 pixels, (side, side, 3)."""
    values = np.random.default_rng(seed).integers(0, 256, (side // 5, side // 5, 3), np.uint8)
    return cv2.GaussianBlur(values.repeat(5, axis=0).repeat(5, axis=1), (0, 0), 1.5)


THING = noise(80, 0)


def shown(factor=1.0, angle_deg=0.0, shift=(0.0, 0.0), thing=THING, hw=(240, 320)):
    """A thing on gray, turned anticlockwise and made larger about its middle, and shifted."""
    matrix = cv2.getRotationMatrix2D((39.5, 39.5), angle_deg, factor)
    matrix[:, 2] += np.array(MIDDLE) - 39.5 + shift
    canvas = np.full((*hw, 3), 127, np.uint8)
    return cv2.warpAffine(thing, matrix, hw[::-1], canvas, cv2.INTER_LINEAR, cv2.BORDER_TRANSPARENT)


def followed(*frames, box=BOX):
    flow = Flow()
    flow.see(frames[0])
    trails = [flow.begin(box)]
    for frame in frames[1:]:
        flow.see(frame)
        trails = flow.follow(trails)
    return None if trails[0] is None else flow.motion_px(trails[0])


def test_what_moves_and_grows_is_carried_along_over_several_frames():
    frames = [shown(1 + 0.03 * n, 0.0, (6 * n, -3 * n)) for n in range(5)]
    motion = followed(*frames)
    half = 40 * 1.12
    expected = (140 + 24 - half, 120 - 12 - half, 140 + 24 + half, 120 - 12 + half)
    np.testing.assert_allclose(carried_box(BOX, motion), expected, atol=1.5)


def test_what_turns_is_told_by_its_angle_clockwise():
    motion = followed(shown(), shown(angle_deg=-6), shown(angle_deg=-12))
    factor, angle_deg = turn_of(motion)
    assert factor == pytest.approx(1, abs=0.02) and angle_deg == pytest.approx(12, abs=1)


def test_pixels_are_those_of_the_frame_though_it_is_followed_in_a_smaller_picture():
    large = [cv2.resize(frame, None, fx=4, fy=4) for frame in (shown(), shown(shift=(5, 2)))]
    motion = followed(*large, box=tuple(4 * edge for edge in BOX))
    np.testing.assert_allclose(motion, [[1, 0, 20], [0, 1, 8]], atol=0.5)


@pytest.mark.parametrize(
    "after",
    [
        np.full((240, 320, 3), 127, np.uint8),
        shown(thing=noise(80, 1)),
        noise(320, 2)[:240],
        cv2.GaussianBlur(shown(), (0, 0), 12),
    ],
    ids=["gone", "another thing", "a cut", "blurred"],
)
def test_what_is_not_seen_any_more_is_lost(after):
    assert followed(shown(), after) is None


def test_what_is_covered_bit_by_bit_is_lost():
    """Whatever comes in front of it has points of its own; those of the thing do not come back."""
    frames = [shown() for _ in range(7)]
    for n, frame in enumerate(frames):
        frame[80:160, 100 : 100 + 14 * n] = noise(140, 3)[:80, : 14 * n]
    assert followed(*frames[:2]) is not None
    assert followed(*frames) is None


def test_where_there_is_nothing_to_hold_on_to_nothing_is_followed():
    plain = np.full((240, 320, 3), 127, np.uint8)
    flow = Flow()
    flow.see(plain)
    assert flow.begin(BOX) is None
    assert flow.begin((5.0, 5.0, 5.0, 9.0)) is None
    flow.see(plain)
    assert flow.follow([None]) == [None]


def test_several_are_followed_at_once_and_each_by_itself():
    before, after = shown(), shown(shift=(4, 0))
    before[0:60, 200:260], after[0:60, 200:260] = noise(60, 5), noise(60, 6)
    flow = Flow()
    flow.see(before)
    trails = [flow.begin((200.0, 0.0, 260.0, 60.0)), None, flow.begin(BOX)]
    flow.see(after)
    lost, none, kept = flow.follow(trails)
    assert lost is None and none is None
    np.testing.assert_allclose(flow.motion_px(kept), [[1, 0, 4], [0, 1, 0]], atol=0.3)
