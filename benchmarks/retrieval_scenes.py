"""Small things in frames with others: is a thing of the kind found by another picture, with codes of regions and without?

Frames of 640 px hold 2 to 4 things of kinds that no training has seen, each 0.08 to 0.2 of the side. Half of the pictures of a kind are
pasted, the other half are asked for: right is every frame that holds the kind.
"""

import dataclasses
import functools

import numpy as np
from frozen_scenes import MAX_SIDE, held_out_backgrounds
from natural_scenes import FRAME
from photo_sets import caltech

from getnet_tf.data.cutouts import Cutouts
from getnet_tf.data.picture import read_rgb
from getnet_tf.data.scenes import compose
from getnet_tf.retrieval.average_precision import average_precision

SMALL = dataclasses.replace(FRAME, share=(0.08, 0.2), mask_share=1, objects=(2, 4))


class SmallThings:
    """Frames, composed when they are asked for, and pictures of the same kinds.

    Args:
        data: folder of the benchmarks' data.
        part: "test", or "val" to choose by.
        count: of frames.
    """

    def __init__(self, data, part, count):
        self.data, self.count = data, count
        self.splits = caltech(data, 0)
        self.photos = self.splits[part]
        place = np.zeros(len(self.photos), int)
        for kind in range(len(self.photos.class_names)):
            own = np.flatnonzero(self.photos.labels == kind)
            place[own] = np.arange(len(own))
        self.pasted, self.asked = np.flatnonzero(place % 2 == 0), np.flatnonzero(place % 2)

    @functools.cached_property
    def pieces(self):
        """What frames are made of: (`Cutouts` of the pictures that are pasted, those with a mask; backgrounds)."""
        images = [read_rgb(self.photos.paths[n], MAX_SIDE) for n in self.pasted]
        cut = Cutouts.cut(images, self.photos.labels[self.pasted])
        good = [n for n, mask in enumerate(cut.masks) if mask is not None]
        cut = Cutouts([cut.images[n] for n in good], cut.labels[good], [cut.masks[n] for n in good])
        return cut, held_out_backgrounds(self.data)

    def plan(self, number):
        """Which pieces a frame holds: numbers, each of another kind, and the generator that draws the rest."""
        cut, _ = self.pieces
        rng = np.random.default_rng([0, number])
        count = rng.integers(SMALL.objects[0], SMALL.objects[1] + 1)
        kinds = rng.choice(len(cut.by_class), count, replace=False)
        return [rng.choice(cut.by_class[kind]) for kind in kinds], rng

    def __len__(self):
        return self.count

    def __getitem__(self, number):
        chosen, rng = self.plan(number)
        cut, backgrounds = self.pieces
        things = [cut.thing(n, rng.random() < 0.5) for n in chosen]
        return compose(backgrounds[rng.integers(len(backgrounds))], things, SMALL, rng).image

    @functools.cached_property
    def held(self):
        """Which kinds each frame holds: (frames, kinds) bool."""
        held = np.zeros((self.count, len(self.photos.class_names)), bool)
        for number in range(self.count):
            held[number, self.pieces[0].labels[self.plan(number)[0]]] = True
        return held

    def mean_average_precision(self, likeness):
        """mAP of likeness (queries, frames): every picture that is asked for orders the frames."""
        kinds = self.photos.labels[self.asked]
        right = np.take_along_axis(self.held.T[kinds], np.argsort(-likeness, axis=1, kind="stable"), axis=1)
        return float(np.mean([average_precision(row, row.sum()) for row in right if row.any()]))
