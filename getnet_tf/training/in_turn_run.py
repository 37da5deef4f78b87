"""Trains on photos with a pretrained backbone: pictures -> cached maps -> the Siamese part -> the transformer.

Caches lie in the run folder until the training is done, so that a killed one goes on from them.
"""

import concurrent.futures
import functools
import pathlib
import shutil
import sys
import threading

import numpy as np
import tensorflow as tf

from getnet_tf.backbones.encoder import backbone_input
from getnet_tf.data.cutouts import MAX_SIDE, Cutouts
from getnet_tf.data.map_batches import GivenPairBatches, SiameseBatches, TransformerBatches
from getnet_tf.data.map_cache import cached_maps
from getnet_tf.data.pair_csv import LabelledPairs
from getnet_tf.data.picture import SUFFIXES, read_rgb
from getnet_tf.data.scenes import SceneConfig
from getnet_tf.data.views import PhotoViews, References, Scenes
from getnet_tf.errors import InputError
from getnet_tf.localisers import localiser_of
from getnet_tf.localisers import shipped as shipped_localiser
from getnet_tf.localisers.neck import start_neck
from getnet_tf.training.alternating import fit
from getnet_tf.training.in_turn import PhotoTrainer, frozen_embeddings

CACHE = "cache"  # in the run folder
MAX_BACKGROUNDS = 1000
REFERENCES = 2  # of each object
NEGATIVE_SHARE = 0.5  # of the pairs, where only pair labels supervise
START_MAPS = 200  # that the neck's directions are taken from


def train(network, config, split, folder, recorder, callbacks, verbose):
    """Runs both phases from wherever the last saved state was.

    Args:
        network: `GetNet` on a pretrained backbone, its weights loaded.
        config: `RunConfig`.
        split: `Photos` to train on; or `LabelledPairs`, for a network without a localiser.
        folder: of the run.
        recorder: `RunRecorder`.
        callbacks: for `fit`, the recorder among them.
        verbose: as of `train.run`.

    Returns:
        `PhotoTrainer`, done.
    """
    cache = folder / CACHE
    trainer = PhotoTrainer(network, config.train)
    started = _learned(network)
    recorder.resume(trainer)
    settings = config.train
    if trainer.step < settings.siamese_steps:
        batches = _siamese_batches(network, started, split, config, cache)
        _say(f"learning what things are: {settings.siamese_steps} steps")
        fit(trainer, batches.dataset, settings.siamese_steps, callbacks, verbose)
    if trainer.step < settings.steps:
        batches = _scene_batches(network, split, config, cache)
        _say(f"learning where they are: {settings.locating_steps} steps")
        if trainer.step == settings.siamese_steps:
            _start(network, config.train, batches.scenes)
        fit(trainer, batches.dataset, settings.steps, callbacks, verbose)
    shutil.rmtree(cache, ignore_errors=True)
    return trainer


def _start(network, settings, scenes):
    """Where neck and localiser begin: with what the shipped one knows, or with the backbone's own cosines."""
    if settings.start != "shipped" or not shipped_localiser.load_into(network):
        start_neck(network.neck, *(maps[:START_MAPS] for maps in scenes))


def _learned(network):
    """The weights of top and encoder as they are now: list of lists of arrays."""
    return [model.get_weights() for model in (network.top, network.encoder)]


def _siamese_batches(network, started, split, config, cache):
    settings = config.train
    maps, start = _view_maps(network, started, split.paths, config, cache)
    if isinstance(split, LabelledPairs):
        size = 4 * (settings.batch // 2)
        return GivenPairBatches(maps, start, split, size, settings.seed)
    return SiameseBatches(maps, start, split.labels, 2 * settings.batch, settings.seed)


def _view_maps(network, started, paths, config, cache):
    """Maps of all views, and the embeddings that an untrained network has of them."""
    views = PhotoViews(paths, config.model.crop_hw, config.train.seed)
    count = len(paths) * (config.train.views if config.data.augment else 1)
    maps, _ = cached_maps(cache / "views.npy", count, views, _trunk_of(network), _report("pictures", count))
    path = cache / "start.npy"
    if not path.is_file():
        now = _learned(network)
        _set(network, started)  # after a kill the network has learned already
        np.save(cache / "start-partial.npy", frozen_embeddings(network, maps))
        _set(network, now)
        (cache / "start-partial.npy").replace(path)
    return maps, np.load(path, mmap_mode="r")


def _set(network, weights):
    for model, values in zip((network.top, network.encoder), weights, strict=True):
        model.set_weights(values)


def _scene_batches(network, photos, config, cache):
    """Batches of composed scenes and references, with everything that a network sees of them."""
    settings, model = config.train, config.model
    # Without a reference, the one that stands out is meant.
    objects = localiser_of(model).objects
    scene_config = SceneConfig(side=model.image_hw[0], reference_side=model.crop_hw[0], objects=objects)
    lock = threading.Lock()

    def cut():  # takes minutes: once, and only where the cache does not have all yet
        with lock:
            return cut_once()

    @functools.cache
    def cut_once():
        _say(f"cutting out the objects of {len(photos)} pictures")
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
    top = tf.function(lambda maps: network.top(maps), reduce_retracing=True)
    evidence = tf.function(lambda maps: network.encoder(maps)[0], reduce_retracing=True)
    coarse, _ = cached_maps(path.with_name(f"{path.name}_coarse.npy"), len(fine), _rows(fine), top)
    spoken, _ = cached_maps(path.with_name(f"{path.name}_evidence.npy"), len(fine), _rows(coarse), evidence)
    return fine, coarse, spoken


def _rows(maps):
    return lambda number: {"image": maps[number].astype(np.float32)}


def _trunk_of(network):
    @tf.function(reduce_retracing=True)
    def trunk(images):
        image = tf.cast(images, tf.float32) / 255.0
        return network.trunk(backbone_input(image, network.config))

    return trunk


def _backgrounds(folder):
    if not folder:
        return []
    files = [path for path in sorted(pathlib.Path(folder).rglob("*")) if path.name.lower().endswith(SUFFIXES)]
    files = files[:MAX_BACKGROUNDS]
    if not files:
        raise InputError(f"No pictures in {folder}. Expected --backgrounds with pictures of any places.")
    return [read_rgb(path, MAX_SIDE) for path in files]


def _say(words):
    print(words, file=sys.stderr, flush=True)


def _report(what, count):
    """Says how far an encoding is, every quarter."""
    said = [0]

    def report(done):
        if 4 * done // count > said[0]:
            said[0] = 4 * done // count
            _say(f"encoding {what}: {done} of {count}")

    return report
