"""The nearest view speaks for its object."""

import numpy as np
import pytest

from edge_demo.matcher import ObjectMatch, Reference
from edge_demo.palette import COLORS, color_of, free_number
from edge_demo.views import KnownObject, nearest_views


def known(name, views):
    return KnownObject(name, (0, 0, 0), tuple(Reference(f"{name} {k}", np.zeros(2)) for k in range(views)))


def seen(distance, xmin):
    return ObjectMatch("view", 1 - distance, distance <= 0.5, (xmin, 0.0, 9.0, 9.0), distance)


def test_an_object_is_as_far_as_its_nearest_view_and_has_its_box():
    objects = [known("cup", 3), known("pen", 1)]
    found = nearest_views([seen(0.7, 1.0), seen(0.25, 2.0), seen(0.25, 3.0), seen(0.75, 4.0)], objects)
    assert [(item.name, item.distance, item.box_px[0]) for item in found] == [
        ("cup", 0.25, 2.0),
        ("pen", 0.75, 4.0),
    ]
    assert [item.match for item in found] == [True, False]


def test_without_objects_there_is_no_result():
    assert nearest_views([], []) == []


def test_an_object_has_a_view():
    with pytest.raises(ValueError, match="at least one"):
        known("cup", 0)


def test_colours_differ_and_the_lowest_free_one_comes_next():
    assert len(set(COLORS)) == len(COLORS) == 21
    assert color_of(21) == color_of(0)
    assert [free_number(taken) for taken in ((), {0, 1}, {1, 5}, {0, 2})] == [0, 2, 0, 1]
