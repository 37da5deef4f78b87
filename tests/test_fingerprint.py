"""getnet_tf.data.fingerprint: equal pixels are equal, altered copies are near, different pictures are neither."""

import cv2
import numpy as np
import pytest
from photo_files import colours, write_picture

from getnet_tf.data import fingerprint
from getnet_tf.data.fingerprint import difference_hash, fingerprints, near_pairs


def test_the_bits_of_the_hash_by_hand():
    """Cells of one pixel each, 9 wide. The first row rises: eight ones; the second falls: none; the third rises once."""
    cells = np.full((8, 9), 100, np.uint8)
    cells[0] = np.arange(9) * 10
    cells[1] = 200 - np.arange(9) * 10
    cells[2, 1:] = 101
    expected = (0b11111111 << 56) | (0b10000000 << 40)
    assert difference_hash(np.repeat(cells[:, :, None], 3, axis=2)) == expected


def test_equal_pixels_are_equal_in_any_lossless_format(tmp_path):
    paths = [
        write_picture(tmp_path / name, seed) for name, seed in [("a.png", 0), ("b.bmp", 0), ("c.png", 1)]
    ]
    exact = fingerprints(paths).exact
    assert exact[0] == exact[1] != exact[2]


def test_the_same_pixels_in_another_shape_differ(tmp_path):
    for name, hw in (("a.png", (10, 20)), ("b.png", (20, 10))):
        cv2.imwrite(str(tmp_path / name), np.zeros((*hw, 3), np.uint8))
    exact = fingerprints([tmp_path / "a.png", tmp_path / "b.png"]).exact
    assert exact[0] != exact[1]


def saved(path, picture, **quality):
    cv2.imwrite(str(path), picture[:, :, ::-1], *quality.values())
    return path


ALTERED = {
    "saved again": lambda picture, path: saved(path, picture, quality=[cv2.IMWRITE_JPEG_QUALITY, 40]),
    "smaller": lambda picture, path: saved(path, cv2.resize(picture, (40, 30), interpolation=cv2.INTER_AREA)),
    "brighter": lambda picture, path: saved(path, cv2.add(picture, np.full_like(picture, 6))),
    "cut": lambda picture, path: saved(path, picture[1:, 1:]),
}


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_copy_is_near_and_others_are_not(name, tmp_path):
    pictures = [colours(seed, (60, 80)) for seed in range(20)]
    originals = fingerprints([saved(tmp_path / f"{i}.png", picture) for i, picture in enumerate(pictures)])
    altered = [ALTERED[name](picture, tmp_path / f"altered-{i}.jpg") for i, picture in enumerate(pictures)]
    copies = fingerprints(altered)
    assert not set(originals.exact) & set(copies.exact)
    np.testing.assert_array_equal(near_pairs(originals, copies), [(i, i) for i in range(20)])


def test_plain_pictures_of_different_colour_are_not_near(tmp_path):
    """All their hashes are zero: the look tells them apart."""
    paths = [
        saved(tmp_path / f"{level}.png", np.full((20, 20, 3), level, np.uint8)) for level in (0, 10, 40, 255)
    ]
    prints = fingerprints(paths)
    assert not prints.difference_hash.any()
    found = near_pairs(prints, prints)
    assert found.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 2], [3, 3]]


def test_blocks_change_nothing(tmp_path, monkeypatch):
    prints = fingerprints([write_picture(tmp_path / f"{seed}.png", seed // 2) for seed in range(7)])
    expected = near_pairs(prints, prints)
    assert len(expected) == 13  # three twins, four pairs each, and a single
    monkeypatch.setattr(fingerprint, "BLOCK", 2)
    np.testing.assert_array_equal(near_pairs(prints, prints), expected)


def test_of_nothing_comes_nothing(tmp_path):
    none, one = fingerprints([]), fingerprints([write_picture(tmp_path / "a.png")])
    assert near_pairs(none, one).shape == near_pairs(one, none).shape == (0, 2)
