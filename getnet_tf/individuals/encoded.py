"""What there is to learn from, and what the frozen trunk sees of it, computed once into a cache folder."""

import dataclasses

import numpy as np

from getnet_tf.alignment.encoded import SeenPhotos, encoded, trunk_of
from getnet_tf.data.picture_folder import is_watched, picture_files
from getnet_tf.data.renders import Renderer
from getnet_tf.data.scans import scan_names
from getnet_tf.errors import InputError
from getnet_tf.individuals.batches import ExampleBatches
from getnet_tf.individuals.examples import OfFinds, OfViews, Rendered
from getnet_tf.individuals.trainer import PHASE
from getnet_tf.individuals.triples import ROLES, Triples

WATCHED_SHARE = 8  # one watched triple to so many that are learned from
LEAST_WATCHED = 8
WATCHED_PAIRS = 100  # of photos, where no thing is watched
WATCHED_THINGS = 5  # every so many of things that nobody has split is watched


@dataclasses.dataclass(frozen=True)
class Material:
    """`paths` of photos; `things`, dict from False (learned from) and True (watched) to names of scans, or None."""

    paths: list
    things: dict | None


def look(config):
    """`Material` of a `CellsConfig`. Raises InputError where a folder is not as it should be, or nothing can be drawn."""
    things = things_of(config.things) if config.things else None
    paths = picture_files(config.source, config.pictures)
    if things:
        Renderer().close()  # what is missing is said before anything is made
    return Material(paths, things)


def things_of(folder):
    """Scans of a folder: dict from False (learned from) and True (watched) to names. What is tested on is in neither.

    Raises:
        InputError: if there are too few.
    """
    names = scan_names(folder)
    learned, watched = names["train"], names["val"]
    if not watched:
        watched = learned[::WATCHED_THINGS]
        learned = [name for name in learned if name not in watched]
    if min(len(learned), len(watched)) < 2:
        raise InputError(
            f"{folder}: expected scans of at least 2 things to learn from and 2 to watch, found {len(learned)} and "
            f"{len(watched)}. Add scans (NAME.npz and NAME.jpg), {WATCHED_THINGS + 2} in all, or leave --things out."
        )
    return {False: learned, True: watched}


def batches_of(network, material, config, cache):
    """What is learned from and what is watched: where there are things, half of a batch are these, and all that is watched.

    Args:
        network: `Describer`, its trunk loaded.
        material: `Material`.
        config: `CellsConfig`.
        cache: folder.

    Returns:
        dict from the one phase to (`ExampleBatches`, list of `Example`).
    """
    photos = SeenPhotos(network.trunk, material.paths, config, cache)
    views, finds = photos.views("views", "affine", config.affine_views), photos.finds()

    def of_photos(part):
        # What is watched is beside photos that are learned from, as few of them may show something else.
        return [
            kind(seen[part], seen[False].chosen, config.image_hw)
            for kind, seen in ((OfViews, views), (OfFinds, finds))
        ]

    sources = of_photos(False)
    if material.things is None:
        rng, watching = np.random.default_rng(2 * config.seed + 1), of_photos(True)
        watched = [watching[n % len(watching)].drawn(rng) for n in range(WATCHED_PAIRS)]
    else:
        learned, seen = (_rendered(network, material, config, cache, part) for part in (False, True))
        sources = [source for other in sources for source in (learned, other)]
        watched = [seen[n] for n in range(len(seen))]
    return {PHASE: (ExampleBatches(sources, config.batch, 2 * config.seed), watched)}


def _rendered(network, material, config, cache, part):
    """`Rendered` of the things that are learned from, or watched (`part`), before pictures that are likewise."""
    name, count = (
        ("watched", max(LEAST_WATCHED, config.triples // WATCHED_SHARE))
        if part
        else ("triples", config.triples)
    )
    behind = [path for place, path in enumerate(material.paths) if is_watched(place) == part]
    with Triples(
        config.things, material.things[part], behind, config.image_hw, 2 * config.seed + part
    ) as triples:
        return Rendered(*encoded(cache, name, triples, count * ROLES, trunk_of(network.trunk)))
