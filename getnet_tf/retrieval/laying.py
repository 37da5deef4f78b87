"""Lays a query onto answers: the aligner of a model file says which of them show it, and where."""

import dataclasses
import functools
import pathlib

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.alignment.aligner import Aligner
from edge_demo.model.alignment.area import area_of
from edge_demo.model.shipped import SHIPPED_MODEL
from edge_demo.native_log import stderr_without_information
from edge_demo.native_path import native_path
from getnet_tf.data.picture import DamagedPicture, decode, read_content
from getnet_tf.retrieval.ranking.geometric import FITS, box_round, by_confidence


@functools.cache
def open_aligner(path=SHIPPED_MODEL):
    """The `Aligner` of a model file, opened once."""
    from ai_edge_litert.interpreter import Interpreter

    with stderr_without_information():
        return Aligner(Interpreter(model_path=native_path(path), num_threads=1))


def geometric(aligner, picture_rgb_u8, photos, hits):
    """Hits in the order of geometric re-ranking, those that fit with the box of the outline and the aligner's probability as score.

    Args:
        aligner: `Aligner`.
        picture_rgb_u8: (H, W, 3) uint8, filled by what is searched for.
        photos: folder of the hits' pictures.
        hits: list of `Hit`, in any order; each is looked at where its box is.
    """
    shape = aligner.shape(cv2.cvtColor(picture_rgb_u8, cv2.COLOR_RGB2BGR))
    laid = [_laid(aligner, shape, pathlib.Path(photos) / hit.path, hit) for hit in hits]
    order = by_confidence([confidence for confidence, _ in laid])
    return [laid[number][1] for number in order]


def _laid(aligner, shape, path, hit):
    """(confidence or nan, the hit as it then is)."""
    try:
        picture = cv2.cvtColor(decode(read_content(path)), cv2.COLOR_RGB2BGR)
        left, top, right, bottom = area_of(hit.box_px, picture.shape[:2])
    except (DamagedPicture, EdgeError):  # gone since it was indexed, or too small to look at
        return np.nan, hit
    laid = aligner.laid(shape, picture[top:bottom, left:right])
    if laid.confidence < FITS:
        return laid.confidence, hit
    outline = laid.placement.outline() + 0.5 + np.array([left, top])  # pixel centres there, edges here
    score = float(1 / (1 + np.exp(-laid.confidence)))
    return laid.confidence, dataclasses.replace(
        hit, score=score, box_px=box_round(outline, picture.shape[1::-1])
    )
