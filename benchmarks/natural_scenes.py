"""Scenes as a camera sees them: frames finer than the network's image, things of any aspect, references that keep theirs.

`frozen_scenes.py` stretches every reference to a square, as the network does; there nobody can tell a bottle from a coin by
its outline. Here a thing and its reference are made longer or flatter alike, by a factor drawn for each scene, and the
reference keeps its width and height. Classes are those of `photo_sets` (seed 0), "val" to choose by, "test" to report on.
"""

import dataclasses

import cv2
import numpy as np

from getnet_tf.data.cutout import alpha_box
from getnet_tf.data.references import reference_of
from getnet_tf.data.scenes import SceneConfig, compose

LONGER = 2.5  # things are made longer or flatter by up to this factor, beyond their own aspect
FRAME = SceneConfig(
    side=640,
    reference_side=224,
    mask_share=0.5,
    occlusion=0.2,
    distractors=(0, 2),
    light=0.3,
    blur=0.2,
    grain=0.3,
    stretch=1.15,
)
# Small things in the frame of a camera of today.
SMALL = dataclasses.replace(
    FRAME, side=1280, share=(0.04, 0.12), objects=(1, 2), occlusion=0, distractors=(0, 1)
)


def natural_scene(photos, backgrounds, config, seed, number, present=True, same=False):
    """One scene, a function of its arguments.

    Args:
        photos: `Cutouts`.
        backgrounds: sequence of (H, W, 3) uint8.
        config: `SceneConfig`; its shares of own references and negatives are not used.
        seed, number: int, not negative; draw everything.
        present: whether the reference's kind is in the frame, once; others always are.
        same: whether the reference is the very photo that is in the frame, changed; else another one of its kind.

    Returns:
        (frame (S, S, 3) uint8 BGR, reference (h, w, 3) uint8 BGR, box (4,) float32 in pixels of the frame, or None)
    """
    rng = np.random.default_rng([seed, number])
    factor = np.exp(rng.uniform(-1, 1) * np.log(LONGER))
    wanted = rng.integers(len(photos.by_class))
    target, shown = (
        _longer(photos.thing(index, rng.random() < 0.5), factor) for index in _two(photos, wanted, same, rng)
    )
    strangers = np.delete(np.arange(len(photos.by_class)), wanted)
    count = rng.integers(config.objects[0], config.objects[1] + 1)
    others = rng.choice(strangers, count - present, replace=False)
    things = [photos.thing(rng.choice(photos.by_class[other]), rng.random() < 0.5) for other in others]
    place = rng.integers(len(things) + 1)
    if present:
        things.insert(place, target)
    scene = compose(backgrounds[rng.integers(len(backgrounds))], things, config, rng)
    reference = reference_of(*shown, config, rng)
    aspect = _aspect(*shown)
    width, height = (round(config.reference_side * aspect**power) for power in (0.5, -0.5))
    reference = cv2.resize(reference, (width, height), interpolation=cv2.INTER_AREA)
    return _bgr(scene.image), _bgr(reference), scene.boxes[place] if present else None


def _two(photos, label, same, rng):
    chosen = rng.choice(photos.by_class[label], 2, replace=False)
    return chosen[[0, 0]] if same else chosen


def _longer(thing, factor):
    """A picture and its alpha, its width over its height times `factor`, its area as it was."""
    picture, alpha = thing
    wh = tuple(
        max(round(n * factor**power), 8) for n, power in zip(picture.shape[1::-1], (0.5, -0.5), strict=True)
    )
    return cv2.resize(picture, wh), None if alpha is None else cv2.resize(alpha, wh)


def _aspect(picture, alpha):
    box = np.array([0, 0, *picture.shape[1::-1]]) if alpha is None else alpha_box(alpha)
    return float((box[2] - box[0]) / (box[3] - box[1]))


def _bgr(picture):
    return np.ascontiguousarray(picture[:, :, ::-1])
