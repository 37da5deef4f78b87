"""Scenes composed from object-centred photos and backgrounds: where the object lies is known, because we put it there.

Nobody draws a box: a photo's object is its mask (`getnet_tf.data.cutout`) or its rectangle, and the box of a pasted
object is that of its alpha > 0.5, to the pixel. `scene_batch` pairs each frame with a reference: another picture of
the class, or a changed copy of the object itself.

Example:
    >>> photos = Cutouts.cut(images, labels)                     # masks, once: some 40 ms a picture
    >>> batch = scene_batch(photos, backgrounds, SceneConfig(), seed=0, step=0, size=8)
    >>> batch["frame"].shape, batch["box"].shape
    ((8, 320, 320, 3), (8, 4))

Source: compositions as supervision as in Dwibedi et al. 2017, "Cut, Paste and Learn" (arXiv:1708.01642), and Rocco et
al. 2017 (arXiv:1703.05593); differs: the target is named by a reference picture, not by its class.
"""

import dataclasses

import numpy as np

from getnet_tf.data import appearance, clutter
from getnet_tf.data.arrangement import LONGEST, Floor, arrange
from getnet_tf.data.cutout import check_picture, tight_crop
from getnet_tf.data.pasting import paste
from getnet_tf.data.references import reference_of

SCENES = 10  # tries to find room for all objects


@dataclasses.dataclass(frozen=True)
class SceneConfig:
    """How scenes are made. Ranges are (low, high), both included; strengths and shares 0 to 1, where 0 is never."""

    side: int = 320  # of a frame, pixels
    reference_side: int = 160  # of a reference picture, pixels
    share: tuple = (0.18, 0.62)  # geometric mean of an object's width and height, share of the frame's side
    # A camera's frame of 16:9 is squeezed into the network's square, and a bottle in it is five times as high as wide.
    stretch: float = 2.4  # an object's aspect changes by up to this factor either way
    longest: float = 4.5  # and stays within 1 to this and this to 1, natural ones aside
    objects: tuple = (2, 4)  # of some class, in each frame
    mask_share: float = 0.5  # of the objects that have a mask, those pasted by it and not as a rectangle
    outside: float = 0.15  # of an object's area, that may lie beyond the frame
    most_hidden: float = 0.4  # of an object's area, beyond the frame and covered together
    occlusion: float = 0.3  # of the objects, those that a patch of no class is laid over
    distractors: tuple = (0, 3)  # patches of no class anywhere
    turn_deg: float = 8.0  # an object is rotated by up to this either way
    feather_px: tuple = (0.3, 1.5)  # standard deviation of the blur of a pasted border
    harmony: float = 0.4  # at most so far do an object's colours move towards those around it
    light: float = 0.5  # changes of light: of each object, of each reference, and half as strong of the frame
    blur: float = 0.4  # of the frame, half as strong of a reference
    grain: float = 0.5  # of the frame
    own_reference_share: float = 0.5  # of the references, those that are a changed copy of the object itself
    negative_share: float = 0.25  # of the frames, those without the reference's class
    mirrored_share: float = 0.5  # of the objects, those that are mirrored left to right

    def __post_init__(self):
        def check(good, name, expected):
            if not good:
                raise ValueError(
                    f"Invalid `{name}`. Expected {expected}. Received: {name}={getattr(self, name)!r}."
                )

        for name in ("side", "reference_side"):
            check(getattr(self, name) >= 16, name, "at least 16 pixels")
        for name in ("share", "objects", "distractors", "feather_px"):
            pair = getattr(self, name)
            check(len(pair) == 2 and 0 <= pair[0] <= pair[1], name, "(low, high) with 0 <= low <= high")
        check(self.share[0] > 0 and self.share[1] <= LONGEST, "share", f"shares above 0, at most {LONGEST}")
        check(self.objects[0] >= 1, "objects", "at least one object")
        for name in ("stretch", "longest"):
            check(getattr(self, name) >= 1, name, "a factor of at least 1")
        for field in dataclasses.fields(self):
            if field.type is float and field.name not in ("stretch", "longest", "turn_deg"):
                check(0 <= getattr(self, field.name) <= 1, field.name, "a number from 0 to 1")
        check(self.outside <= self.most_hidden < 1, "most_hidden", "at least `outside`, below 1")


@dataclasses.dataclass(frozen=True)
class Scene:
    """A composed frame.

    `image` (S, S, 3) uint8, RGB; `boxes` (n, 4) float32, pixels of the frame, as edges, clipped to it; `visible` (n,)
    float32, the share of each object's area that can be seen. In the order of the objects given.
    """

    image: np.ndarray
    boxes: np.ndarray
    visible: np.ndarray


