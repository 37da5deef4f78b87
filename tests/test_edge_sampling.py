"""edge_demo.model.sampling: the target area out of the frame, held against the training side's sampler and against areas by hand."""

import cv2
import numpy as np
import pytest

from edge_demo.model.sampling import sample_area

THETAS = {
    "translation": [0.3, -0.2],
    "attention": [0.5, 0.2, -0.3],
    "box": [0.4, 0.6, -0.3, 0.2],
    "similarity": [0.5, 0.6, 0.1, -0.1],
    "affine": [0.5, 0.2, 0.1, -0.1, 0.6, -0.2],
}


def smooth(rng, hw):
    return cv2.resize(rng.integers(0, 256, (5, 7, 3), np.uint8), hw[::-1], interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("kind", THETAS)
def test_a_frame_of_the_networks_size_is_sampled_as_the_network_samples(kind, rng):
    """Eq. 4-5 in TensorFlow; OpenCV interpolates in steps of 1/32 pixel, and rounds to 8 bits."""
    from getnet_tf import geometry

    frame, theta = smooth(rng, (40, 60)), np.array(THETAS[kind], np.float32)
    crop_hw = (40, 60) if kind == "translation" else (30, 45)
    expected = geometry.sample(frame[None].astype(np.float32), theta[None], kind, crop_hw)[0]
    found = sample_area(frame, theta, kind, (40, 60), crop_hw).astype(float)
    inside = np.asarray(expected) > 0  # at the frame's border one fades to black, the other does not
    assert np.abs(found - expected)[inside].mean() < 2.0
    assert np.percentile(np.abs(found - expected)[inside], 95) < 6


def test_a_box_of_whole_pixels_is_cut_out_as_it_is(rng):
    """The network's image has 11 x 21 pixels. Its box from (3, 2) to (15, 8) is the middle of theta; the frame is five times
    as large, and so is the crop: every pixel of the frame is one of the crop's."""
    frame = smooth(rng, (55, 105))
    crop = frame[10:40, 15:75]
    # Centres of the outer crop pixels lie half a crop pixel inside the box, so half a fifth of an image pixel.
    low, high = np.array([3, 2]) - 0.5 + 0.1, np.array([15, 8]) - 0.5 - 0.1
    norm = np.array([20, 10]) / 2
    scale, shift = (high - low) / 2 / norm, ((high + low) / 2 - norm) / norm
    found = sample_area(frame, np.array([*scale, *shift]), "box", (11, 21), (30, 60))
    assert np.abs(found.astype(int) - crop).max() <= 1


def test_outside_the_frame_is_black():
    frame = np.full((50, 50, 3), 200, np.uint8)
    found = sample_area(frame, np.array([1.0, 1.0, 1.0, 0.0]), "box", (50, 50), (20, 20))
    assert (found[:, :10] == 200).all() and (found[:, 10:] == 0).all()  # its middle column lies on the border


@pytest.mark.parametrize("kind, theta", [("box", [1.0, 1.0, 0.0, 0.0]), ("similarity", [1.0, 0.3, 0.0, 0.0])])
def test_what_is_much_finer_than_the_crop_is_averaged(kind, theta):
    """A chessboard of single pixels is gray from afar; without averaging it would be black and white."""
    frame = np.indices((320, 480)).sum(axis=0) % 2 * 255
    frame = np.repeat(frame[:, :, None], 3, axis=2).astype(np.uint8)
    found = sample_area(frame, np.array(theta), kind, (32, 48), (32, 48))[12:20, 18:30].astype(float)
    assert np.abs(found - 127.5).max() < 20
