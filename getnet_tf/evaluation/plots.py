"""Figures of an evaluation: arrays in, Figure out. Colours are safe for colour-blind readers: blue, orange."""

import pathlib

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from edge_demo.whole_file import written_whole
from getnet_tf.evaluation.metrics import roc_points

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#999999"
matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})


def add_box(axis, box_px, colour):
    """Draws a box (xmin, ymin, xmax, ymax), edges in pixels, on an axis that shows the image."""
    xmin, ymin, xmax, ymax = (
        np.asarray(box_px) - 0.5
    )  # matplotlib's pixel centres are integers, our edges are not
    patch = Rectangle((xmin, ymin), xmax - xmin, ymax - ymin, fill=False, edgecolor=colour, lw=1.6)
    axis.add_patch(patch)


def show(axis, image):
    """Shows an image (H, W, 1) or (H, W, 3) in [0, 1] without axes."""
    axis.imshow(image[..., 0] if image.shape[-1] == 1 else image, cmap="gray", vmin=0, vmax=1)
    axis.set_axis_off()


def pair_grid(image0, image1, boxes0, boxes1, captions, title, columns=4):
    """Pairs side by side with their target areas (Fig. 7-9).

    Args:
        image0, image1: (N, H, W, C) in [0, 1].
        boxes0, boxes1: (N, 4) in pixels, or None.
        captions: N strings.
        title: of the figure.
        columns: pairs in a row.
    """
    rows = max(1, -(-len(captions) // columns))
    figure = Figure(figsize=(columns * 2.7, rows * 1.75 + 0.6), layout="constrained")
    figure.suptitle(title, fontsize=11)
    grid = figure.subplots(rows, 2 * columns, squeeze=False)
    for axis in grid.flat:
        axis.set_axis_off()
    for i, caption in enumerate(captions):
        axes = grid[i // columns, 2 * (i % columns) : 2 * (i % columns) + 2]
        for axis, image, boxes in zip(axes, (image0[i], image1[i]), (boxes0, boxes1), strict=True):
            show(axis, image)
            if boxes is not None:
                add_box(axis, boxes[i], ORANGE)
        axes[0].set_title(caption, loc="left", fontsize=8)
    return figure


def roc(curves):
    """ROC of one or more models: `curves` is a dict name -> (label, distance)."""
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axis = figure.subplots()
    left, lowest = 0.5, 0.8  # of what is shown: from half a false match on, and all of the curves beyond
    for (name, (label, distance)), colour in zip(curves.items(), (BLUE, ORANGE, GREY), strict=False):
        false_match, true_match = roc_points(label, distance)
        axis.plot(
            np.maximum(false_match, 1e-5), true_match, color=colour, label=f"{name}, {len(label):,} pairs"
        )
        left = np.clip(0.5 / np.sum(np.asarray(label) < 0.5), 1e-4, left)
        lowest = min(lowest, np.floor(10 * true_match[false_match <= left].max()) / 10)
    axis.set(xscale="log", xlim=(left, 1), ylim=(lowest, 1.002), title="ROC")
    axis.set(xlabel="different pairs called same (share)", ylabel="same pairs called same (share)")
    axis.legend(loc="lower right", frameon=False)
    return figure


def distances(label, distance, threshold):
    """Histogram of the distances of same and different pairs, with the threshold."""
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axis = figure.subplots()
    same = np.asarray(label) > 0.5
    bins = np.linspace(min(distance), max(distance), int(np.clip(len(label) // 8, 12, 80)))
    axis.hist(distance[same], bins, color=BLUE, alpha=0.8, label="same")
    axis.hist(distance[~same], bins, color=ORANGE, alpha=0.8, label="different")
    dark_or_light = matplotlib.rcParams["text.color"]
    axis.axvline(threshold, color=dark_or_light, linestyle="--", lw=1, label=f"threshold {threshold:.2f}")
    axis.set(yscale="log", xlabel="distance", ylabel="pairs")
    axis.set(ylim=(0.7, None), title=f"Distances of {len(label):,} pairs")
    axis.legend(frameon=False)
    return figure


def moving_boxes(images, moving):
    """How target areas move over training: from pale to dark, the last one orange.

    Args:
        images: (N, H, W, C) in [0, 1].
        moving: list of {"step": int, "boxes": N boxes in pixels}.
    """
    figure = Figure(figsize=(2.2 * len(images), 2.7), layout="constrained")
    last = moving[-1]["step"]
    figure.suptitle(f"Target areas from step {moving[0]['step']:,} (pale) to {last:,} (orange)", fontsize=11)
    # Areas shrink fast at first: equal steps of the logarithm show the way.
    steps = np.unique(np.geomspace(1, len(moving), 8).astype(int)) - 1
    for i, axis in enumerate(figure.subplots(1, len(images), squeeze=False)[0]):
        show(axis, images[i])
        for k in steps[:-1]:
            shade = 0.3 + 0.6 * (k + 1) / len(moving)
            add_box(axis, moving[k]["boxes"][i], (0.35, 0.7, 0.9, shade))
        add_box(axis, moving[-1]["boxes"][i], ORANGE)
    return figure


def training_curves(rows):
    """Loss, accuracy and IoU over training, from the rows of a run's log (dicts of strings)."""
    figure = Figure(figsize=(7.5, 3.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axis, names in ((left, ("loss", "transformer_loss")), (right, ("val_accuracy", "val_iou"))):
        for name, colour in zip(names, (BLUE, ORANGE), strict=True):
            points = [(int(row["step"]), float(row[name])) for row in rows if row.get(name)]
            if points:
                axis.plot(*np.transpose(points), color=colour, label=name)
        axis.set(xlabel="step")
        axis.legend(frameon=False)
    left.set(yscale="log", ylabel="loss")
    right.set(ylim=(0, 1), ylabel="share", title="a few validation pairs")
    return figure


def save(figure, path, dpi=120):
    """Writes a figure: the file, of the kind that its suffix says, is there whole or not at all.

    Raises:
        ValueError: for a suffix of no kind.
    """
    with written_whole(path) as file:
        figure.savefig(file, format=path.suffix[1:] or "png", dpi=dpi)


def save_report(folder, predictions, pairs, scores, baseline=None, baseline_scores=None):
    """Writes all figures of an evaluation.

    Args:
        folder: made if needed.
        predictions, scores: of the model, as `evaluate` gives them.
        pairs: the `Pairs` the predictions are for.
        baseline, baseline_scores: the same of the baseline on the same pairs, or None.

    Returns:
        list of the names of the files.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    label, distance, threshold = predictions.label > 0.5, predictions.distance, scores["threshold"]
    right = (distance <= threshold) == label
    margin = np.abs(distance - threshold)
    figures = {}

    def grid(indices, title):
        indices = np.asarray(indices)[:16]
        shown = pairs.select(indices)
        images = shown["image0"], shown["image1"]
        boxes = predictions.boxes[:, indices] if predictions.boxes is not None else (None, None)
        words = ["same" if label[i] else "different" for i in indices]
        captions = [f"{word}, distance {distance[i]:.2f}" for word, i in zip(words, indices, strict=True)]
        return pair_grid(*images, *boxes, captions, title)

    figures["pairs.png"] = grid(
        np.flatnonzero(right), f"Pairs and their target areas (threshold {threshold:.2f})"
    )
    wrong = np.flatnonzero(~right)
    if len(wrong):
        worst = wrong[np.argsort(-margin[wrong])]
        figures["failures.png"] = grid(
            worst, f"The most confident of {len(wrong)} mistakes in {len(label):,} pairs"
        )
    curves = {"GetNet": (label, distance)}
    if baseline is not None:
        curves["Siamese"] = (label, baseline.distance)
        missed = ((baseline.distance <= baseline_scores["threshold"]) == label) < right
        title = f"The baseline is wrong, GetNet is right: {missed.sum()} of {len(label):,} pairs"
        if missed.any():
            figures["baseline_fails.png"] = grid(np.flatnonzero(missed), title)
    figures["roc.png"] = roc(curves)
    figures["distances.png"] = distances(predictions.label, distance, threshold)
    for name, figure in figures.items():
        save(figure, folder / name)
    return list(figures)
