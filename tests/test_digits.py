"""getnet_tf.data.digits: pinned generators, boxes to the pixel, and sources that are not what they should be."""

import hashlib
import sys
import types

import cv2
import numpy as np
import pytest
from checks import one_line

from getnet_tf.config import DataConfig
from getnet_tf.data import digits
from getnet_tf.data.pairs import DigitPairs
from getnet_tf.errors import InputError

VARIANTS = ("noise", "cluttered", "scaled")


def blobs(count, seed=0):
    """Pictures like digits: an ellipse in the inner 20 px, grey at its rim."""
    rng = np.random.default_rng(seed)
    pictures = np.zeros((count, 28, 28), np.uint8)
    for picture in pictures:
        axes = [int(n) for n in rng.integers(3, 9, 2)]
        cv2.ellipse(picture, (14, 14), axes, float(rng.integers(180)), 0, 360, 255, -1)
        picture[picture > 0] -= rng.integers(0, 200, np.count_nonzero(picture)).astype(np.uint8)
    return pictures


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("noise", "f6930ee2294bf5d732035d9340b0c7ed657465c6c8585cf3b495f045e588723a"),
        ("cluttered", "5b6407e988ab9e1107eed0d587779a59215868df4f45c8eb951827be44677dad"),
        ("scaled", "c56dc20a4de39f9b412619c2bb621b23c28aa4fde1dd8d408941900efad7077c"),
    ],
)
def test_the_generator_is_pinned(variant, expected):
    """SHA-256 of images and boxes of a fixed seed. If it changes, the numbers in docs/benchmarks.md must be made again."""
    pictures = (np.arange(5 * 28 * 28) * 37 % 251).reshape(5, 28, 28).astype(np.uint8)
    images, boxes = digits.render(pictures, variant, 0.3, np.random.default_rng(5), pictures)
    assert images.shape == (5, 60, 60, 1) and images.dtype == np.float32
    assert boxes.shape == (5, 4) and boxes.dtype == np.float32
    content = images.astype("<f4").tobytes() + boxes.astype("<f4").tobytes()
    assert hashlib.sha256(content).hexdigest() == expected


@pytest.mark.parametrize("variant", ["noise", "scaled"])
def test_the_box_holds_all_ink_and_touches_it_on_every_side(variant, rng):
    images, boxes = digits.render(blobs(40), variant, 0.0, rng)
    for image, (xmin, ymin, xmax, ymax) in zip(images[..., 0], boxes.astype(int), strict=True):
        ink = image > 30 / 255
        inside = ink[ymin:ymax, xmin:xmax]
        assert ink.sum() == inside.sum() > 0
        assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()


def test_the_box_of_a_digit_in_clutter_is_the_digits(rng):
    """Rendered once with clutter from blank pictures, which adds nothing, and once with real clutter."""
    pictures = blobs(20)
    clean, boxes = digits.render(
        pictures, "cluttered", 0.3, np.random.default_rng(3), np.zeros_like(pictures)
    )
    full, same_boxes = digits.render(pictures, "cluttered", 0.3, np.random.default_rng(3), pictures)
    np.testing.assert_array_equal(boxes, same_boxes)
    assert (full >= clean).all() and (full > clean).any()
    for image, box, picture in zip(clean[..., 0], boxes.astype(int), pictures, strict=True):
        x0, y0, x1, y1 = digits.ink_box(picture)
        np.testing.assert_array_equal(
            image[box[1] : box[3], box[0] : box[2]], picture[y0:y1, x0:x1] / np.float32(255)
        )


def test_the_ink_box_by_hand():
    """30 is the grey level that is not ink yet; edges are whole pixels. No ink: the whole picture."""
    picture = np.zeros((5, 7), np.uint8)
    np.testing.assert_array_equal(digits.ink_box(picture), [0, 0, 7, 5])
    picture[1, 2], picture[3, 4], picture[4, 6] = 31, 200, 30
    np.testing.assert_array_equal(digits.ink_box(picture), [2, 1, 5, 4])


def test_digits_reach_every_border_and_no_further(rng):
    """A full 28 x 28 picture on 60 x 60: offsets 0 ... 32, all of them."""
    _, boxes = digits.render(np.full((2000, 28, 28), 255, np.uint8), "noise", 0.0, rng)
    for low, high in ((boxes[:, 0], boxes[:, 2]), (boxes[:, 1], boxes[:, 3])):
        assert set(low) == set(range(33)) and set(high - low) == {28}


