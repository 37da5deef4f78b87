"""getnet_tf.data.cutout: masks of shapes known by hand, and pictures that have none."""

import cv2
import numpy as np
import pytest

from getnet_tf.data.cutout import alpha_box, object_mask, tight_crop

H, W = 120, 160


def disk(height=H, width=W, centre=(84, 61), radius=38):
    """(H, W) bool."""
    y, x = np.indices((height, width))
    return (x - centre[0]) ** 2 + (y - centre[1]) ** 2 <= radius**2


def painted(shape, colour, background):
    """`shape` in one colour on `background`, a colour or a picture."""
    picture = np.empty((*shape.shape, 3), np.uint8)
    picture[:] = background
    picture[shape] = colour
    return picture


def foliage(height=H, width=W, seed=0):
    """Many greens, nowhere plain."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 90, (height // 8, width // 8, 3)) + np.array([20, 90, 10])
    return cv2.resize(cells.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)


def overlap(alpha, shape):
    """IoU of alpha > 0.5 and the true shape."""
    found = alpha > 0.5
    return np.count_nonzero(found & shape) / np.count_nonzero(found | shape)


@pytest.mark.parametrize("background", [255, 0, (200, 60, 40)], ids=["white", "black", "coloured"])
def test_a_disk_on_a_plain_background_is_cut_out_to_about_a_pixel(background):
    picture = painted(disk(), (30, 120, 220), background)
    before = picture.copy()
    alpha = object_mask(picture)
    assert alpha.shape == (H, W) and alpha.dtype == np.float32
    assert alpha.min() == 0 and alpha.max() == 1 and np.any((alpha > 0.2) & (alpha < 0.8)), (
        "the edge is feathered"
    )
    assert overlap(alpha, disk()) > 0.94
    np.testing.assert_allclose(alpha_box(alpha), [46, 23, 123, 100], atol=1.01)
    np.testing.assert_array_equal(picture, before)


def test_a_disk_before_foliage_is_cut_out():
    alpha = object_mask(painted(disk(), (210, 40, 60), foliage()))
    assert overlap(alpha, disk()) > 0.9


def test_soft_noise_on_a_plain_background_changes_little(rng):
    picture = painted(disk(), (30, 120, 220), 235).astype(float) + rng.normal(0, 3, (H, W, 3))
    assert overlap(object_mask(np.clip(picture, 0, 255).astype(np.uint8)), disk()) > 0.92


def test_the_inside_of_the_backgrounds_colour_stays():
    """A ring on white: what the flood does not reach belongs to the object."""
    ring = disk() & ~disk(radius=20)
    assert overlap(object_mask(painted(ring, (30, 120, 220), 255)), disk()) > 0.94


def test_an_object_that_runs_out_of_the_picture_is_cut_out():
    post = np.zeros((H, W), bool)
    post[30:, 60:100] = True
    assert overlap(object_mask(painted(post, (90, 60, 30), 250)), post) > 0.93


def test_grey_pictures_have_masks_too():
    assert overlap(object_mask(painted(disk(), 60, 200)), disk()) > 0.94


def test_a_large_picture_gives_a_mask_of_its_size():
    shape = disk(1500, 2100, (1000, 700), 500)
    assert overlap(object_mask(painted(shape, (30, 120, 220), 255)), shape) > 0.97


def test_the_mask_does_not_depend_on_opencvs_random_state():
    """A disk of many colours before foliage: an unseeded GrabCut draws its outline in several ways."""
    spots = np.random.default_rng(1).integers(60, 256, (30, 40, 3)).astype(np.uint8)
    spots = cv2.resize(spots, (W, H))
    picture = painted(disk(), spots[disk()], foliage(seed=1))
    masks = []
    for state in (1, 1001, 2001, 3001):
        cv2.setRNGSeed(state)
        masks.append(object_mask(picture))
    assert all(np.array_equal(mask, masks[0]) for mask in masks) and overlap(masks[0], disk()) > 0.8


NO_OBJECT = {
    "blank": np.full((H, W, 3), 128, np.uint8),
    "tiny": np.full((9, 9, 3), 255, np.uint8),
    "a line": np.full((2000, 30, 3), 255, np.uint8),
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "foliage": foliage(),
    "a speck": painted(disk(radius=12), 0, 255),
    "nearly all": painted(~disk(radius=18, centre=(80, 0)), 0, 255),
    "two of a size": painted(disk(centre=(45, 60), radius=25) | disk(centre=(115, 60), radius=25), 0, 255),
    "noise": np.random.default_rng(0).integers(0, 256, (H, W, 3)).astype(np.uint8),
}


@pytest.mark.parametrize("picture", NO_OBJECT.values(), ids=NO_OBJECT)
def test_what_has_no_single_object_has_no_mask(picture):
    assert object_mask(picture) is None


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((H, W), np.uint8),
        np.zeros((H, W, 4), np.uint8),
        np.zeros((H, W, 3)),
        np.zeros((0, W, 3), np.uint8),
        None,
    ],
)
def test_what_is_no_picture_says_so(picture):
    with pytest.raises(ValueError, match=r"Expected \(H, W, 3\) uint8 RGB\. Received: "):
        object_mask(picture)


def test_the_tight_crop_is_the_box_of_the_mask():
    """Columns 3 ... 6 and rows 2 ... 3 of 5 x 9 pixels; 0.5 itself is outside."""
    alpha = np.zeros((5, 9), np.float32)
    alpha[2:4, 3:7], alpha[0, 0] = 0.6, 0.5
    picture = np.arange(5 * 9 * 3, dtype=np.uint8).reshape(5, 9, 3)
    assert list(alpha_box(alpha)) == [3, 2, 7, 4]
    for margin, rows, columns in ((0, slice(2, 4), slice(3, 7)), (2, slice(0, 5), slice(1, 9))):
        crop, mask = tight_crop(picture, alpha, margin)
        np.testing.assert_array_equal(crop, picture[rows, columns])
        np.testing.assert_array_equal(mask, alpha[rows, columns])


def test_a_crop_without_an_object_or_of_another_size_says_so():
    picture = np.zeros((5, 9, 3), np.uint8)
    with pytest.raises(ValueError, match=r"never|nowhere"):
        tight_crop(picture, np.zeros((5, 9), np.float32))
    with pytest.raises(ValueError, match=r"\(5, 9\), received \(9, 5\)"):
        tight_crop(picture, np.ones((9, 5), np.float32))
    assert alpha_box(np.zeros((5, 9))) is None
