"""All views speak for their object, the nearest as much as all of them."""

import types

import numpy as np
import pytest

from edge_demo.gallery.palette import COLORS, color_of, free_number
from edge_demo.gallery.views import KnownObject, match_objects
from edge_demo.model.matcher import Found, ObjectMatch
from edge_demo.model.reference import Reference


def known(name, views):
    return KnownObject(name, (0, 0, 0), tuple(Reference(f"{name} {k}", np.zeros(2)) for k in range(views)))


class Fixed:
    """A matcher whose distances are given: at most 0.5 is a match, and the score is 1 minus the distance.

    An object whose first distance is None is not there at first sight.
    """

    metadata = types.SimpleNamespace(threshold=0.5)
    layout = None

    def __init__(self, *distances):
        self.distances = distances

    def search(self, frame_bgr_u8, objects, early_no, _turns):
        distances = iter(enumerate(self.distances))
        found = []
        for views in objects:
            own = [next(distances) for _ in views]
            places = [Found(None, np.array(distance), (float(k), 0.0, 9.0, 9.0)) for k, distance in own]
            found.append(None if own[0][1] is None else places)
        return found

    def looked(self, _frame_bgr_u8, _views, kind):
        return kind

    def outlined(self, _frame_bgr_u8, found, _view):
        return found

    def distance(self, embedding, _):
        return float(embedding)

    def score(self, distance):
        return 1 - distance


def test_an_object_is_half_way_from_its_nearest_view_to_the_mean_and_has_the_nearest_ones_box():
    """Cup: nearest 0.25, mean (0.75 + 0.25 + 0.5) / 3 = 0.5, half way 0.375. A single view speaks for itself."""
    result = match_objects(
        Fixed(0.75, 0.25, 0.5, 0.625), np.zeros((9, 9, 3)), [known("cup", 3), known("pen", 1)]
    )
    assert result.objects == [
        ObjectMatch("cup", 0.625, True, (1.0, 0.0, 9.0, 9.0), 0.375, view=1),
        ObjectMatch("pen", 0.375, False, (3.0, 0.0, 9.0, 9.0), 0.625),
    ]
    assert result.latency_ms > 0


def test_an_object_that_is_not_there_at_first_sight_has_neither_box_nor_distance():
    result = match_objects(Fixed(None, None, 0.25), np.zeros((9, 9, 3)), [known("cup", 2), known("pen", 1)])
    assert result.objects[0] == ObjectMatch("cup", 0.0, False, None, None)
    assert result.objects[1].distance == 0.25


def test_without_objects_there_is_no_result():
    assert match_objects(Fixed(), np.zeros((9, 9, 3)), []).objects == []


def test_an_object_has_a_view():
    with pytest.raises(ValueError, match="at least one"):
        known("cup", 0)


def test_colours_differ_and_the_lowest_free_one_comes_next():
    assert len(set(COLORS)) == len(COLORS) == 21
    assert color_of(21) == color_of(0)
    assert [free_number(taken) for taken in ((), {0, 1}, {1, 5}, {0, 2})] == [0, 2, 0, 1]
