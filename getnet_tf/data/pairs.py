"""Labelled images -> balanced pairs (IV-A) -> batches, every one a function of (seed, step)."""

import functools

import numpy as np

from getnet_tf.data import digits
from getnet_tf.data.picture import stretch
from getnet_tf.errors import InputError


def balanced_pairs(labels, rng):
    """For every image one partner of its class (label 1) and one of another class (label 0), in random order.

    Args:
        labels: (N,) int, classes.
        rng: `numpy.random.Generator`.

    Returns:
        index0, index1 (2N,) int, and label (2N,) float32. No image is its own partner.

    Raises:
        InputError: if there are fewer than two classes or a class has a single image.

    Source: GetNet IV-A.
    """
    classes, class_of, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(classes) < 2:
        raise InputError(
            f"Pairs need at least two classes, received {len(classes)}. Add pictures of another class."
        )
    if counts.min() < 2:
        lonely = classes[counts.argmin()]
        raise InputError(
            f"Class {lonely} has a single picture, a pair needs two. Add one or leave the class out."
        )
    count = len(labels)
    by_class = np.argsort(
        class_of, kind="stable"
    )  # images of class c are by_class[first[c] : first[c] + counts[c]]
    first = np.cumsum(counts) - counts
    place = np.empty(count, np.int64)  # each image's place among its class
    place[by_class] = np.arange(count) - np.repeat(first, counts)
    own = counts[class_of]
    # A step of 1 ... n - 1 around the circle of one's class never lands on oneself.
    same = by_class[first[class_of] + (place + rng.integers(1, own)) % own]
    # The images of all other classes are the circle of everything without one's own arc.
    other = by_class[(first[class_of] + own + rng.integers(0, count - own)) % count]
    index0 = np.tile(np.arange(count), 2)
    label = np.repeat(np.array([1, 0], np.float32), count)
    order = rng.permutation(2 * count)
    return index0[order], np.concatenate([same, other])[order], label[order]


def balanced_turns(label, turn, seed, count=None):
    """Given pairs in random order, half of them of either label.

    The pairs of a label take turns: over time all of them come, each before any comes again.

    Args:
        label: (M,) float, 1 or 0, of the given pairs; both occur.
        turn: int, counted from 0.
        seed: draws the order.
        count: K, pairs of either label in a turn; None for as many as the rarer label has.

    Returns:
        (2K,) int, places in `label`.
    """
    own, drawn = [np.flatnonzero(label == value) for value in (0, 1)], []
    count = count or min(map(len, own))
    for value, places in enumerate(own):
        lap, position = np.divmod(np.arange(turn * count, (turn + 1) * count), len(places))
        for n in np.unique(lap):
            order = np.random.default_rng([seed, 2, value, int(n)]).permutation(places)
            drawn.append(order[position[lap == n]])
    return np.random.default_rng([seed, 0, turn]).permutation(np.concatenate(drawn))


