"""Batches of cached maps for the two phases on a pretrained backbone, every one a function of (seed, step)."""

import numpy as np

from getnet_tf.data.pairs import balanced_turns

MAPS = ("fine", "coarse", "evidence")  # of a backbone, see `model.GetNet.maps`
PICTURES_OF_A_CLASS = 4  # in a batch of the Siamese phase
LOOK_ALIKES = 3  # things that one of them is drawn from


class MapBatches:
    """Batches that are a function of the step: `__call__(step)` gives a dict of float32 arrays."""

    def dataset(self, first_step, steps):
        """The batches `first_step` to `steps` as a `tf.data.Dataset`, drawn beside the training, in order."""
        import tensorflow as tf

        shapes = {name: array.shape for name, array in self(first_step).items()}

        def draw(step):
            batch = self(int(step))
            return [batch[name] for name in shapes]

        def load(step):
            arrays = tf.numpy_function(draw, [step], [tf.float32] * len(shapes))
            return {
                name: tf.ensure_shape(array, shape)
                for (name, shape), array in zip(shapes.items(), arrays, strict=True)
            }

        return tf.data.Dataset.range(first_step, steps).map(load, num_parallel_calls=1).prefetch(2)


class SiameseBatches(MapBatches):
    """Copies of photos: some classes, some copies of each, so that every batch holds many pairs of either label.

    Args:
        maps: (V N, h, w, C) of `numbered.PhotoCopies` of N photos.
        start: (V N, E) their embeddings before the training.
        labels: (N,) int, class of every photo.
        size: copies in a batch, at least 4.
        seed: draws everything.
    """

    def __init__(self, maps, start, labels, size, seed):
        self.maps, self.start, self.size, self.seed = maps, start, size, seed
        self.labels = np.tile(labels, len(maps) // len(labels))
        self.by_class = [np.flatnonzero(self.labels == label) for label in np.unique(labels)]

    def __call__(self, step):
        rng = np.random.default_rng([self.seed, step])
        count = min(len(self.by_class), max(2, self.size // PICTURES_OF_A_CLASS))
        classes = self._classes(rng, count)
        each = np.full(count, self.size // count)
        each[: self.size % count] += 1
        index = np.concatenate(
            [
                rng.choice(self.by_class[c], n, replace=n > len(self.by_class[c]))
                for c, n in zip(classes, each, strict=True)
            ]
        )
        label = (self.labels[index][:, None] == self.labels[index]).astype(np.float32)
        known = 1 - np.eye(self.size, dtype=np.float32)
        return _views(self.maps, self.start, index) | {"label": label, "known": known}

    def _classes(self, rng, count):
        """The classes of a batch: (count,) int, none twice."""
        return rng.choice(len(self.by_class), count, replace=False)


class IndividualBatches(SiameseBatches):
    """The same of classes that hold one thing each: every second one of a batch is a look-alike of the one before.

    Things look alike that are alike before the training: a look-alike is drawn from the `LOOK_ALIKES` whose mean embeddings point most in
    its direction.
    """

    def __init__(self, maps, start, labels, size, seed):
        super().__init__(maps, start, labels, size, seed)
        means = np.stack([np.mean(start[own], axis=0, dtype=np.float32) for own in self.by_class])
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-6)
        cosines = means @ means.T
        np.fill_diagonal(cosines, -np.inf)
        self.alike = np.argsort(-cosines, axis=1, kind="stable")[:, : min(LOOK_ALIKES, len(means) - 1)]

    def _classes(self, rng, count):
        chosen = []
        for one in rng.permutation(len(self.by_class)):
            if one in chosen:
                continue
            chosen.append(one)
            if left := [other for other in self.alike[one] if other not in chosen]:
                chosen.append(rng.choice(left))
            if len(chosen) >= count:
                break
        return np.array(chosen[:count])


class GivenPairBatches(MapBatches):
    """Copies of pairs that somebody has labelled, as many of either label; nothing is known of other pairs of a batch.

    The copies of the pairs' first pictures come first, then those of the second, in the same order.

    Args:
        maps: (V N, h, w, C) of `numbered.PhotoCopies` of N photos.
        start: (V N, E) their embeddings before the training.
        pairs: `LabelledPairs` of these photos.
        size: copies in a batch, a multiple of 4.
        seed: draws everything.
    """

    def __init__(self, maps, start, pairs, size, seed):
        self.maps, self.start, self.pairs, self.size, self.seed = maps, start, pairs, size, seed
        self.copies = len(maps) // len(pairs.paths)

    def __call__(self, step):
        half = self.size // 2
        places = balanced_turns(self.pairs.label, step, self.seed, half // 2)
        photo = np.concatenate([self.pairs.index0[places], self.pairs.index1[places]])
        copy = np.random.default_rng([self.seed, step]).integers(self.copies, size=self.size)
        index = copy * len(self.pairs.paths) + photo
        partner = np.roll(np.eye(self.size, dtype=np.float32), half, axis=0)
        label = partner * np.tile(self.pairs.label[places], 2)
        return _views(self.maps, self.start, index) | {"label": label, "known": partner}


class TransformerBatches(MapBatches):
    """Scenes, each with a reference: of one of its objects, or of another picture of that class; or of something else.

    Args:
        scenes: maps of S scenes, three as `MAPS` names them.
        facts: dict of `numbered.Scenes`: "box" (S, n, 4) pixels, "photo" (S, n), "visible" (S, n).
        references: maps of R references, likewise.
        photo_of: (R,) int, the photo of every reference.
        labels: (N,) int, class of every photo.
        side: of a scene, pixels.
        size: scenes in a batch.
        own_share: of the references, those that are a changed copy of the object in the scene.
        negative_share: of the pairs, those of which the reference shows what the scene does not hold; fewer where
            scenes hold all classes.
        seed: draws everything.
    """

    LEAST_VISIBLE = 0.5  # of an object that is to be found

    def __init__(
        self,
        scenes,
        facts,
        references,
        photo_of,
        labels,
        side,
        size,
        own_share=0.5,
        negative_share=0.0,
        seed=0,
    ):
        self.scenes, self.facts, self.references = scenes, facts, references
        self.side, self.size, self.seed = side, size, seed
        self.own_share, self.negative_share = own_share, negative_share
        self.labels, self.classes = labels, np.unique(labels)
        self.targets = np.argwhere(facts["visible"] > self.LEAST_VISIBLE)
        self.of_photo = [np.flatnonzero(photo_of == photo) for photo in range(len(labels))]
        self.of_class = {c: np.flatnonzero(labels[photo_of] == c) for c in self.classes}

    def __call__(self, step):
        rng = np.random.default_rng([self.seed, step])
        chosen = self.targets[rng.integers(len(self.targets), size=self.size)]
        scene, place = chosen.T
        label = (rng.random(self.size) >= self.negative_share).astype(np.float32)
        absent = [self._absent(s) for s in scene]
        label = np.maximum(label, [len(classes) == 0 for classes in absent]).astype(np.float32)
        shown = np.array(
            [
                self._of_object(self.facts["photo"][s, p], rng)
                if y
                else self._of_class(rng.choice(classes), rng)
                for s, p, y, classes in zip(scene, place, label, absent, strict=True)
            ]
        )
        box = self.facts["box"][scene, place] / np.float32(self.side) * label[:, None]
        batch = {"label": label, "box": box.astype(np.float32)}
        for name, maps, index in (("", self.scenes, scene), ("reference_", self.references, shown)):
            batch |= {
                f"{name}{which}": values[index].astype(np.float32)
                for which, values in zip(MAPS, maps, strict=True)
            }
        return batch

    def _absent(self, scene):
        """The classes of which a scene shows nothing."""
        visible = self.facts["visible"][scene] > 0
        return np.setdiff1d(self.classes, self.labels[self.facts["photo"][scene][visible]])

    def _of_object(self, photo, rng):
        if rng.random() < self.own_share:
            return rng.choice(self.of_photo[photo])
        return self._of_class(self.labels[photo], rng)

    def _of_class(self, label, rng):
        return rng.choice(self.of_class[label])


def _views(maps, start, index):
    return {"maps": maps[index].astype(np.float32), "start": start[index].astype(np.float32)}
