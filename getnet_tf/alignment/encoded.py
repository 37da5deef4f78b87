"""What the frozen backbone sees of views and finds, computed once into a cache folder: training meets no pixel."""

import functools
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
from getnet_tf.data.picture import read_rgb
from getnet_tf.data.picture_folder import is_watched, labels_of, some_blocks
from getnet_tf.graph import graph_of

CUT = 1600  # pictures whose things are cut out, at most: some 40 ms each


class SeenPhotos:
    """What a frozen trunk sees of a folder's pictures: for each kind a dict of `Seen`, False: learned from, True: watched.

    Args:
        trunk: Keras model, normalized image -> map.
        paths: of the pictures.
        config: `ViewsConfig`.
        cache: folder.
    """

    def __init__(self, trunk, paths, config, cache):
        self.trunk, self.paths, self.config, self.cache = trunk_of(trunk), paths, config, cache
        self.labels = labels_of(paths)

    def views(self, name, kind, count):
        """Of every picture `count` views by maps of a kind, see `Views`."""
        render = Views(self.paths, count, kind, self.config.image_hw, self.config.seed)
        return self._seen(name, render, count, len(self.paths), lambda _: np.arange(len(self.paths)))

    def finds(self):
        """`Finds` of the things of some of the pictures."""
        cut = some_blocks(len(self.paths), CUT)
        paths, seed = [self.paths[i] for i in cut], self.config.seed + 1
        render = _finds(paths, self.labels[cut], self.config.image_hw, seed)
        return self._seen(
            "finds", render, ROLES, self.config.finds, lambda facts: cut[facts["photo"][::ROLES]]
        )

    def _seen(self, name, render, count, groups, photos):
        """Pictures of `groups` that show the things of `photos`, a function of the facts: places in `paths`."""
        maps, facts = encoded(self.cache, name, render, groups * count, self.trunk)
        photo = photos(facts)
        watched = is_watched(photo)
        return {
            part: Seen(maps, facts, count, self.labels[photo], np.flatnonzero(watched == part))
            for part in (False, True)
        }


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
    photos, seed = SeenPhotos(network.trunk, paths, config, cache), config.seed
    maps = [
        photos.views("views", AFFINE, config.affine_views),
        photos.views("splines", SPLINE, config.spline_views),
        photos.finds(),
    ]
    return {
        phase: tuple(
            kind(*(m[part] for m in maps), config.batch, 0.0 if part else UNLIKE, 2 * seed + part)
            for part in (False, True)
        )
        for phase, kind in ((AFFINE, AffineBatches), (SPLINE, SplineBatches))
    }


def encoded(cache, name, render, count, trunk):
    """`cached_maps` of `count` pictures under a name in a cache folder; how far it is, is said every tenth."""
    said = [0]

    def report(done):
        if 10 * done // count > said[0]:
            said[0] = 10 * done // count
            say(f"encoding {name}: {done} of {count}")

    return cached_maps(cache / f"{name}.npy", count, render, trunk, report)


def trunk_of(model):
    """A compiled function, (B, H, W, 3) uint8 -> maps (B, h, w, D), of a trunk at rest."""

    @graph_of
    def trunk(images):
        image = tf.cast(images, tf.float32) / 255.0
        return model(efficientnet_lite0.normalize(image), training=False)

    return trunk


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
