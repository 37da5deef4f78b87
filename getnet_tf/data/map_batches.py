"""Batches of cached maps for the two phases on a pretrained backbone, every one a function of (seed, step)."""

import numpy as np

MAPS = ("fine", "coarse", "evidence")  # of a backbone, see `model.GetNet.maps`
PICTURES_OF_A_CLASS = 4  # in a batch of the Siamese phase


class MapBatches:
    """Batches that are a function of the step: `__call__(step)` gives a dict of arrays."""

    def dataset(self, first_step, steps, size):
        """The batches `first_step` to `steps` as a `tf.data.Dataset`, drawn beside the training, in order."""
        import tensorflow as tf

        example = self(first_step)
        names = list(example)

        def draw(step):
            batch = self(int(step))
            return [batch[name] for name in names]

        def load(step):
            arrays = tf.numpy_function(draw, [step], [example[name].dtype for name in names])
            return {
                name: tf.ensure_shape(array, example[name].shape)
                for name, array in zip(names, arrays, strict=True)
            }

        return tf.data.Dataset.range(first_step, steps).map(load, num_parallel_calls=1).prefetch(2)


class SiameseBatches(MapBatches):
    """Views of photos: some classes, some views of each, so that every batch holds many pairs of either label.

    Args:
        maps: (V N, h, w, C) of `views.PhotoViews` of N photos.
        start: (V N, E) their embeddings before the training.
        labels: (N,) int, class of every photo.
        size: views in a batch.
        seed: draws everything.
    """

    def __init__(self, maps, start, labels, size, seed):
        self.maps, self.start, self.size, self.seed = maps, start, size, seed
        self.labels = np.tile(labels, len(maps) // len(labels))
        self.by_class = [np.flatnonzero(self.labels == label) for label in np.unique(labels)]

    def __call__(self, step):
        rng = np.random.default_rng([self.seed, step])
        count = min(len(self.by_class), self.size // PICTURES_OF_A_CLASS)
        classes = rng.choice(len(self.by_class), count, replace=False)
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
        return {"maps": self.maps[index], "start": self.start[index], "label": label, "known": known}


class TransformerBatches(MapBatches):
    """Scenes, each with a reference: of one of its objects, or of another picture of that class; or of something else.

    Args:
        scenes: maps of S scenes, three as `MAPS` names them.
        facts: dict of `views.Scenes`: "box" (S, n, 4) pixels, "photo" (S, n), "visible" (S, n).
        references: maps of R references, likewise.
        photo_of: (R,) int, the photo of every reference.
        labels: (N,) int, class of every photo.
        side: of a scene, pixels.
        size: scenes in a batch.
        own_share: of the references, those that are a changed copy of the object in the scene.
        negative_share: of the pairs, those of which the reference shows what the scene does not hold.
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
        self.labels = labels
        self.targets = np.argwhere(facts["visible"] > self.LEAST_VISIBLE)
        self.of_photo = [np.flatnonzero(photo_of == photo) for photo in range(len(labels))]
        self.of_class = {c: np.flatnonzero(labels[photo_of] == c) for c in np.unique(labels)}

    def __call__(self, step):
        rng = np.random.default_rng([self.seed, step])
        chosen = self.targets[rng.integers(len(self.targets), size=self.size)]
        scene, place = chosen.T
        label = (rng.random(self.size) >= self.negative_share).astype(np.float32)
        shown = np.array([self._reference(s, p, y, rng) for s, p, y in zip(scene, place, label, strict=True)])
        box = self.facts["box"][scene, place] / np.float32(self.side) * label[:, None]
        batch = {"label": label, "box": box.astype(np.float32)}
        for name, maps, index in (("", self.scenes, scene), ("reference_", self.references, shown)):
            batch |= {f"{name}{which}": values[index] for which, values in zip(MAPS, maps, strict=True)}
        return batch

    def _reference(self, scene, place, positive, rng):
        photo = self.facts["photo"][scene, place]
        if not positive:
            present = self.labels[self.facts["photo"][scene][self.facts["visible"][scene] > 0]]
            absent = np.setdiff1d(np.unique(self.labels), present)
            if len(absent):
                return rng.choice(self.of_class[rng.choice(absent)])
        if rng.random() < self.own_share:
            return rng.choice(self.of_photo[photo])
        return rng.choice(self.of_class[self.labels[photo]])
