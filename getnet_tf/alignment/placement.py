"""Pairs of pictures, aligned as the camera program does it: a `Placement` of each."""

import numpy as np

from edge_demo.model.alignment.ways import WAYS


def placements(aligner, pictures):
    """Aligns pairs of pictures.

    Args:
        aligner: `edge_demo.model.alignment.aligner.Aligner` of a file, or `twin.Twin` of a network.
        pictures: list of (A, B), each (H, W, 3) uint8, RGB. What is there of A is found once, however often the same array comes.

    Returns:
        dict way -> list of `edge_demo.model.alignment.placement.Placement`, one for each pair; (N,) float, how sure it is that A and B
        show one thing: logits.
    """
    every, sure, shapes = {way: [] for way in WAYS}, [], {}
    for picture_a, picture_b in pictures:
        if id(picture_a) not in shapes:
            shapes[id(picture_a)] = aligner.shape(np.ascontiguousarray(picture_a[..., ::-1]))
        laid = {
            way: aligner.laid(shapes[id(picture_a)], np.ascontiguousarray(picture_b[..., ::-1]), way)
            for way in WAYS
        }
        for way, own in every.items():
            own.append(laid[way].placement)
        sure.append(laid["affine"].confidence)
    return every, np.array(sure)