@pytest.mark.parametrize("noise", [0.0, 0.3, 1.0])
def test_noise_is_uniform_up_to_its_level_and_added_to_the_digit(noise, rng):
    """On blank pictures the noise itself: uniform, mean noise / 2; on white ones nothing above 1."""
    images, _ = digits.render(np.zeros((4, 28, 28), np.uint8), "noise", noise, rng)
    assert images.min() >= 0 and images.max() <= noise
    assert images.mean() == pytest.approx(noise / 2, abs=0.01)
    assert images.max() >= 0.99 * noise
    assert images.std() == pytest.approx(noise / 12**0.5, abs=0.01)
    images, boxes = digits.render(np.full((4, 28, 28), 128, np.uint8), "noise", noise, rng)
    xmin, ymin, xmax, ymax = boxes[0].astype(int)
    digit = images[0, ymin:ymax, xmin:xmax]
    assert digit.min() >= 128 / 255 - 1e-6 and digit.max() <= min(1, 128 / 255 + noise + 1e-6)


def test_noise_is_fresh_for_every_picture(rng):
    images, _ = digits.render(np.zeros((2, 28, 28), np.uint8), "noise", 0.3, rng)
    assert abs(np.corrcoef(images[0].ravel(), images[1].ravel())[0, 1]) < 0.1


def test_clutter_is_six_pieces_of_six_pixels_from_inner_digits():
    """Blank digits; pieces from pictures that are 255 inside and 1 in the outer 4 px: only 255 may arrive.

    Six pieces cover at most 216 pixels, and a single one 36; most of 300 canvases have nearly all, and pieces reach
    every border.
    """
    source = np.full((3, 28, 28), 1, np.uint8)
    source[:, 4:24, 4:24] = 255
    images, _ = digits.render(
        np.zeros((300, 28, 28), np.uint8), "cluttered", 0.9, np.random.default_rng(0), source
    )
    assert set(np.unique(images)) == {0, 1}
    covered = images.sum(axis=(1, 2, 3))
    assert covered.min() >= 36 and covered.max() == 6 * 36
    # Two given pieces overlap in about 4 % of all cases.
    assert 0.85 * 216 < covered.mean() < 216
    reached = images[..., 0].max(axis=0)
    assert reached[0].any() and reached[-1].any() and reached[:, 0].any() and reached[:, -1].any()


def test_clutter_comes_from_all_over_the_inner_digit():
    """Each source pixel has a level of its own, by column: columns 4 ... 23 arrive, and no other."""
    source = np.tile(np.arange(28, dtype=np.uint8) * 9 + 1, (2, 28, 1))
    for pictures in (source, source.transpose(0, 2, 1)):
        blank = np.zeros((200, 28, 28), np.uint8)
        images, _ = digits.render(blank, "cluttered", 0, np.random.default_rng(0), pictures)
        levels = set(np.round(np.unique(images) * 255).astype(int)) - {0}
        assert levels == {9 * column + 1 for column in range(4, 24)}


def test_scaled_digits_have_sizes_within_their_bounds():
    """28 px times 0.6 ... 1.5 on the geometric mean, 0.7 ... 1.4 as aspect: sides of 14 ... 50 px."""
    _, boxes = digits.render(np.full((1500, 28, 28), 255, np.uint8), "scaled", 0, np.random.default_rng(0))
    assert boxes.min() >= 0 and boxes.max() <= 60
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    mean_size, aspect = np.sqrt(width * height) / 28, width / height
    assert 0.58 < mean_size.min() < 0.63 and 1.45 < mean_size.max() < 1.52
    assert 0.65 < aspect.min() < 0.75 and 1.33 < aspect.max() < 1.48
    assert np.mean(mean_size) == pytest.approx(1.05, abs=0.03)
    assert np.mean(np.log(aspect)) == pytest.approx(np.log(0.7 * 1.4) / 2, abs=0.02)


class Middle:
    """A generator that always draws the middle."""

    def uniform(self, low, high, size=None):
        return (low + high) / 2 if size is None else np.full(size, (low + high) / 2)


def test_augmentation_in_its_middle_changes_nothing():
    pictures = blobs(3)
    np.testing.assert_array_equal(digits.augment(pictures, Middle()), pictures)


