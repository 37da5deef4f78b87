"""Numbered pictures for `map_cache`: each a function of its number and a seed, whoever asks for it and when."""

import dataclasses

import numpy as np

from getnet_tf.data.augment import Strengths, augment
from getnet_tf.data.picture import read_rgb, stretch
from getnet_tf.data.references import reference_of
from getnet_tf.data.scenes import compose

CHANGES = Strengths(zoom=0.4, aspect=0.25, shift=0.1)  # of an object that a localiser has found, roughly
OF_ONE_THING = dataclasses.replace(CHANGES, flip_share=0.0)  # a mirrored label is that of another thing
MOST_OBJECTS = 8  # of a scene, that its facts have room for
CLOSE_UPS = 0.2  # of the scenes: one object that nearly fills the frame, as when held to the camera or on a photo of it
CLOSE_SHARE = (0.5, 0.95)  # of the frame's side, that such an object takes


class PhotoCopies:
    """Photos as they are, then changed copies: copy v of photo p is number v * N + p.

    Args:
        paths: of N files.
        hw: (h, w) of a copy, pixels.
        seed: draws the changes.
        changes: `Strengths`.
    """

    def __init__(self, paths, hw, seed, changes=CHANGES):
        self.paths, self.hw, self.seed, self.changes = paths, hw, seed, changes

    def __call__(self, number):
        copy, photo = divmod(number, len(self.paths))
        picture = stretch(read_rgb(self.paths[photo]), self.hw)
        if copy:
            picture = augment(picture, np.random.default_rng([self.seed, number]), self.changes)
        return {"image": picture, "photo": np.int64(photo)}


class References:
    """References of cut-out objects, each seen a little differently: copy v of object p is number v * N + p.

    Args:
        photos: `Cutouts` of N objects.
        config: `SceneConfig`.
        seed: draws the changes.
    """

    def __init__(self, photos, config, seed):
        self.photos, self.config, self.seed = photos, config, seed

    def __call__(self, number):
        photo = number % len(self.photos.labels)
        rng = np.random.default_rng([self.seed, number])
        thing = self.photos.thing(photo, bool(rng.random() < self.config.mirrored_share))
        return {"image": reference_of(*thing, self.config, rng), "photo": np.int64(photo)}


class Scenes:
    """Scenes of which every object's box is known, and which photo it came from.

    Args:
        photos: `Cutouts`.
        backgrounds: sequence of (H, W, 3) uint8.
        config: `SceneConfig`.
        seed: draws everything.
    """

    def __init__(self, photos, backgrounds, config, seed):
        most = min(config.objects[1], len(photos.by_class), MOST_OBJECTS)
        self.photos, self.backgrounds, self.seed = photos, backgrounds, seed
        self.config = dataclasses.replace(config, objects=(min(config.objects[0], most), most))
        self.close = dataclasses.replace(config, objects=(1, 1), share=CLOSE_SHARE)

    def __call__(self, number):
        """The scene, and of each object (zeros and photo -1 where there are fewer): box, photo, visible share."""
        rng = np.random.default_rng([self.seed, number])
        classes = self.photos.by_class
        config = self.close if rng.random() < CLOSE_UPS else self.config
        count = rng.integers(config.objects[0], config.objects[1] + 1)
        chosen = [rng.choice(classes[c]) for c in rng.choice(len(classes), count, replace=False)]
        things = [self.photos.thing(i, bool(rng.random() < config.mirrored_share)) for i in chosen]
        scene = compose(self.backgrounds[rng.integers(len(self.backgrounds))], things, config, rng)
        box, photo = np.zeros((MOST_OBJECTS, 4), np.float32), np.full(MOST_OBJECTS, -1)
        visible = np.zeros(MOST_OBJECTS, np.float32)
        box[:count], photo[:count], visible[:count] = scene.boxes, chosen, scene.visible
        return {"image": scene.image, "box": box, "photo": photo, "visible": visible}
