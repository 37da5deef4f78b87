"""A moving scene of real handwritten digits, and a picture of the one to find.

    python -m getnet_tf.data.moving --digit 3 --out scene/

Writes `scene.mp4`, where digits that no training has seen drift through noise one after the other, and
`digit-3.png`, one picture of the wanted digit: cut from such a scene, close around the ink, by another hand.
"""

import argparse
import pathlib
import sys

import cv2
import numpy as np

from edge_demo.manual import Manual
from edge_demo.whole_file import write_whole
from getnet_tf.config import DataConfig
from getnet_tf.data import digits
from getnet_tf.data.film import write_film
from getnet_tf.errors import InputError, report_errors

ENLARGED = 8  # screen pixels per scene pixel
FRAMES_PER_SECOND = 30
SECONDS_PER_DIGIT = 2
MARGIN_PX = 1  # of the reference around the ink


def positions(count, room):
    """A smooth path that never repeats: (count, 2) float, (x, y) in 0 ... room pixels."""
    seconds = np.arange(count) / FRAMES_PER_SECOND
    return (
        np.stack([0.5 + 0.5 * np.sin(0.9 * seconds), 0.5 + 0.5 * np.cos(1.3 * seconds + 0.4)], axis=-1) * room
    )


def frames(pictures, noise, rng):
    """Scene frames of digits drifting through noise, one after the other.

    Args:
        pictures: (N, 28, 28) uint8, shown in this order, `SECONDS_PER_DIGIT` each.
        noise: grey level that the noise reaches, 0 to 1.
        rng: `numpy.random.Generator`.

    Yields:
        (60, 60) uint8, as "noise" of `digits.render`, but at places between the pixels too.
    """
    height, width = digits.IMAGE_HW
    per_digit = SECONDS_PER_DIGIT * FRAMES_PER_SECOND
    path = positions(len(pictures) * per_digit, width - digits.DIGIT_PX)
    for i, (x, y) in enumerate(path):
        shift = np.float32([[1, 0, x], [0, 1, y]])
        scene = cv2.warpAffine(pictures[i // per_digit], shift, (width, height)).astype(np.float32) / 255
        yield np.rint(np.clip(scene + noise * rng.random(scene.shape), 0, 1) * 255).astype(np.uint8)


def enlarged(scene):
    """A grey scene (H, W) uint8 as a frame (8 H, 8 W, 3) uint8."""
    frame = np.repeat(np.repeat(scene, ENLARGED, axis=0), ENLARGED, axis=1)
    return cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)


def write(folder, split, digit, noise, seed=0):
    """Writes `scene.mp4` and `digit-3.png`: the wanted digit by five hands, other digits in between.

    Raises:
        InputError: if the split lacks the digit or the video cannot be written.
    """
    rng = np.random.default_rng(seed)
    wanted, others = np.flatnonzero(split.labels == digit), np.flatnonzero(split.labels != digit)
    if len(wanted) < 6 or len(others) < 4:
        raise InputError(
            f"The data hold {len(wanted)} pictures of digit {digit}; six are needed. Take another --data."
        )
    reference, *shown = rng.permutation(wanted)[:6]
    order = np.empty(9, np.int64)
    order[::2], order[1::2] = shown, rng.permutation(others)[:4]
    folder.mkdir(parents=True, exist_ok=True)

    height, width = (ENLARGED * n for n in digits.IMAGE_HW)
    shown = (enlarged(scene) for scene in frames(split.images[order], noise, rng))
    write_film(folder / "scene.mp4", shown, FRAMES_PER_SECOND, (width, height))

    image, box = digits.render(split.images[[reference]], "noise", noise, rng)
    xmin, ymin = np.maximum(box[0, :2] - MARGIN_PX, 0).astype(int)
    xmax, ymax = (box[0, 2:] + MARGIN_PX).astype(int)
    crop = np.rint(image[0, ymin:ymax, xmin:xmax, 0] * 255).astype(np.uint8)
    write_whole(folder / f"digit-{digit}.png", cv2.imencode(".png", enlarged(crop))[1].tobytes())


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.data.moving",
        description=__doc__.splitlines()[0],
        formatter_class=Manual,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--out", type=pathlib.Path, required=True, metavar="DIR", help="folder for the two files")
    add("--data", default="digits", metavar="digits|mnist|FILE.npz", help="whose test digits are shown")
    add("--digit", type=int, choices=range(10), default=3, help="the one to find")
    add("--noise", type=float, default=0.3, help="grey level that the noise reaches, 0 to 1")
    add("--seed", type=int, default=0, help="draws the pictures and the noise")

    def run():
        o = parser.parse_args(argv)
        try:
            DataConfig(o.data, noise=o.noise, seed=o.seed)
        except ValueError as error:
            raise InputError(str(error)) from error
        write(o.out, digits.load(o.data)["test"], o.digit, o.noise, o.seed)
        print(f"wrote {o.out / 'scene.mp4'} and {o.out / f'digit-{o.digit}.png'}")

    return report_errors(run)


if __name__ == "__main__":
    sys.exit(main())
