"""getnet_tf.evaluation.plots: what is drawn is where and what it should be."""

import numpy as np
import pytest
from checks import room_for
from matplotlib.figure import Figure

from getnet_tf.evaluation import plots


def test_a_box_is_drawn_on_the_edges_of_its_pixels():
    """The box (2, 1, 5, 4) covers pixels 2 to 4 and 1 to 3, whose squares reach from 1.5 to 4.5 and 0.5 to 3.5 in
    matplotlib's coordinates, where centres are integers."""
    axis = Figure().subplots()
    plots.add_box(axis, (2, 1, 5, 4), plots.BLUE)
    (patch,) = axis.patches
    assert (patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()) == (1.5, 0.5, 3, 3)


def test_a_grid_shows_both_images_of_every_pair(rng):
    images, boxes = rng.random((5, 6, 8, 1)), np.tile([1.0, 1, 4, 4], (5, 1))
    figure = plots.pair_grid(images, images, boxes, None, [f"pair {i}" for i in range(5)], "title")
    shown = [axis for axis in figure.axes if axis.images]
    assert len(shown) == 10
    assert sum(len(axis.patches) for axis in shown) == 5
    assert {axis.get_title(loc="left") for axis in shown} >= {"pair 0", "pair 4"}


def test_the_roc_passes_through_the_points_counted_by_hand():
    """Distances 0.1 (same), 0.2 (different), 0.3 (same): the curve has the corners (0, 0.5) and (1, 1)."""
    figure = plots.roc({"GetNet": (np.array([1, 0, 1]), np.array([0.1, 0.2, 0.3]))})
    points = {tuple(p) for p in np.round(figure.axes[0].lines[0].get_xydata(), 4)}
    assert (0.0, 0.5) in points and (1.0, 1.0) in points


def test_the_last_of_the_moving_boxes_is_orange():
    moving = [{"step": 10 * i, "boxes": [[i, i, i + 9, i + 9]]} for i in range(1, 20)]
    figure = plots.moving_boxes(np.zeros((1, 40, 40, 1)), moving)
    last = figure.axes[0].patches[-1]
    assert (last.get_x(), last.get_width()) == (18.5, 9)
    assert last.get_edgecolor()[:3] == tuple(int(plots.ORANGE[i : i + 2], 16) / 255 for i in (1, 3, 5))


def test_training_curves_skip_what_a_row_does_not_have():
    rows = [{"step": "10", "loss": "", "val_iou": "0.5"}, {"step": "20", "loss": "0.25", "val_iou": "0.6"}]
    figure = plots.training_curves(rows)
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[20, 0.25]])
    np.testing.assert_array_equal(figure.axes[1].lines[0].get_xydata(), [[10, 0.5], [20, 0.6]])


def test_a_figure_that_finds_no_room_is_not_there_and_one_of_no_kind_is_refused(tmp_path):
    figure = plots.roc({"a": (np.array([1, 0, 1, 0]), np.arange(4.0))})
    with room_for(1000), pytest.raises(OSError):
        plots.save(figure, tmp_path / "roc.png")
    with pytest.raises(ValueError, match="xyz"):
        plots.save(figure, tmp_path / "roc.xyz")
    assert not any(tmp_path.iterdir())
    plots.save(figure, tmp_path / "roc.png")
    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")
