"""Equal pictures raise suspicion late, and after each false alarm later."""

import numpy as np

from edge_demo.camera.stillness import Stillness, same


def picture(level, hw=(24, 40)):
    return np.full((*hw, 3), level, np.uint8)


def alarms(stillness, seconds, level=7):
    """When `seen` complains, a picture a second; the camera is opened anew each time."""
    found = []
    for second in seconds:
        if stillness.seen(picture(level), float(second)):
            found.append(second)
            stillness.reopened()
    return found


def test_patience_doubles_with_every_false_alarm_up_to_ten_minutes():
    found = alarms(Stillness(), range(3600))
    assert np.diff([0, *found]).tolist()[:7] == [10, 21, 41, 81, 161, 321, 601]
    assert set(np.diff(found)[6:].tolist()) == {601}


def test_any_change_starts_over():
    stillness = Stillness()
    assert alarms(stillness, range(100)) == [10, 31, 72]
    assert alarms(stillness, range(100, 115), level=8) == [110]


def test_how_long_it_stood_still_is_told():
    stillness = Stillness()
    assert stillness.seen(picture(7), 100.0) == 0
    assert stillness.seen(picture(7), 109.9) == 0
    assert stillness.seen(picture(7), 112.5) == 12.5


def test_one_pixel_anywhere_makes_pictures_differ():
    changed = picture(7)
    changed[23, 39, 2] = 8
    assert not same(picture(7), changed)
    assert same(picture(7), picture(7))
    assert not same(picture(7), picture(7, hw=(40, 24)))
