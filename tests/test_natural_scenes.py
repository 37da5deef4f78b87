"""benchmarks/natural_scenes.py: a thing and its reference are made longer alike, and the box lies where the thing is."""

import dataclasses

import numpy as np
import pytest
from natural_scenes import LONGER, natural_scene
from test_scenes import BLACK, COLOURS, PLAIN, photos_of_colours

CONFIG = dataclasses.replace(
    PLAIN, side=256, reference_side=64, share=(0.2, 0.3), stretch=1.0, objects=(1, 2)
)


def scene(number, present=True):
    return natural_scene(photos_of_colours(), [BLACK], CONFIG, 0, number, present)


def colours_of(frame):
    """Which of the four classes' colours, of any shade, are in a frame of BGR."""
    rgb = frame[:, :, ::-1].reshape(-1, 3).astype(int)
    return {
        label for label, colour in enumerate(COLOURS) if (np.abs(rgb - colour).max(axis=1) < 8).sum() > 20
    }


@pytest.mark.parametrize("number", range(6))
def test_the_box_holds_the_references_kind_and_nothing_else_does(number):
    frame, reference, box = scene(number)
    (shown,) = colours_of(reference)
    xmin, ymin, xmax, ymax = box.astype(int)
    assert shown in colours_of(frame[ymin + 2 : ymax - 2, xmin + 2 : xmax - 2])
    rest = frame.copy()
    rest[ymin - 1 : ymax + 1, xmin - 1 : xmax + 1] = 0
    assert shown not in colours_of(rest)


def test_without_the_kind_there_is_no_box_and_something_else():
    for number in range(6):
        frame, reference, box = scene(number, present=False)
        assert box is None
        assert 1 <= len(colours_of(frame)) <= 2
        assert not colours_of(frame) & colours_of(reference)


def test_a_thing_and_its_reference_have_one_aspect_beyond_the_photos_own():
    """Photos are 40 wide and 30 to 40 high, so 1 to 1.33, times up to `LONGER` either way; shades differ by a third."""
    aspects = []
    for number in range(12):
        _, reference, (xmin, ymin, xmax, ymax) = scene(number)
        aspects.append(((xmax - xmin) / (ymax - ymin), reference.shape[1] / reference.shape[0]))
    there, shown = np.array(aspects).T
    np.testing.assert_array_less(np.abs(np.log(there / shown)), np.log(1.34 * 1.1))
    assert there.max() > 1.6
    assert there.min() < 0.7
    assert np.all((there > 0.9 / LONGER) & (there < 1.1 * 1.34 * LONGER))


def test_a_scene_is_a_function_of_its_number():
    for one, other in zip(scene(3), scene(3), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(scene(3)[0], scene(4)[0])
