"""Frozen scenes to measure a localiser on: the same for everyone who has the same photos.

    python benchmarks/frozen_scenes.py --data PATH --kind masks --out sheet.png      # a minute

Frames of 320 px hold 2 to 4 objects of 0.18 to 0.62 of the side, each of another class; the reference is always
another picture of the class. `rectangles` pastes each photo's rectangle; `masks` pastes cut-out objects with blended
borders, and patches of no class among and over them. Classes are the twelve of Caltech-101 that the shipped model is
tested on (`photo_sets`, seed 0), backgrounds every fourth of the folder's: no training has seen either. Prints a digest
of all frames, references and boxes: equal digests, equal scenes (another build of OpenCV may round differently). Draws
the first scenes into a contact sheet.
"""

import dataclasses
import hashlib
import pathlib
import sys

import bench
import cv2
import numpy as np
import photo_sets

from getnet_tf.data.cutouts import MAX_SIDE, Cutouts
from getnet_tf.data.picture import read_rgb
from getnet_tf.data.scenes import SceneConfig, scene_batch
from getnet_tf.errors import InputError

MASKS = SceneConfig(
    reference_side=224,
    stretch=1.6,
    longest=3.0,
    mask_share=1,
    occlusion=0.3,
    distractors=(1, 3),
    light=0.3,
    blur=0.2,
    grain=0.3,
    own_reference_share=0,
    negative_share=0,
)
RECTANGLES = dataclasses.replace(MASKS, mask_share=0, occlusion=0, distractors=(0, 0), turn_deg=0, harmony=0)
KINDS = {"rectangles": RECTANGLES, "masks": MASKS}


def frozen_scenes(photos, backgrounds, kind, count=500, seed=0, present=True):
    """Yields scenes for evaluation, one by one, as a function of its arguments.

    Args:
        photos: `Cutouts` of classes that no training has seen. "masks" leaves out photos without a mask, and classes
            of which then fewer than two are left; so does "rectangles" with classes of a single photo.
        backgrounds: sequence of (H, W, 3) uint8.
        kind: a key of `KINDS`.
        count: scenes.
        seed: draws everything.
        present: whether the reference's kind is in the frame; either way it is of the same kind for one seed.

    Yields:
        dict: `frame` (320, 320, 3) uint8, `reference` (224, 224, 3) uint8, `box` (4,) float32 in pixels of the frame, zeros where the
        kind is not in it.

    Raises:
        ValueError: if `kind` is unknown or fewer than two classes are left.
    """
    if kind not in KINDS:
        raise ValueError(f"Invalid `kind`. Expected one of {tuple(KINDS)}. Received: kind={kind!r}.")
    photos = _usable(photos, only_masks=kind == "masks")
    config = dataclasses.replace(KINDS[kind], negative_share=0 if present else 1)
    for number in range(count):
        item = scene_batch(photos, backgrounds, config, seed, number, 1)
        yield {name: item[name][0] for name in ("frame", "reference", "box")}


def _usable(photos, only_masks):
    good = np.array([mask is not None or not only_masks for mask in photos.masks], bool)
    kept = [index[good[index]] for index in photos.by_class]
    kept = np.sort(np.concatenate([index for index in kept if len(index) > 1] or [np.zeros(0, np.int64)]))
    return Cutouts([photos.images[i] for i in kept], photos.labels[kept], [photos.masks[i] for i in kept])


def digest(scenes):
    """SHA-256 of all scenes, first 16 digits."""
    content = hashlib.sha256()
    for scene in scenes:
        for name in ("frame", "reference", "box"):
            content.update(np.ascontiguousarray(scene[name]).tobytes())
    return content.hexdigest()[:16]


def held_out(data, part="test"):
    """The photos and backgrounds that nothing is trained on.

    Args:
        data: folder that holds `caltech101/`.
        part: "test", or "val" to choose by.

    Returns:
        (`Cutouts`, list of backgrounds (H, W, 3) uint8)

    Raises:
        InputError: if the folder is not like that.
    """
    photos = photo_sets.caltech(data, 0)[part]
    images = [read_rgb(path, MAX_SIDE) for path in photos.paths]
    return Cutouts.cut(images, photos.labels), held_out_backgrounds(data)


def held_out_backgrounds(data):
    """The backgrounds that nothing is trained on: list of (H, W, 3) uint8."""
    return backgrounds_of(data, "test")


def backgrounds_of(data, part):
    """The backgrounds of a part, "train", "val" or "test", of which the last two have the same: list of (H, W, 3) uint8."""
    paths = photo_sets.backgrounds(data, held_out=part != "train")
    return [read_rgb(path, MAX_SIDE) for path in paths]


def sheet(scenes, columns=6, color=(255, 140, 0)):
    """A contact sheet of scenes, with the box and, in the corner, the reference: (H, W, 3) uint8, colours as given."""
    tiles = []
    for scene in scenes:
        tile, inset = (
            scene["frame"].copy(),
            cv2.resize(scene["reference"], (80, 80), interpolation=cv2.INTER_AREA),
        )
        xmin, ymin, xmax, ymax = (int(n) for n in scene["box"])
        cv2.rectangle(tile, (xmin, ymin), (xmax - 1, ymax - 1), color, 2)
        tile = np.concatenate([tile, np.full((84, tile.shape[1], 3), 255, np.uint8)])
        tile[-82:-2, 2:82] = inset
        tiles.append(tile)
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[i : i + columns], axis=1) for i in range(0, len(tiles), columns)]
    return np.concatenate(rows)


def scene_set(data, kind, count):
    """Frozen scenes of held-out kinds as (frame, reference, box), with pictures in BGR as a camera gives them."""
    photos, backgrounds = held_out(data)
    for scene in frozen_scenes(photos, backgrounds, kind, count):
        yield bgr(scene["frame"]), bgr(scene["reference"]), scene["box"]


def bgr(picture):
    """(H, W, 3) with the colours the other way round."""
    return np.ascontiguousarray(picture[:, :, ::-1])


def arguments(parser):
    """What the command line knows."""
    bench.add_data(parser, "holds caltech101/")
    parser.add_argument("--kind", choices=tuple(KINDS), default="masks", help="how objects are pasted")
    parser.add_argument(
        "--out", type=pathlib.Path, required=True, metavar="FILE.png", help="the contact sheet"
    )
    bench.add_count(parser, 500, "scenes")
    bench.add_count(parser, 24, "scenes on the sheet", "--shown")
    bench.add_seed(parser)


def measure(options):
    """Composes the scenes, draws the sheet, and says what they are."""
    photos, backgrounds = held_out(options.data)
    scenes = list(frozen_scenes(photos, backgrounds, options.kind, options.count, options.seed))
    if not cv2.imwrite(str(options.out), bgr(sheet(scenes[: options.shown]))):
        raise InputError(f"Cannot write {options.out}. Give another --out.")
    return {
        "photos": len(photos.images),
        "classes": len(photos.by_class),
        "with_mask": np.mean([mask is not None for mask in photos.masks]),
        "backgrounds": len(backgrounds),
        "scenes": len(scenes),
        "kind": options.kind,
        "digest": digest(scenes),
    }


def markdown(result):
    """What the scenes are, in words."""
    return (
        f"{result['photos']} photos of {result['classes']} classes, {result['with_mask']:.0%} with a mask; "
        f"{result['backgrounds']} backgrounds\n\n{result['scenes']} scenes, {result['kind']}, digest {result['digest']}"
    )


if __name__ == "__main__":
    sys.exit(bench.main(__doc__, arguments, measure, markdown))
