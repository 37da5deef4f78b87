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

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge_demo.camera.frames import Frame
from edge_demo.effort import EFFORTS, NORMAL
from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.objects import Objects
from edge_demo.gallery.palette import Color
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.still import match_still
from edge_demo.model.alignment.outline import OFF
from edge_demo.model.description import hash_of
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import ObjectMatch
from edge_demo.model.preprocess import read_picture
from edge_demo.model.regions import piece_of
from edge_demo.model.shipped import chosen
from edge_demo.results.smoothing import Smoothing
from edge_demo.watch import LEVEL

if TYPE_CHECKING:
    import supervision

Picture = np.ndarray | str | os.PathLike  # (H, W, 3) uint8, BGR, as OpenCV has it; or a file


class Finder:
    """Things, and what finds them.

    Args:
        model: a `.tflite` file; None: the one that ships.
        gallery: a folder in which the things are kept; None: they last as long as this.
        threads: of the model.
        outline: of what is found, "off", "flat" or "bent".
        kinds: whether another one of the kind counts as the thing.
        effort: how much time goes into looking, "quick", "normal" or "thorough".

    Raises:
        EdgeError: for a model or a gallery that can't be used, or an unknown effort.
    """

    def __init__(
        self,
        model: str | os.PathLike | None = None,
        gallery: str | os.PathLike | None = None,
        threads: int = 1,
        outline: str = OFF,
        kinds: bool = False,
        effort: str = NORMAL,
    ):
        if effort not in EFFORTS:
            raise EdgeError(f"Expected an effort of {', '.join(EFFORTS)}, received: {effort!r:.80}.")
        path = chosen(None if model is None else Path(model))
        self._matcher, self._effort = Matcher(path, threads, outline, kinds), effort
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
        return self._objects.add(name, _read(picture)).name

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
        if isinstance(what, str):
            self._objects.not_this(what, frame_bgr_u8)
        else:
            self._objects.not_this(what.name, piece_of(frame_bgr_u8, what.box_px))

    def remove(self, name: str) -> None:
        """Forgets a thing, in its gallery, too.

        Raises:
            EdgeError: if there is none of this name.
        """
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
        return _listed(
            match_still(self._matcher, _read(picture), self._objects.known, self._effort).objects, absent
        )

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
        """
        pursuit, smoothing = Pursuit(self._matcher, self._effort), Smoothing(LEVEL / 100)
        for number, frame in enumerate(frames):
            if isinstance(frame, Frame):
                if frame.stale:
                    continue
                picture, time_s = frame.frame_bgr_u8, frame.time_s
            else:
                picture, time_s = _checked(frame), time.monotonic() if fps is None else number / fps
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
    return _checked(picture) if isinstance(picture, np.ndarray) else read_picture(picture)


def _checked(picture: np.ndarray) -> np.ndarray:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise EdgeError(
            f"Expected a picture (H, W, 3) uint8, BGR, received {picture.shape} {picture.dtype}. Convert it with cv2.cvtColor."
        )
    return picture