class Pairs:
    """Pairs of pictures, drawn on demand: the same (seed, step) gives the same batch, on any machine.

    What a picture looks like is up to the subclass: `_render(index, rng)`, with `index` (M,) the places of the wanted
    pictures and `rng` a generator of this batch alone, returns a dict of arrays (M, ...). Its "image" is (M, H, W, C)
    float32 in [0, 1]; the rest is for evaluation. `_whole(i, hw)` returns picture `i` without anything around the object,
    stretched to `hw`: (h, w, C) uint8.

    Args:
        labels: (N,) int, the class of every picture; None if the subclass has epochs of its own.
        image_shape: (H, W, C) of a rendered picture.
        seed: draws partners, order and whatever `_render` varies.
        parallel_calls: batches that `dataset` renders at once.
    """

    def __init__(self, labels, image_shape, seed, parallel_calls=2):
        self.labels, self.image_shape, self.seed = labels, tuple(image_shape), seed
        self.parallel_calls = parallel_calls
        self._epoch = functools.lru_cache(maxsize=2)(self._draw_epoch)

    def __len__(self):
        """Pairs of one epoch: two for every picture."""
        return 2 * len(self.labels)

    def _draw_epoch(self, epoch):
        return balanced_pairs(self.labels, np.random.default_rng([self.seed, 0, epoch]))

    def _render(self, index, rng):
        raise NotImplementedError

    def _whole(self, i, hw):
        raise NotImplementedError

    def _class_name(self, label):
        return str(label)

    def batch(self, step, size):
        """One batch of pairs; steps go on over the epochs.

        Returns:
            dict: `image0`, `image1` (size, H, W, C) float32 in [0, 1]; `label` (size,) float32; and what else the
            pictures have, for evaluation only, as "box0", "box1".
        """
        epoch, position = np.divmod(np.arange(step * size, (step + 1) * size), len(self))
        index0, index1, label = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float32)
        for e in np.unique(epoch):
            here = epoch == e
            for target, drawn in zip((index0, index1, label), self._epoch(int(e)), strict=True):
                target[here] = drawn[position[here]]
        rng = np.random.default_rng([self.seed, 1, step])
        rendered = self._render(np.concatenate([index0, index1]), rng)
        result = {"label": label}
        for name, values in rendered.items():
            result[f"{name}0"], result[f"{name}1"] = values[:size], values[size:]
        return result

    def once(self, limit=None, size=250):
        """Batches of the first epoch, each pair once: one positive and one negative pair for every picture.

        Args:
            limit: stop after about so many pairs; None for all.
            size: pairs per batch.
        """
        count = min(limit or len(self), len(self))
        for step in range(-(-count // size)):
            batch = self.batch(step, size)
            rest = min(size, count - step * size)
            yield {name: values[:rest] for name, values in batch.items()}

    def select(self, places, size=250):
        """Some pairs of `once`.

        Args:
            places: (M,) int, their places in it; at least one.
            size: pairs per batch that `once` was asked for: how a picture varies depends on it.

        Returns:
            dict as `batch` gives it, (M, ...), plus `class0`, `class1`: lists of M names.
        """
        places = np.asarray(places, np.int64)
        batches = {step: self.batch(step, size) for step in np.unique(places // size).tolist()}
        names = next(iter(batches.values()))
        result = {name: np.array([batches[i // size][name][i % size] for i in places]) for name in names}
        for name, index in zip(("class0", "class1"), self._epoch(0), strict=False):
            result[name] = [self._name(i) for i in index[places]]
        return result

    def _name(self, i):
        return "" if self.labels is None else self._class_name(self.labels[i])

    def whole_pictures(self, hw, size=250):
        """Batches of every picture once, in the order of `labels`, as an object is shown to a camera: all of it target.

        Args:
            hw: (h, w), pixels, to which pictures are stretched.
            size: pictures per batch.

        Yields:
            (M, h, w, C) float32 in [0, 1].
        """
        for start in range(0, len(self.labels), size):
            index = range(start, min(start + size, len(self.labels)))
            yield np.stack([self._whole(i, hw) for i in index]).astype(np.float32) / 255

    def dataset(self, first_step, steps, size):
        """The batches `first_step` to `steps` as a `tf.data.Dataset`, rendered in parallel, in order; images and labels."""
        import tensorflow as tf

        names = ("image0", "image1", "label")
        image = tf.TensorSpec((size, *self.image_shape), tf.float32)
        specs = {"image0": image, "image1": image, "label": tf.TensorSpec((size,), tf.float32)}

        def draw(step):
            batch = self.batch(int(step), size)
            return [batch[name] for name in names]

        def load(step):
            arrays = tf.numpy_function(draw, [step], [specs[name].dtype for name in names])
            return {
                name: tf.ensure_shape(array, specs[name].shape)
                for name, array in zip(names, arrays, strict=True)
            }

        numbers = tf.data.Dataset.range(first_step, steps)
        return numbers.map(load, num_parallel_calls=self.parallel_calls).prefetch(2)


class DigitPairs(Pairs):
    """Pairs of distorted digits, (60, 60, 1), with their boxes, "box0" and "box1": (size, 4) float32 in pixels.

    Args:
        split: `digits.Digits`.
        config: `DataConfig`; its `variant` and `noise` say how digits are hidden.
        seed: draws partners, order, places and noise.
        augment: vary every digit a little, see `digits.augment`; for training.
    """

    def __init__(self, split, config, seed, augment=False):
        super().__init__(split.labels, (*digits.IMAGE_HW, 1), seed)
        self.split, self.config, self.augment = split, config, augment

    def _render(self, index, rng):
        pictures, clutter_from = self.split.images[index], self.split.images
        if self.augment:
            # Pieces of augmented digits, too: interpolation must not tell digit from clutter.
            pictures = clutter_from = digits.augment(pictures, rng)
        images, boxes = digits.render(pictures, self.config.variant, self.config.noise, rng, clutter_from)
        return {"image": images, "box": boxes}

    def _whole(self, i, hw):
        return stretch(self.split.images[i], hw)[..., None]
