"""Object-centred photos of classes, each with the mask of its object where one was found."""

import concurrent.futures
import dataclasses
import functools

import cv2
import numpy as np

from getnet_tf.data.cutout import check_picture, object_mask

MAX_SIDE = 320  # pixels; larger pictures are reduced before their objects are cut out


@dataclasses.dataclass(frozen=True)
class Cutouts:
    """Photos, and the masks of their objects.

    `images`, a list of (H, W, 3) uint8 RGB of any sizes; `labels` (N,) int; `masks`, a list of (H, W) uint8, 255 on
    the object, or None where the whole picture counts as the object.

    Raises:
        ValueError: if their numbers differ, a picture is no picture, or there are fewer than two classes.
    """

    images: list
    labels: np.ndarray
    masks: list

    def __post_init__(self):
        counts = len(self.images), len(self.labels), len(self.masks)
        if len(set(counts)) != 1:
            raise ValueError(
                f"Expected as many labels and masks as images, received {counts[1:]} for {counts[0]}."
            )
        for image in self.images:
            check_picture(image)
        if len(self.by_class) < 2:
            raise ValueError(f"Scenes need at least two classes, received {len(self.by_class)}.")

    @classmethod
    def cut(cls, images, labels):
        """Cuts every object out, see `object_mask`. Some 40 ms a picture; do it once."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            masks = list(pool.map(object_mask, images))
        masks = [None if mask is None else np.rint(mask * 255).astype(np.uint8) for mask in masks]
        return cls(list(images), np.asarray(labels), masks)

    @functools.cached_property
    def by_class(self):
        """Indices of the pictures of each class, in the order of the classes."""
        return [np.flatnonzero(self.labels == label) for label in np.unique(self.labels)]

    def thing(self, index, mirrored):
        """Picture and alpha (float32 or None) of photo `index`, both mirrored or not."""
        picture, mask = self.images[index], self.masks[index]
        alpha = None if mask is None else mask.astype(np.float32) / np.float32(255)
        if not mirrored:
            return picture, alpha
        return cv2.flip(picture, 1), None if alpha is None else cv2.flip(alpha, 1)
