"""What the frozen backbone sees of views and finds, computed once into a cache folder: training meets no pixel."""

import concurrent.futures
import functools
import os
import pathlib
import threading

import numpy as np
import tensorflow as tf

from getnet_tf.alignment.batches import UNLIKE, AffineBatches, Seen, SplineBatches
from getnet_tf.alignment.finds import ROLES, Finds
from getnet_tf.alignment.network import AFFINE, SPLINE
from getnet_tf.alignment.warps import Views
from getnet_tf.backbones import efficientnet_lite0
from getnet_tf.console import say
from getnet_tf.data.cutouts import MAX_SIDE, Cutouts
from getnet_tf.data.map_cache import cached_maps
from getnet_tf.data.picture import SUFFIXES, read_rgb
from getnet_tf.errors import InputError

CUT = 1600  # pictures whose things are cut out, at most: some 40 ms each
WATCHED = 16  # one picture of so many is never learned from


def picture_files(folder, most):
    """The pictures of a folder, at any depth: sorted paths, evenly chosen where there are more than `most`.

    Files that do not decode are left out, and counted on stderr.

    Raises:
        InputError: if it is no folder, or fewer than 20 pictures are left.
    """
    folder = pathlib.Path(folder)
    if not folder.is_dir():
        raise InputError(f"No such folder: {folder}. Expected --data with pictures of any things and places.")
    files = [path for path in sorted(folder.rglob("*")) if path.name.lower().endswith(SUFFIXES)]
    files = [files[i] for i in evenly(len(files), most)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        good = list(pool.map(_decodes, files))
    paths = [str(path) for path, whole in zip(files, good, strict=True) if whole]
    if len(paths) < len(files):
        say(f"left out: {len(files) - len(paths)} of {len(files)} files, which are no whole pictures")
    if len(paths) < 20:
        raise InputError(f"{folder}: expected at least 20 pictures, found {len(paths)}. Add pictures.")
    return paths


def evenly(count, most):
    """Places of at most `most` of `count` things, evenly among all: (n,) int."""
    return np.arange(min(count, most)) * count // max(1, min(count, most))


def some_blocks(count, most):
    """As `evenly`, but whole blocks of `WATCHED`: in each is one that is watched, so that no choice is without them."""
    blocks = evenly(-(-count // WATCHED), most // WATCHED)
    places = (blocks[:, None] * WATCHED + np.arange(WATCHED)).ravel()
    return places[places < count]


def _decodes(path):
    try:
        read_rgb(path)
    except InputError:
        return False
    return True


def batches_of(network, paths, config, cache):
    """Batches of both phases, to learn from and to watch.

    Args:
        network: `Aligner`, its backbone loaded.
        paths: of the pictures.
        config: `AlignConfig`.
        cache: folder.

    Returns:
        dict from "affine" and "tps" to (training, watched): `PairBatches` each.
    """
    labels, seed, hw = labels_of(paths), config.seed, config.image_hw
    cut = some_blocks(len(paths), CUT)
    trunk = _trunk_of(network)

    def seen(name, render, count, groups, photos):
        """Pictures of `groups` that show the things of `photos`, a function of the facts: places in `paths`."""
        total = groups * count
        maps, facts = cached_maps(cache / f"{name}.npy", total, render, trunk, _report(name, total))
        photo = photos(facts)
        watched = photo % WATCHED == WATCHED - 1
        return {
            part: Seen(maps, facts, count, labels[photo], np.flatnonzero(watched == part))
            for part in (False, True)
        }

    def views(name, kind, count):
        return seen(
            name, Views(paths, count, kind, hw, seed), count, len(paths), lambda _: np.arange(len(paths))
        )

    finds = _finds([paths[i] for i in cut], labels[cut], hw, seed + 1)
    maps = [
        views("views", AFFINE, config.affine_views),
        views("splines", SPLINE, config.spline_views),
        seen("finds", finds, ROLES, config.finds, lambda facts: cut[facts["photo"][::ROLES]]),
    ]
    return {
        phase: tuple(
            kind(*(m[part] for m in maps), config.batch, 0.0 if part else UNLIKE, 2 * seed + part)
            for part in (False, True)
        )
        for phase, kind in ((AFFINE, AffineBatches), (SPLINE, SplineBatches))
    }


def labels_of(paths):
    """Numbers (N,) int of what pictures show: those of one folder may show one thing; where all lie in one, each its own."""
    folders = [os.path.dirname(path) for path in paths]
    _, labels = np.unique(folders, return_inverse=True)
    return labels if len(set(folders)) > 1 else np.arange(len(paths))


def _finds(paths, labels, hw, seed):
    """A render function of `Finds`, whose objects are cut out when the first is asked for."""
    lock = threading.Lock()

    @functools.cache
    def cut():
        say(f"cutting out the things of {len(paths)} pictures")
        return Finds(Cutouts.cut([read_rgb(path, MAX_SIDE) for path in paths], labels), hw, seed)

    def render(number):
        with lock:
            finds = cut()
        return finds(number)

    return render


def _trunk_of(network):
    @tf.function(reduce_retracing=True)
    def trunk(images):
        image = tf.cast(images, tf.float32) / 255.0
        return network.trunk(efficientnet_lite0.normalize(image), training=False)

    return trunk


def _report(what, count):
    """Says how far an encoding is, every tenth."""
    said = [0]

    def report(done):
        if 10 * done // count > said[0]:
            said[0] = 10 * done // count
            say(f"encoding {what}: {done} of {count}")

    return report
