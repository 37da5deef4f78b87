"""Products in a shop, against others of the same coarse class: whole photos, and photos pasted into scenes.

The reference is the product's iconic picture or another photo of it. In whole photos it is only asked whether the product is there.
"""

import csv
import dataclasses

import numpy as np
import photo_sets
from frozen_scenes import RECTANGLES, backgrounds_of, bgr

from getnet_tf.data.picture import read_rgb
from getnet_tf.data.scenes import compose
from this_thing_sets.trial import Trial, picked

SCENE = dataclasses.replace(RECTANGLES, side=640, stretch=1.0)
SEED = 7


def trials(data, part, limit):
    """At most `limit` photos by an iconic picture, as many by another photo, and as many scenes."""
    photos, iconic = photo_sets.grocery(data)[part], iconic_paths(data)
    coarse = dict(zip(*(photo_sets.grocery_names(data, which) for which in ("fine", "coarse")), strict=True))
    names = np.array([photos.class_names[label] for label in photos.labels])
    groups = np.array([coarse[name] for name in names])
    backgrounds, pictures = backgrounds_of(data, part), {}

    def read(path):
        if path not in pictures:
            pictures[path] = read_rgb(path)
        return pictures[path]

    rivals = [np.flatnonzero((groups == groups[i]) & (names != names[i])) for i in range(len(names))]
    others = [np.flatnonzero((names == names[i]) & (np.arange(len(names)) != i)) for i in range(len(names))]
    with_rival = [i for i in range(len(names)) if len(rivals[i])]
    found = []
    for i in picked(with_rival, limit):
        rival = photos.paths[np.random.default_rng([SEED, i]).choice(rivals[i])]
        shown, seen, other = read(iconic[names[i]]), read(photos.paths[i]), read(rival)
        found.append(Trial("grocery, iconic", bgr(shown), bgr(seen), None, bgr(other)))
    for i in picked([i for i in with_rival if len(others[i])], limit):
        rng = np.random.default_rng([SEED, 1, i])
        paths = (photos.paths[rng.choice(others[i])], photos.paths[i], photos.paths[rng.choice(rivals[i])])
        shown, seen, other = map(read, paths)
        found.append(Trial("grocery, another photo", bgr(shown), bgr(seen), None, bgr(other)))
        strangers = rng.choice(np.flatnonzero(groups != groups[i]), rng.integers(1, 4), replace=False)
        beside = [read(photos.paths[stranger]) for stranger in strangers]
        present, box = _scene(seen, beside, backgrounds, np.random.default_rng([SEED, 2, i]))
        absent, _ = _scene(other, beside, backgrounds, np.random.default_rng([SEED, 3, i]))
        found.append(Trial("grocery, in scenes", bgr(shown), bgr(present), box, bgr(absent)))
    return found


def iconic_paths(data):
    """dict name of a product -> path of its clean picture."""
    with open(data / "grocery" / "classes.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["Class Name (str)"]: data / "grocery" / row["Iconic Image Path (str)"].lstrip("/") for row in rows
    }


def _scene(picture, beside, backgrounds, rng):
    """(frame, box of `picture`), with the pictures `beside` it under and over it."""
    place = rng.integers(len(beside) + 1)
    things = [(other, None) for other in beside]
    things.insert(place, (picture, None))
    scene = compose(backgrounds[rng.integers(len(backgrounds))], things, SCENE, rng)
    return scene.image, scene.boxes[place]
