"""Tiny pictures for the tests of photo data: smooth colours, another one for every seed."""

import pathlib

import cv2
import numpy as np


def colours(seed, hw=(20, 30)):
    """(H, W, 3) uint8, RGB: a few random colours, blended."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    return cv2.resize(coarse, hw[::-1], interpolation=cv2.INTER_CUBIC)


def write_picture(path, seed=0, hw=(20, 30)):
    """Writes `colours(seed, hw)` as a file of the kind that the suffix says; returns its path as text."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = cv2.imencode(path.suffix.lower(), colours(seed, hw)[:, :, ::-1])[1]
    path.write_bytes(content.tobytes())
    return str(path)


def write_classes(root, counts):
    """Class folders of different pictures: `{"cup": 3, "tool/saw": 2}`; a picture's seed is its place in all."""
    seed = 0
    for name, count in counts.items():
        for i in range(count):
            write_picture(root / name / f"{i}.png", seed)
            seed += 1
    return root


def write_pairs(root, groups):
    """Groups of four pictures, in a ring of two pairs of each label, and `pairs.csv`, whose path it returns."""
    lines = ["image0,image1,label"]
    for n in range(groups):
        for i, label in enumerate((1, 0, 1, 0)):
            write_picture(root / f"{n}-{i}.png", 4 * n + i)
            lines.append(f"{n}-{i}.png,{n}-{(i + 1) % 4}.png,{label}")
    path = root / "pairs.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
