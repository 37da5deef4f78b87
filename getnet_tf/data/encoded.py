"""What a pretrained backbone sees of photos and of scenes composed of them, as batches for the two phases.

Everything is encoded once, into a cache folder, so that a killed training goes on from there.
"""

import concurrent.futures
import contextlib
import dataclasses
import functools
import threading

import keras
import numpy as np
import tensorflow as tf

from edge_demo.own_file import Damaged, mapped
from edge_demo.picture_files import say_left_out
from edge_demo.whole_file import written_whole
from getnet_tf.backbones.encoder import backbone_input
from getnet_tf.console import say
from getnet_tf.data.cutouts import MAX_SIDE, Cutouts
from getnet_tf.data.map_batches import (
    GivenPairBatches,
    IndividualBatches,
    SiameseBatches,
    TransformerBatches,
)
from getnet_tf.data.map_cache import cached_maps
from getnet_tf.data.numbered import CHANGES, OF_ONE_THING, PhotoCopies, References, Scenes
from getnet_tf.data.pair_csv import LabelledPairs
from getnet_tf.data.picture import read_rgb
from getnet_tf.data.picture_tree import tree_of
from getnet_tf.data.scenes import SceneConfig
from getnet_tf.errors import InputError
from getnet_tf.graph import graph_of
from getnet_tf.localisers import localiser_of

MAX_BACKGROUNDS = 1000
REFERENCES = 2  # of each object
NEGATIVE_SHARE = 0.5  # of the pairs, where only pair labels supervise


def learned(network):
    """The weights of top and encoder as they are now: list of lists of arrays."""
    return [model.get_weights() for model in (network.top, network.encoder)]


def siamese_batches(network, started, split, config, cache):
    """Batches of copies of the photos.

    Args:
        network: `GetNet` on a pretrained backbone.
        started: what `learned` said of the network before any training.
        split: `Photos`, or `LabelledPairs`.
        config: `RunConfig`.
        cache: folder.

    Returns:
        `MapBatches`.
    """
    settings = config.train
    maps, start = _copy_maps(network, started, split.paths, config, cache)
    if isinstance(split, LabelledPairs):
        size = 4 * (settings.batch // 2)
        return GivenPairBatches(maps, start, split, size, settings.seed)
    batches = IndividualBatches if config.data.individuals else SiameseBatches
    return batches(maps, start, split.labels, 2 * settings.batch, settings.seed)


def _copy_maps(network, started, paths, config, cache):
    """Maps of all copies, and the embeddings that an untrained network has of them."""
    changes = OF_ONE_THING if config.data.individuals else CHANGES
    copies = PhotoCopies(paths, config.model.crop_hw, config.train.seed, changes)
    count = len(paths) * (config.train.copies if config.data.augment else 1)
    start = None
    maps, _ = cached_maps(cache / "copies.npy", count, copies, _trunk_of(network), _report("pictures", count))
    path = cache / "start.npy"
    with contextlib.suppress(Damaged, FileNotFoundError):
        start = mapped(path)
    if start is None or start.ndim != 2 or len(start) != count:
        now = learned(network)
        _set(network, started)  # after a kill the network has learned already
        embeddings = frozen_embeddings(network, maps)
        _set(network, now)
        with written_whole(path) as file:
            np.save(file, embeddings)
        start = mapped(path)
    return maps, start


def frozen_embeddings(network, maps, size=64):
    """Embeddings (N, E) float16 of the trunk's maps (N, h, w, C), as the network has them now."""
    embed = graph_of(network.branch.embedding_of_map)
    found = [embed(maps[i : i + size].astype("float32")) for i in range(0, len(maps), size)]
    return keras.ops.convert_to_numpy(keras.ops.concatenate(found)).astype("float16")


def _set(network, weights):
    for model, values in zip((network.top, network.encoder), weights, strict=True):
        model.set_weights(values)


def scene_batches(network, photos, config, cache):
    """Batches of composed scenes and references, with everything that a network sees of them as it is now.

    Args:
        network: `GetNet` on a pretrained backbone, its Siamese part trained.
        photos: `Photos`.
        config: `RunConfig`.
        cache: folder.

    Returns:
        `TransformerBatches`.

    Raises:
        InputError: if the folder of backgrounds holds no pictures.
    """
    settings, model = config.train, config.model
    # Without a reference, the one that stands out is meant.
    objects = localiser_of(model).objects
    scene_config = SceneConfig(side=model.image_hw[0], reference_side=model.crop_hw[0], objects=objects)
    if config.data.individuals:
        scene_config = dataclasses.replace(scene_config, mirrored_share=0.0)
    lock = threading.Lock()

    def cut():  # takes minutes: once, and only where the cache does not have all yet
        with lock:
            return cut_once()

    @functools.cache
    def cut_once():
        say(f"cutting out the objects of {len(photos)} pictures")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            images = list(pool.map(lambda path: read_rgb(path, MAX_SIDE), photos.paths))
        return Cutouts.cut(images, photos.labels)

    def scene(number):
        cutouts = cut()
        behind = backgrounds or cutouts.images
        return Scenes(cutouts, behind, scene_config, settings.seed)(number)

    def reference(number):
        return References(cut(), scene_config, settings.seed + 1)(number)

    backgrounds = _backgrounds(config.data.backgrounds)
    trunk, shown = _trunk_of(network), REFERENCES * len(photos)
    report = _report("scenes", settings.scenes), _report("references", shown)
    fine, facts = cached_maps(cache / "scenes.npy", settings.scenes, scene, trunk, report[0])
    reference_fine, seen = cached_maps(cache / "references.npy", shown, reference, trunk, report[1])
    scene_maps = _all_maps(network, fine, cache / "scenes")
    reference_maps = _all_maps(network, reference_fine, cache / "references")
    return TransformerBatches(
        scene_maps,
        facts,
        reference_maps,
        seen["photo"],
        photos.labels,
        model.image_hw[0],
        settings.batch,
        scene_config.own_reference_share,
        NEGATIVE_SHARE if settings.supervision == "pairs" else 0.0,
        settings.seed,
    )


def _all_maps(network, fine, path):
    """The trunk's maps, and what the trained top and encoder make of them."""
    top = graph_of(network.top)
    evidence = graph_of(lambda maps: network.encoder(maps)[0])
    coarse, _ = cached_maps(path.with_name(f"{path.name}_coarse.npy"), len(fine), _rows(fine), top)
    spoken, _ = cached_maps(path.with_name(f"{path.name}_evidence.npy"), len(fine), _rows(coarse), evidence)
    return fine, coarse, spoken


def _rows(maps):
    return lambda number: {"image": maps[number].astype(np.float32)}


def _trunk_of(network):
    @graph_of
    def trunk(images):
        image = tf.cast(images, tf.float32) / 255.0
        return network.trunk(backbone_input(image, network.config))

    return trunk


def _backgrounds(folder):
    if not folder:
        return []
    tree = tree_of(folder)
    files = tree.pictures[:MAX_BACKGROUNDS]
    if not files:
        raise InputError(f"No pictures in {folder}. Expected --backgrounds with pictures of any places.")
    say_left_out([*tree.left_out, *tree.passed_by, *tree.unreadable])
    return [read_rgb(path, MAX_SIDE) for path in files]


def _report(what, count):
    """Says how far an encoding is, every quarter."""
    said = [0]

    def report(done):
        if 4 * done // count > said[0]:
            said[0] = 4 * done // count
            say(f"encoding {what}: {done} of {count}")

    return report
