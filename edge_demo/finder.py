"""Finds things that it was shown, in pictures and in film: the whole program in two verbs, for programs.

Example:
    finder = Finder()                                    # the shipped model
    finder.add("mug", "mug.jpg")                         # a path or an array; several views: add again
    for found in finder("desk.jpg"):                     # best first
        print(found.name, found.score, found.same, found.box_px, found.outline_px)

    with open_source("0") as camera:
        for frame, found in finder.follow(camera):
            show(draw(frame, found, colors=finder.colors))
"""

from __future__ import annotations

import math
import numbers
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge_demo.camera.frames import Frame
from edge_demo.console import one_line
from edge_demo.effort import EFFORTS, NORMAL
from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.palette import Color
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.still import match_still
from edge_demo.level import LEVEL
from edge_demo.model.alignment.outline import OFF, OUTLINES
from edge_demo.model.description import hash_of
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import ObjectMatch
from edge_demo.model.preprocess import read_picture
from edge_demo.model.regions import piece_of
from edge_demo.model.shipped import chosen
from edge_demo.model.threads import MOST as MOST_THREADS
from edge_demo.results.smoothing import Smoothing, at_level

if TYPE_CHECKING:
    import supervision

Picture = np.ndarray | str | os.PathLike  # (H, W, 3) uint8, BGR, as OpenCV has it; or a file


class Finder:
    """Things, and what finds them. Several threads may use one; they take turns.

    Args:
        model: a `.tflite` file; None: the one that ships.
        gallery: a folder in which the things are kept; None: they last as long as this.
        threads: of the model.
        outline: of what is found, "off", "flat" or "bent".
        kinds: whether another one of the kind counts as the thing.
        effort: how much time goes into looking, "quick", "normal" or "thorough".
        level: score in [0, 1] from which something is a match; in a film it appears 0.1 above and goes 0.1 below.

    Raises:
        EdgeError: for a model or a gallery that can't be used, or an argument that is not as above.
    """

    def __init__(
        self,
        model: str | os.PathLike | None = None,
        gallery: str | os.PathLike | None = None,
        threads: int = 1,
        outline: str = OFF,
        kinds: bool = False,
        effort: str = NORMAL,
        level: float = LEVEL / 100,
    ):
        for file, what in ((model, "a model's"), (gallery, "a gallery's")):
            _expect(file is None or isinstance(file, (str, os.PathLike)), f"{what} path, or None", file)
        whole = isinstance(threads, numbers.Integral)
        _expect(whole and 1 <= threads <= MOST_THREADS, f"1 to {MOST_THREADS} threads", threads)
        for word, words, what in ((outline, (OFF, *OUTLINES), "outline"), (effort, EFFORTS, "effort")):
            _expect(isinstance(word, str) and word in words, f"an {what} of {', '.join(words)}", word)
        _expect(isinstance(level, numbers.Real) and 0 <= level <= 1, "a level in [0, 1]", level)
        self._turn = threading.Lock()  # the model is one, and a call writes where others read
        path = chosen(None if model is None else Path(model))
        self._matcher, self._effort = Matcher(path, threads, outline, kinds), effort
        self._level = level
        kept = None if gallery is None else Gallery(gallery, self._matcher, hash_of(path))
        self._objects = Objects(self._matcher, kept)

    @property
    def names(self) -> list[str]:
        """Of the things."""
        return [known.name for known in self._objects.known]

    @property
    def colors(self) -> dict[str, Color]:
        """Of the things, BGR, for `draw`."""
        return {known.name: known.color for known in self._objects.known}

    def add(self, name: str, picture: Picture) -> str:
        """Shows it a thing, which fills the picture, or one more view of it.

        Returns:
            The name that results have, which may lack what no file can be called by.

        Raises:
            EdgeError: for a picture that can't be used, or a name of which nothing is left.
        """
        _expect_name(name)
        picture_bgr_u8 = _read(picture)
        with self._turn:
            return self._objects.add(name, picture_bgr_u8).name

    def not_this(self, what: str | ObjectMatch, picture: Picture) -> None:
        """Shows it a counter-example: what is nearer to that than to the thing as it was shown is no match from now on.

        Args:
            what: that was found in the picture, by mistake; or the name of a thing, where another one fills the picture.
            picture: as it was searched.

        Raises:
            EdgeError: if there is no such thing, or for a picture that can't be used.

        Example:
            for found in finder(frame):
                if not is_mine(found):
                    finder.not_this(found, frame)
        """
        frame_bgr_u8 = _read(picture)
        if isinstance(what, ObjectMatch):
            _expect(what.box_px is not None, "what was found somewhere", what)
            name, picture_bgr_u8 = what.name, piece_of(frame_bgr_u8, what.box_px)
        else:
            _expect_name(what)
            name, picture_bgr_u8 = what, frame_bgr_u8
        with self._turn:
            self._objects.not_this(name, picture_bgr_u8)

    def remove(self, name: str) -> None:
        """Forgets a thing, in its gallery, too.

        Raises:
            EdgeError: if there is none of this name.
        """
        _expect_name(name)
        with self._turn:
            self._objects.delete(name)

    def __call__(self, picture: Picture, absent: bool = False) -> list[ObjectMatch]:
        """Searches a picture everywhere, for all things.

        Args:
            picture: to be searched.
            absent: whether things that are not there are in the list, too, one entry for each.

        Returns:
            Every place where one of them is, the surest first.

        Raises:
            EdgeError: for a picture that can't be used.
        """
        frame_bgr_u8 = _read(picture)
        with self._turn:
            result = match_still(self._matcher, frame_bgr_u8, self._objects.known, self._effort)
        return _listed(at_level(result, self._level).objects, absent)

    def follow(
        self,
        frames: Iterable[np.ndarray | Frame],
        fps: float | None = None,
        absent: bool = False,
    ) -> Iterator[tuple[np.ndarray, list[ObjectMatch]]]:
        """Finds the things in a film, frame by frame; results are steadied, so that boxes don't jump.

        Things may be added and removed meanwhile.

        Args:
            frames: (H, W, 3) uint8, BGR, in order; or a source, as `open_source` opens it.
            fps: of arrays that don't come as they are taken; None: the clock says when a frame is.
            absent: as for a picture.

        Yields:
            The frame, (H, W, 3) uint8, and what is in it, the surest first.

        Raises:
            EdgeError: for a frame that is no picture, or a rate that is none.
        """
        is_rate = fps is None or (isinstance(fps, numbers.Real) and 0 < fps < math.inf)
        _expect(is_rate, "fps above 0, or None", fps)
        pursuit, smoothing = Pursuit(self._matcher, self._effort), Smoothing(self._level)
        for number, frame in enumerate(frames):
            if isinstance(frame, Frame):
                if frame.stale:
                    continue
                picture, time_s = frame.frame_bgr_u8, frame.time_s
            else:
                picture, time_s = _checked(frame), time.monotonic() if fps is None else number / fps
            with self._turn:
                result = pursuit.match(picture, self._objects.known, time_s)
            yield picture, _listed(smoothing.update(result, time_s).objects, absent)


