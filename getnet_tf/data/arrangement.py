"""Where things lie in a frame: random places at which no object is hidden too much, every object's box known."""

import numpy as np

from getnet_tf.data import clutter
from getnet_tf.data.cutout import alpha_box
from getnet_tf.data.pasting import piece, window

LONGEST = 0.95  # of the frame's side, that an object's longer side may take
SHRINK = 0.85  # of the largest size, each time an object found no place
SIZES, PLACES = 10, 8  # tries: sizes of an object, places of each size
CLUTTER_SHARES = (0.08, 0.35)  # side of a patch of no class, share of the frame's
OCCLUDER_SHARES = (0.3, 0.8)  # side of a patch that covers an object, share of the object's
CLUTTER_OUTSIDE = 0.7  # of a patch's area, that may lie beyond the frame


class Floor:
    """Who is seen at each pixel of a frame, while it is being filled.

    Keeps, per object, its box, its whole area and how much of that is seen, pixels; and all layers in order.
    """

    def __init__(self, config):
        self.config = config
        self.owner = np.full((config.side, config.side), -1, np.int64)  # number of the object seen; -1: none
        self.layers, self.boxes, self.areas, self.seen = [], [], [], []

    def put(self, thing, corner, outside, is_object):
        """Places a piece if no object then is hidden too much and no more than `outside` of it is beyond the frame."""
        overlap = window(thing, corner, self.config.side)
        if overlap is None:
            return False
        there, here = overlap
        solid, area = thing.solid[here], int(thing.solid.sum())
        inside = int(solid.sum())
        if inside < max(1, (1 - outside) * area):
            return False
        covered = np.bincount(self.owner[there][solid] + 1, minlength=len(self.seen) + 1)[1:]
        left = np.array(self.seen, np.int64) - covered
        if np.any(left < (1 - self.config.most_hidden) * np.array(self.areas)):
            return False
        self.seen = [int(n) for n in left]
        self.owner[there][solid] = len(self.areas) if is_object else -1
        self.layers.append((thing, corner))
        if is_object:
            box = thing.box + np.tile(corner, 2)
            self.boxes.append(np.clip(box, 0, self.config.side))
            self.areas.append(area)
            self.seen.append(inside)
        return True


def arrange(floor, background, objects, rng):
    """Fills the floor: patches, objects, and patches over objects. False if an object found no place."""
    config = floor.config
    count = rng.integers(config.distractors[0], config.distractors[1] + 1)
    before = rng.integers(0, len(objects) + 1, count)  # which object each patch lies under
    for number, (picture, alpha) in enumerate(objects):
        for _ in range(np.count_nonzero(before == number)):
            _put_patch(floor, background, rng)
        if not _put_object(floor, picture, alpha, rng):
            return False
        if rng.random() < config.occlusion:
            _put_patch(floor, background, rng, over=floor.boxes[-1])
    for _ in range(np.count_nonzero(before == len(objects))):
        _put_patch(floor, background, rng)
    return True


def _put_object(floor, picture, alpha, rng):
    config = floor.config
    xmin, ymin, xmax, ymax = (0, 0, picture.shape[1], picture.shape[0]) if alpha is None else alpha_box(alpha)
    natural = (xmax - xmin) / (ymax - ymin)
    low, high = config.share
    for _ in range(SIZES):
        wh = _size(natural, rng.uniform(low, high) * config.side, config, rng)
        thing = piece(picture, alpha, wh, _angle(rng, config), rng.uniform(*config.feather_px))
        for _ in range(PLACES if thing else 0):
            if floor.put(thing, _corner(thing.box, config, rng), config.outside, is_object=True):
                return True
        high = max(low, high * SHRINK)
    return False


def _put_patch(floor, background, rng, over=None):
    """Lays a patch of no class anywhere, or over the edge of a box; gives up where that would hide too much."""
    config = floor.config
    picture, alpha = clutter.patch(background, rng)
    if over is None:
        side_px = config.side * rng.uniform(*CLUTTER_SHARES)
    else:
        side_px = np.sqrt(np.prod(over[2:] - over[:2])) * rng.uniform(*OCCLUDER_SHARES)
    wh = _size(1.0, max(side_px, 2), config, rng)
    thing = piece(picture, alpha, wh, _angle(rng, config), rng.uniform(*config.feather_px))
    for _ in range(PLACES if thing else 0):
        if over is None:
            corner = _corner(thing.box, config, rng)
        else:
            middle = over[:2] + rng.random(2) * (over[2:] - over[:2])
            axis = rng.integers(2)
            middle[axis] = over[axis + 2 * rng.integers(2)]
            corner = np.rint(middle - (thing.box[:2] + thing.box[2:]) / 2).astype(int)
        if floor.put(thing, corner, CLUTTER_OUTSIDE, is_object=False):
            return


def _size(natural, side_px, config, rng):
    """(width, height) of an object whose geometric mean is `side_px`, its aspect changed; it fits into the frame."""
    aspect = natural * np.exp(rng.uniform(-1, 1) * np.log(config.stretch))
    aspect = np.clip(aspect, min(natural, 1 / config.longest), max(natural, config.longest))
    wh = side_px * np.array([aspect**0.5, aspect**-0.5])
    wh *= min(1, LONGEST * config.side / wh.max())
    return tuple(int(n) for n in np.maximum(np.rint(wh), 2))


def _angle(rng, config):
    return float(rng.uniform(-config.turn_deg, config.turn_deg))


def _corner(box, config, rng):
    """A random place of a piece: its box sticks out of the frame by no more than `outside` of its sides."""
    wh = box[2:] - box[:2]
    slack = np.floor(config.outside * wh).astype(int)
    return rng.integers(-slack, config.side - wh + slack + 1) - box[:2]
