"""What there is to learn codes from, what the frozen backbone sees of it, and where the learning begins."""

import dataclasses

import numpy as np
import tensorflow as tf

from getnet_tf.alignment.encoded import encoded
from getnet_tf.backbones.pretrained import load_lite0_weights
from getnet_tf.data.photos import from_folder
from getnet_tf.data.picture import read_rgb, stretch
from getnet_tf.data.picture_folder import evenly
from getnet_tf.errors import InputError
from getnet_tf.graph import graph_of
from getnet_tf.retrieval.batches import KindBatches
from getnet_tf.retrieval.codes.codebook import codebook
from getnet_tf.retrieval.heads import NETVLAD
from getnet_tf.retrieval.network import CodeNetwork
from getnet_tf.retrieval.trainer import PHASE, Watched
from getnet_tf.retrieval.unit import unit
from getnet_tf.retrieval.whitening import fitted

WATCHED = 8  # of each kind every so many pictures are never learned from
CELLS = 20000  # that centres are sought of, at most
SHARPNESS = 30.0  # of NetVLAD's first assignment: of two centres, the one that is nearer by a square of 0.1 gets 20 times the share
BLOCK = 64  # pictures whose parts are computed at once


def look(config):
    """`Photos` of a `CodeConfig`. Raises InputError if there are too few."""
    photos = from_folder(config.source)
    photos = photos.subset(evenly(len(photos), config.pictures))
    counts = np.bincount(photos.labels)
    if np.sum(counts >= 2) < 2 or len(photos) < config.LEAST["pictures"]:
        raise InputError(
            f"{config.source}: expected {config.LEAST['pictures']} pictures or more of two kinds or more, found {len(photos)} of "
            f"{len(counts)}. Add pictures, a folder for each kind."
        )
    return photos


def built(config):
    """The network of a `CodeConfig`; `on_maps.run` loads the trunk."""
    network = CodeNetwork(config.image_hw, config.head, config.dim, config.centres)
    if config.weights == "imagenet":
        load_lite0_weights(network.trunk, network.top)
    return network


def watched_of(labels):
    """Which pictures are never learned from: of each kind every eighth, (N,) bool."""
    watched = np.zeros(len(labels), bool)
    for kind in np.unique(labels):
        watched[np.flatnonzero(labels == kind)[WATCHED - 1 :: WATCHED]] = True
    return watched


def batches_of(network, photos, config, cache):
    """What is learned from and what is watched; the network begins where k-means and the principal components end.

    Args:
        network: `CodeNetwork`, its backbone loaded.
        photos: `Photos`.
        config: `CodeConfig`.
        cache: folder.

    Returns:
        dict from the one phase to (`KindBatches`, `Watched`); {} where nothing is to be learned.
    """

    def render(number):
        return {"image": stretch(read_rgb(photos.paths[number]), config.image_hw)}

    see = graph_of(lambda images: network.maps(tf.cast(images, tf.float32) / 255.0))
    maps, _ = encoded(cache, "maps", render, len(photos), see)
    watched = watched_of(photos.labels)
    chosen = np.flatnonzero(~watched)
    begin(network, maps, chosen, config)
    if not config.steps:
        return {}
    learned = KindBatches(maps, photos.labels, chosen, config.batch, config.each, config.seed)
    return {PHASE: (learned, Watched(maps, photos.labels, watched))}


def begin(network, maps, rows, config):
    """Fits the start of head and whitening to some rows (n,) of maps (N, h, w, K)."""
    if config.head == NETVLAD:
        some = rows[evenly(len(rows), max(1, CELLS // (maps.shape[1] * maps.shape[2])))]
        cells = unit(maps[some].astype(np.float32).reshape(-1, maps.shape[-1]))
        network.pooling.start_from(codebook(cells, config.centres, config.seed), SHARPNESS)
    recipe = dataclasses.replace(network.recipe(), whitening=None)
    parts = np.concatenate(
        [recipe.parts(maps[rows[start : start + BLOCK]]) for start in range(0, len(rows), BLOCK)]
    )
    parts = unit(parts.reshape(-1, parts.shape[-1]))
    if min(parts.shape) < config.dim:
        raise InputError(
            f"Invalid --dim. Expected at most {min(parts.shape)}, of so many pictures. Received: {config.dim}."
        )
    network.whitening.start_from(fitted(parts, config.dim, config.power))