def to_supervision(found: Sequence[ObjectMatch]) -> supervision.Detections:
    """What was found, as boxes for the library supervision, to be counted, tracked, or drawn by it.

    Args:
        found: as a `Finder` lists it; what is nowhere is left out.

    Returns:
        `supervision.Detections` with `xyxy`, `confidence`, `class_id`, and the names in `data["class_name"]`; the number of a class is
        that of its name among those found, in order of the alphabet.

    Raises:
        EdgeError: if supervision is not installed.
    """
    try:
        import supervision
    except ImportError as error:
        raise EdgeError(
            f"Expected the package supervision, received: {error}. Install it with: pip install supervision"
        ) from None
    boxed = [one for one in found if one.box_px is not None]
    if not boxed:
        return supervision.Detections.empty()
    names = np.array([one.name for one in boxed])
    return supervision.Detections(
        xyxy=np.array([one.box_px for one in boxed], np.float32),
        confidence=np.array([one.score for one in boxed], np.float32),
        class_id=np.unique(names, return_inverse=True)[1],
        data={"class_name": names},
    )


def _listed(objects: Sequence[ObjectMatch], absent: bool) -> list[ObjectMatch]:
    places = [place for item in objects if item.match or absent for place in item.places]
    return sorted(places, key=lambda one: (-one.match, -one.score, -one.kind_score))


def _read(picture: Picture) -> np.ndarray:
    # By its kind, as a number would be taken for an open file.
    return read_picture(picture) if isinstance(picture, (str, os.PathLike)) else _checked(picture)


def _checked(picture: np.ndarray) -> np.ndarray:
    _expect(isinstance(picture, np.ndarray), "a picture, as an array or a path", picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise EdgeError(
            f"Expected a picture (H, W, 3) uint8, BGR, received {picture.shape} {picture.dtype}. Convert it with cv2.cvtColor."
        )
    return picture


def _expect_name(name: str) -> None:
    _expect(isinstance(name, str), "the name of a thing", name)


def _expect(fits: bool, what: str, received: object) -> None:
    if not fits:
        raise EdgeError(f"Expected {what}, received: {one_line(repr(received)):.80}.")
