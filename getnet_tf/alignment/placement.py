"""Pairs of pictures, aligned by a network: `edge_demo.model.alignment.placement.Placement` of each."""

import numpy as np

from edge_demo.model.alignment.placement import Placement
from edge_demo.model.alignment.ways import WAYS
from getnet_tf.data.picture import stretch

BATCH = 16  # pairs that the network sees at once


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


def image_of(picture, image_hw):
    """A picture (H, W, 3) uint8 -> the network's image (h, w, 3) float32 in [0, 1]."""
    return stretch(picture, image_hw).astype(np.float32) / 255
