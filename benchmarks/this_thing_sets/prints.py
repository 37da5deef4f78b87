"""Flat prints, drawn: cards, labels, covers. Nothing is reported on them; something is learned from them.

A look-alike is the same print with one of its marks changed: another letter, another number of pips, another form or colour there. In
the frame prints lie among others, tilted and turned by any angle; the picture without the thing shows the look-alike among the same.
"""

import dataclasses
import string

import cv2
import numpy as np
from frozen_scenes import bgr

from getnet_tf.data.appearance import relit
from getnet_tf.data.clutter import piece_of
from getnet_tf.data.scenes import compose
from this_thing_sets.rendered import LIGHT, MARGIN, REFERENCE_PX, SCENE
from this_thing_sets.trial import Trial

ROW = "prints"
LONGER_PX = 416  # of a print
ASPECT = 1.7  # of a print, at most, to either side
MARKS = (2, 6)
OTHERS = (2, 4)  # prints beside the one wanted, the look-alike among them
TILTED, TILTED_REFERENCE = 0.14, 0.04  # how far a corner moves at most, share of the sides
LETTERS = string.ascii_uppercase + string.digits
FORMS = ("text", "pips", "disc", "box", "star", "bars")
PALE = 0.5  # of the prints, those on nearly white
SEEDS = {"train": 21, "val": 22}


@dataclasses.dataclass(frozen=True)
class Mark:
    """Something on a print; places and sizes are shares of its sides."""

    form: str  # of `FORMS`
    middle: tuple  # (x, y)
    size: float
    colour: tuple  # RGB
    letters: str  # of a text
    count: int  # of pips, points or bars
    font: int  # of OpenCV's


@dataclasses.dataclass(frozen=True)
class Print:
    """A print: (width, height) in pixels, the colour of its paper and of its rim, and its marks."""

    wh: tuple
    paper: tuple
    rim: tuple
    marks: tuple


def trial(backgrounds, seed):
    """One `Trial`, a function of its arguments."""
    rng = np.random.default_rng(seed)
    wanted = drawn_print(rng)
    alike = with_another_mark(wanted, rng)
    count = rng.integers(OTHERS[0], OTHERS[1] + 1) - 1
    others = [tilted(drawn_print(rng), TILTED, rng.uniform(0, 360), rng) for _ in range(count)]
    others.insert(rng.integers(count + 1), tilted(alike, TILTED, rng.uniform(0, 360), rng))
    place = rng.integers(len(others) + 1)
    things = [*others[:place], tilted(wanted, TILTED, rng.uniform(0, 360), rng), *others[place:]]
    present = compose(backgrounds[rng.integers(len(backgrounds))], things, SCENE, rng)
    absent = compose(backgrounds[rng.integers(len(backgrounds))], others, SCENE, rng)
    shown = reference(wanted, backgrounds, rng)
    return Trial(ROW, bgr(shown), bgr(present.image), present.boxes[place], bgr(absent.image))


def drawn_print(rng):
    """A `Print` of no meaning."""
    aspect = np.exp(rng.uniform(-1, 1) * np.log(ASPECT))
    wh = np.rint(LONGER_PX * np.array([min(aspect, 1), min(1 / aspect, 1)])).astype(int)
    paper = rng.uniform(215, 255, 3) if rng.random() < PALE else rng.uniform(0, 255, 3)
    marks = tuple(drawn_mark(rng) for _ in range(rng.integers(MARKS[0], MARKS[1] + 1)))
    return Print(tuple(wh.tolist()), tuple(paper), tuple(rng.uniform(0, 255, 3)), marks)


def drawn_mark(rng):
    """A `Mark` somewhere."""
    letters = "".join(rng.choice(list(LETTERS), rng.integers(1, 6)))
    middle, colour = tuple(rng.uniform(0.15, 0.85, 2)), tuple(rng.uniform(0, 255, 3))
    form = FORMS[rng.integers(len(FORMS))]
    return Mark(
        form, middle, rng.uniform(0.12, 0.5), colour, letters, int(rng.integers(2, 11)), int(rng.integers(8))
    )


def with_another_mark(own, rng):
    """The same print but for a mark: its letters and number, its colour, or all of it are others."""
    marks, which, other = list(own.marks), rng.integers(len(own.marks)), drawn_mark(rng)
    mark = marks[which]
    changes = [
        {
            "letters": other.letters[: len(mark.letters)].ljust(len(mark.letters), "X"),
            "count": 13 - mark.count,
        },
        {"colour": other.colour},
        {name: getattr(other, name) for name in ("form", "letters", "count", "colour", "font")},
    ]
    marks[which] = dataclasses.replace(mark, **changes[rng.integers(len(changes))])
    return dataclasses.replace(own, marks=tuple(marks))


