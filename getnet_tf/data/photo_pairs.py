"""Labelled photos -> balanced pairs of network inputs."""

import threading

import numpy as np

from getnet_tf.data.augment import augment_batch
from getnet_tf.data.pairs import Pairs
from getnet_tf.data.picture import read_rgb, stretch

CACHE_BYTES = 2**30
AUTOTUNE = -1  # tf.data.AUTOTUNE: as many batches at once as the machine can render


class PhotoPairs(Pairs):
    """Pairs of photos, stretched to the network's image exactly as the edge does it.

    Every picture is read when it is first needed, and kept at its stretched size (H * W * 3 bytes) as long as there is
    room. What finds no room is read again each time: in shuffled epochs that serves as well as any turnover would.
    Augmentation works on stretched pictures.

    Args:
        photos: `Photos`. Classes of a single picture are left out: `left_out` has their names.
        seed: draws partners, order and augmentation.
        image_hw: (H, W) of the network's image, pixels.
        augment: `augment.Strengths`, for training; None shows the pictures as they are.
        cache_bytes: of pictures that are kept in memory.

    Raises:
        InputError: if fewer than two classes have two pictures; later, if a picture cannot be read any more.
    """

    def __init__(self, photos, seed, image_hw, augment=None, cache_bytes=CACHE_BYTES):
        photos, self.left_out = with_partners(photos)
        super().__init__(photos.labels, (*image_hw, 3), seed, AUTOTUNE)
        self.photos, self.augment = photos, augment
        self._kept, self._room, self._lock = {}, cache_bytes, threading.Lock()
        self._epoch(0)  # complains now about too few classes, not in the middle of something

    def _picture(self, i):
        picture = self._kept.get(i)
        if picture is None:
            picture = stretch(read_rgb(self.photos.paths[i]), self.image_shape[:2])
            with self._lock:
                if i not in self._kept and picture.nbytes <= self._room:
                    self._kept[i] = picture
                    self._room -= picture.nbytes
        return picture

    def _render(self, index, rng):
        pictures = np.stack([self._picture(i) for i in index.tolist()])
        if self.augment:
            pictures = augment_batch(pictures, rng, self.augment)
        return {"image": pictures.astype(np.float32) / 255}

    def _whole(self, i, hw):
        if tuple(hw) == self.image_shape[:2]:
            return self._picture(i)
        return stretch(read_rgb(self.photos.paths[i]), hw)

    def _class_name(self, label):
        return self.photos.class_names[label]


def with_partners(photos):
    """Leaves out the classes of a single picture: `Photos` -> (`Photos`, names of the classes left out)."""
    counts = np.bincount(photos.labels, minlength=len(photos.class_names))
    single = tuple(name for name, count in zip(photos.class_names, counts, strict=True) if count == 1)
    if not single:
        return photos, ()
    return photos.subset(np.flatnonzero(counts[photos.labels] > 1)), single
