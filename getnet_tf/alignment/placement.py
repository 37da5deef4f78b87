"""Where the parts of one picture lie in another, in pixels of both: what an aligner says of a pair."""

import dataclasses

import numpy as np

from getnet_tf.alignment.stretched import image_of, to_norm, to_px
from getnet_tf.alignment.ways import WAYS, carried, found

BATCH = 16  # pairs that the network sees at once


@dataclasses.dataclass(frozen=True, eq=False)
class Placement:
    """How A lies in B, by one way. Points are (N, 2) float, pixels of the pictures as they were before they were stretched."""

    thetas: dict  # kind -> (P,)
    way: str  # of `WAYS`
    hw_a: tuple[int, int]  # of the pictures, pixels
    hw_b: tuple[int, int]
    image_hw: tuple[int, int]  # of the network's image

    def carried(self, points_px):
        """Where points of B lie in A."""
        points = carried(self.thetas, self.way, to_norm(points_px, self.hw_b, self.image_hw))
        return to_px(points, self.hw_a, self.image_hw)

    def found(self, points_px):
        """Where points of A lie in B."""
        points = found(self.thetas, self.way, to_norm(points_px, self.hw_a, self.image_hw))
        return to_px(points, self.hw_b, self.image_hw)


def placements(aligner, pictures):
    """Aligns pairs of pictures.

    Args:
        aligner: has `image_hw`; takes two batches of images (B, h, w, 3) float32, RGB in [0, 1], to a dict of "affine" (B, 6), "tps"
            (B, 18), the spline of what the affine map has left, and "confidence" (B,), above 0 where A and B show one thing; and its
            `by_spline` takes them to the spline (B, 18) of the pictures as they are.
        pictures: list of (A, B), each (H, W, 3) uint8, RGB.

    Returns:
        dict way -> list of `Placement`, one for each pair; (N,) float, the confidences.
    """
    every, sure = {way: [] for way in WAYS}, []
    for begin in range(0, len(pictures), BATCH):
        batch = pictures[begin : begin + BATCH]
        images = [
            np.stack([image_of(picture, aligner.image_hw) for picture in side])
            for side in zip(*batch, strict=True)
        ]
        answer = {name: np.asarray(values) for name, values in aligner(*images).items()}
        sure.append(answer.pop("confidence"))
        thetas = {**dict.fromkeys(WAYS, answer), "tps": {"tps": np.asarray(aligner.by_spline(*images))}}
        for i, (picture_a, picture_b) in enumerate(batch):
            sizes = picture_a.shape[:2], picture_b.shape[:2], tuple(aligner.image_hw)
            for way, own in every.items():
                own.append(Placement({kind: values[i] for kind, values in thetas[way].items()}, way, *sizes))
    return every, np.concatenate(sure)