def test_augmentation_turns_and_stretches_within_its_bounds():
    """A horizontal bar of 17 x 3 px: its direction by second moments, its length 12 standard deviations squared."""
    pictures = np.zeros((300, 28, 28), np.uint8)
    pictures[:, 13:16, 6:23] = 255
    before = pictures.copy()
    turned = digits.augment(pictures, np.random.default_rng(0)).astype(float)
    np.testing.assert_array_equal(pictures, before)
    y, x = np.indices((28, 28)) - 13.5
    mass = turned.sum(axis=(1, 2))
    mean_x, mean_y = (turned * x).sum((1, 2)) / mass, (turned * y).sum((1, 2)) / mass
    # The bar's centre (14.5, 14) - 13.5 is within 1.2 px of the picture's; turning keeps it so.
    assert np.hypot(mean_x, mean_y).max() < 1.3
    var_x = (turned * x**2).sum((1, 2)) / mass - mean_x**2
    var_y = (turned * y**2).sum((1, 2)) / mass - mean_y**2
    cov = (turned * x * y).sum((1, 2)) / mass - mean_x * mean_y
    angle_deg = np.degrees(np.arctan2(2 * cov, var_x - var_y)) / 2
    assert 10 < angle_deg.max() < 13.5 and -13.5 < angle_deg.min() < -10
    longest = np.sqrt(12 * ((var_x + var_y) / 2 + np.hypot((var_x - var_y) / 2, cov)))
    assert 17 * 0.88 < longest.min() < 17 * 0.93 and 17 * 1.07 < longest.max() < 17 * 1.12


@pytest.mark.parametrize("variant", VARIANTS)
def test_training_pictures_are_augmented_only_where_asked(variant):
    split = digits.Digits(blobs(6), np.array([0, 0, 0, 1, 1, 1]))
    config = DataConfig(variant=variant)
    plain, again, varied = (
        DigitPairs(split, config, 3, augment).batch(0, 4) for augment in (False, False, True)
    )
    np.testing.assert_array_equal(plain["image0"], again["image0"])
    np.testing.assert_array_equal(plain["label"], varied["label"])
    assert (plain["image0"] != varied["image0"]).any()


# Sources


def numbered(count):
    """Pictures that all differ: their number is written in their first two pixels."""
    pictures = np.zeros((count, 28, 28), np.uint8)
    pictures[:, 0, 0], pictures[:, 0, 1] = np.divmod(np.arange(count), 256)
    return pictures


def numbers(pictures):
    return pictures[:, 0, 0].astype(int) * 256 + pictures[:, 0, 1]


@pytest.fixture
def npz(tmp_path):
    """Writes an `.npz` of 120 training and 30 test pictures, with some arrays replaced."""

    def write(name="data.npz", save=np.savez, **replaced):
        pictures = numbered(150)
        arrays = {"x_train": pictures[:120], "y_train": np.arange(120) % 10}
        arrays |= {"x_test": pictures[120:], "y_test": np.arange(30) % 10}
        arrays = {key: value for key, value in {**arrays, **replaced}.items() if value is not None}
        save(tmp_path / name, **arrays)
        return tmp_path / name

    return write


def test_splits_share_no_digit_and_lose_none(npz):
    """A twelfth of 120 validates. The test digits stay the test split, in order."""
    splits = digits.load(npz(), seed=1)
    found = {name: numbers(split.images) for name, split in splits.items()}
    assert {name: len(n) for name, n in found.items()} == {"train": 110, "val": 10, "test": 30}
    assert sorted([*found["train"], *found["val"]]) == list(range(120))
    assert list(found["test"]) == list(range(120, 150))
    for name, split in splits.items():
        np.testing.assert_array_equal(split.labels, (found[name] - (120 if name == "test" else 0)) % 10)


def test_the_split_is_a_function_of_the_seed(npz):
    path = npz()
    one, same, other = (numbers(digits.load(path, seed)["val"].images) for seed in (1, 1, 2))
    assert list(one) == list(same) != list(other)


def test_the_embedded_digits_are_500_of_each_class_in_three_parts():
    splits = digits.load("digits", seed=4)
    assert [len(splits[name].labels) for name in ("train", "val", "test")] == [4125, 375, 500]
    images = np.concatenate([split.images for split in splits.values()])
    labels = np.concatenate([split.labels for split in splits.values()])
    assert images.dtype == np.uint8 and images.max() == 255 and images.shape == (5000, 28, 28)
    np.testing.assert_array_equal(np.bincount(labels), [500] * 10)
    assert len(np.unique(images.reshape(5000, -1), axis=0)) == 5000, "a digit twice could be in two splits"