def painted(own):
    """The picture of a print: (h, w, 3) uint8."""
    w, h = own.wh
    picture = np.empty((h, w, 3), np.uint8)
    picture[:] = own.paper
    cv2.rectangle(picture, (0, 0), (w - 1, h - 1), own.rim, max(w // 40, 1))
    for mark in own.marks:
        _put(picture, mark)
    return picture


def _put(picture, mark):
    sides = np.array(picture.shape[1::-1])
    middle, half = np.array(mark.middle) * sides, mark.size * sides.min() / 2
    x, y = np.rint(middle).astype(int).tolist()
    if mark.form == "text":
        thickness = max(int(half / 12), 1)
        (w, h), _ = cv2.getTextSize(mark.letters, mark.font, 1.0, thickness)
        scale = 2 * half / max(h, w / 2)
        corner = (round(x - w * scale / 2), round(y + h * scale / 2))
        cv2.putText(picture, mark.letters, corner, mark.font, scale, mark.colour, thickness, cv2.LINE_AA)
    elif mark.form == "pips":
        for number in range(mark.count):
            row, column = divmod(number, 3)
            at = middle + np.array([column - 1, row - 1]) * half * 0.6
            cv2.circle(
                picture,
                np.rint(at).astype(int).tolist(),
                max(int(half * 0.2), 2),
                mark.colour,
                -1,
                cv2.LINE_AA,
            )
    elif mark.form == "disc":
        cv2.circle(picture, (x, y), max(int(half), 2), mark.colour, -1, cv2.LINE_AA)
    elif mark.form == "box":
        low, high = (
            np.rint(middle + side * np.array([1, 0.6])).astype(int).tolist() for side in (-half, half)
        )
        cv2.rectangle(picture, low, high, mark.colour, -1)
    elif mark.form == "star":
        angle = np.arange(2 * mark.count + 2) * np.pi / (mark.count + 1)
        radius = np.where(np.arange(len(angle)) % 2, 0.45, 1.0) * half
        points = middle + np.stack([np.sin(angle), -np.cos(angle)], axis=1) * radius[:, None]
        cv2.fillPoly(picture, [np.rint(points).astype(np.int32)], mark.colour, cv2.LINE_AA)
    else:
        for number in range(mark.count):
            left = round(x - half + 2 * half * number / mark.count)
            right = round(left + half / mark.count)
            cv2.rectangle(picture, (left, round(y - half / 2)), (right, round(y + half / 2)), mark.colour, -1)


def tilted(own, most, angle_deg, rng):
    """(picture, alpha) of a print seen from aside and turned: its corners move by at most that share of its sides."""
    picture = painted(own)
    sides = np.array(own.wh, float)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * sides / 2
    moved = corners + rng.uniform(-most, most, (4, 2)) * sides
    angle = np.deg2rad(angle_deg)
    turned = moved @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned -= turned.min(axis=0)
    wh = np.ceil(turned.max(axis=0)).astype(int) + 1
    homography = cv2.getPerspectiveTransform(
        (corners + sides / 2).astype(np.float32), turned.astype(np.float32)
    )
    picture = cv2.warpPerspective(picture, homography, wh.tolist(), borderMode=cv2.BORDER_REPLICATE)
    alpha = np.zeros(wh[::-1], np.uint8)
    cv2.fillConvexPoly(alpha, np.rint(turned).astype(np.int32), 255)
    return picture, alpha.astype(np.float32) / np.float32(255)


def reference(own, backgrounds, rng):
    """A picture (h, w, 3) uint8 of a print on a background, cut close around it."""
    picture, alpha = tilted(own, TILTED_REFERENCE, 0.0, rng)
    factor = REFERENCE_PX * (1 - MARGIN) / max(alpha.shape)
    wh = tuple(max(round(length * factor), 8) for length in alpha.shape[::-1])
    picture, alpha = (cv2.resize(part, wh, interpolation=cv2.INTER_AREA) for part in (picture, alpha))
    behind = piece_of(backgrounds[rng.integers(len(backgrounds))], 0.5, wh, rng)
    mixed = behind + alpha[..., None] * (picture.astype(np.float32) - behind)
    return relit(np.rint(mixed).astype(np.uint8), LIGHT, rng)