def compose(background, objects, config, rng):
    """Pastes objects onto a background: at random places, sizes and aspects, turned, relit, partly covered.

    Later objects lie over earlier ones. What finds no place becomes smaller, down to the least size of `config`.

    Args:
        background: (H, W, 3) uint8; a random part of it fills the frame, others become patches of no class.
        objects: sequence of (picture (H, W, 3) uint8, alpha (H, W) float32 or None for the whole rectangle).
        config: `SceneConfig`; all its fields but `reference_side`, `objects` and those of references and negatives.
        rng: `numpy.random.Generator`, the only randomness.

    Returns:
        `Scene`.

    Raises:
        ValueError: if a picture is not (H, W, 3) uint8, a mask is empty or does not fit its picture, or the objects
            found no room.
    """
    for picture in (background, *(picture for picture, _ in objects)):
        check_picture(picture)
    objects = [_as_pasted(picture, alpha, config, rng) for picture, alpha in objects]
    frame = clutter.piece_of(background, 0.5, (config.side, config.side), rng)
    for _ in range(SCENES):
        floor = Floor(config)
        if arrange(floor, background, objects, rng):
            break
    else:
        raise ValueError(
            f"Found no room for {len(objects)} objects of at least {config.share[0]} of the side, each at most "
            f"{config.most_hidden} hidden. Expected fewer or smaller objects."
        )
    for thing, corner in floor.layers:
        paste(frame, thing, corner, rng.uniform(0, config.harmony))
    frame = appearance.relit(frame, config.light / 2, rng)
    frame = appearance.grainy(appearance.blurred(frame, config.blur, rng), config.grain, rng)
    visible = np.array(floor.seen, np.float32) / np.array(floor.areas, np.float32)
    return Scene(frame, np.array(floor.boxes, np.float32).reshape(-1, 4), visible)


def _as_pasted(picture, alpha, config, rng):
    """The object as a mask or as a rectangle close around it, in another light."""
    as_rectangle = rng.random() >= config.mask_share
    if alpha is not None:
        picture, alpha = tight_crop(picture, alpha, margin_px=1)
    return appearance.relit(picture, config.light, rng), None if as_rectangle else alpha


def scene_batch(photos, backgrounds, config, seed, step, size):
    """Frames, references and boxes; the same arguments give the same batch. Item i does not depend on `size`.

    A positive frame holds the reference's object once, the other objects are of other classes. A negative frame
    holds none of the reference's class. Classes are drawn alike, however many photos they have; a class of a single
    photo takes its reference from that photo.

    Args:
        photos: `Cutouts`.
        backgrounds: sequence of (H, W, 3) uint8.
        config: `SceneConfig`.
        seed, step: int, not negative; draw everything.
        size: items.

    Returns:
        dict: `frame` (size, S, S, 3) uint8; `reference` (size, R, R, 3) uint8; `box` (size, 4) float32, pixels of the
        frame, zeros where the object is not in it; `label` (size,) float32, 1 where it is.
    """
    items = [_item(photos, backgrounds, config, np.random.default_rng([seed, step, i])) for i in range(size)]
    batch = {name: np.stack([item[name] for item in items]) for name in ("frame", "reference", "box")}
    return {**batch, "label": np.array([item["label"] for item in items], np.float32)}


def _item(photos, backgrounds, config, rng):
    classes = photos.by_class
    wanted = rng.integers(len(classes))
    index, other = _two_of(classes[wanted], rng)
    positive = rng.random() >= config.negative_share
    own = other is None or rng.random() < config.own_reference_share
    mirrored, other_mirrored = rng.random(2) < config.mirrored_share
    thing = photos.thing(index, mirrored)
    # A copy is mirrored as its object is: no camera shows a thing mirrored.
    shown = thing if own else photos.thing(other, other_mirrored)

    count = rng.integers(config.objects[0], config.objects[1] + 1)
    strangers = np.delete(np.arange(len(classes)), wanted)
    drawn = rng.choice(strangers, count - int(positive), replace=len(strangers) < count - int(positive))
    objects = [
        photos.thing(rng.choice(classes[stranger]), rng.random() < config.mirrored_share)
        for stranger in drawn
    ]
    place = rng.integers(len(objects) + 1)
    if positive:
        objects.insert(place, thing)
    background = backgrounds[rng.integers(len(backgrounds))]
    scene = compose(background, objects, config, rng)
    box = scene.boxes[place] if positive else np.zeros(4, np.float32)
    reference = reference_of(*shown, config, rng)
    return {"frame": scene.image, "reference": reference, "box": box, "label": float(positive)}


def _two_of(members, rng):
    """Two different members in random order; (the only one, None) if there is one."""
    if len(members) == 1:
        return members[0], None
    return rng.choice(members, 2, replace=False)