def as_single_array(path):
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))


def damage_in_the_middle(path):
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half : half + 40] = bytes(40)
    path.write_bytes(content)


def damage_at_the_start_of_the_pictures(path):
    """The first byte of the first array: where it is compressed, a kind of block that does not exist."""
    content = bytearray(path.read_bytes())
    first = 30 + int.from_bytes(content[26:28], "little") + int.from_bytes(content[28:30], "little")
    content[first] = 7
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text("label,pixel0\n3,0\n"),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        damage_in_the_middle,
        damage_at_the_start_of_the_pictures,
        as_single_array,
    ],
    ids=["text", "empty", "truncated", "damaged inside", "damaged at the start", "one array"],
)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_file_that_is_no_npz_is_one_line(npz, save, damage):
    # Of few grey levels, so that they compress.
    pictures = np.random.default_rng(0).integers(0, 4, (120, 28, 28)).astype(np.uint8)
    path = npz(save=save, x_train=pictures)
    damage(path)
    with pytest.raises(InputError, match=r"is not an \.npz with x_train.*--data digits") as caught:
        digits.load(str(path))
    assert one_line(caught.value) and path.name in str(caught.value)
    assert "pickle" not in str(caught.value)


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"y_test": None}, "is not an .npz with x_train, y_train, x_test, y_test"),
        (
            {"x_train": numbered(120)[..., None]},
            r"expected x_train uint8 \(N, 28, 28\), received uint8 \(120, 28, 28, 1\)",
        ),
        ({"x_train": numbered(120)[:, :20, :20]}, r"expected x_train .* received uint8 \(120, 20, 20\)"),
        ({"x_test": numbered(30) / 255}, r"expected x_test uint8 .* received float64"),
        ({"y_train": np.arange(119)}, r"expected y_train int \(120,\), received int64 \(119,\)"),
        ({"y_train": np.eye(120, 10)}, r"expected y_train int \(120,\), received float64 \(120, 10\)"),
        ({"y_test": np.array(["a"] * 30)}, r"expected y_test int \(30,\), received <U1"),
        ({"y_train": np.array([{}] * 120)}, "is not an .npz with x_train"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_an_npz_that_is_not_mnist_says_what_it_has(npz, replaced, message):
    with pytest.raises(InputError, match=message) as caught:
        digits.load(str(npz(**replaced)))
    assert one_line(caught.value)


def test_a_missing_file_is_one_line(tmp_path):
    for path in (tmp_path / "gone.npz", tmp_path):
        with pytest.raises(InputError, match=r"No such data: .*--data digits") as caught:
            digits.load(str(path))
        assert one_line(caught.value)


def fake_tfds(monkeypatch, load):
    """Stands in for TensorFlow Datasets, which would look for a network."""
    module = types.SimpleNamespace(load=load, as_numpy=lambda splits: splits)
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", module)


@pytest.mark.parametrize(
    "failure", [ConnectionError("no route\nto host"), RuntimeError(), OSError(28, "No space")]
)
def test_mnist_without_a_network_says_what_to_use_instead(failure, monkeypatch):
    def load(*_, **__):
        raise failure

    fake_tfds(monkeypatch, load)
    with pytest.raises(InputError, match=r"--data digits.*--data PATH\.npz") as caught:
        digits.load("mnist")
    assert one_line(caught.value) and type(failure).__name__ in str(caught.value)


def test_mnist_without_its_package_says_what_to_install(without_modules):
    without_modules("tensorflow_datasets")
    with pytest.raises(InputError, match=r"tensorflow_datasets.*pip install") as caught:
        digits.load("mnist")
    assert one_line(caught.value)


def test_mnist_from_tensorflow_datasets_loses_its_channel(monkeypatch):
    def load(name, split, batch_size, as_supervised):
        assert (name, split, batch_size, as_supervised) == ("mnist", ["train", "test"], -1, True)
        pictures = numbered(36)[..., None]
        return (pictures[:24], np.arange(24) % 10), (pictures[24:], np.arange(12) % 10)

    fake_tfds(monkeypatch, load)
    splits = digits.load("mnist")
    assert {split.images.shape[1:] for split in splits.values()} == {(28, 28)}
    assert [len(splits[name].labels) for name in ("train", "val", "test")] == [22, 2, 12]
    assert sorted(numbers(splits["test"].images)) == list(range(24, 36))
