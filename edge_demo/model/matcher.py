"""The matcher: the only reader of `.tflite` files.

Each reference is described once, before. A frame is seen once, however many references there are; how it is searched for
each of them is `search`'s. The distance of the two embeddings becomes a score of the kind by the calibration curve in the model's
metadata; whether what was found is this one, `layout` says, if the model can tell.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import time
from collections.abc import Sequence

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edge_demo.errors import EdgeError
from edge_demo.model import metadata as model_metadata
from edge_demo.model.alignment.aligner import Aligner
from edge_demo.model.alignment.area import area_of
from edge_demo.model.alignment.outline import OFF, OUTLINES, outline_in
from edge_demo.model.geometry import box_from_theta
from edge_demo.model.layout.cells import TELL, CellReader
from edge_demo.model.layout.layout import Layout
from edge_demo.model.memory import check_room_for
from edge_demo.model.object_match import Box, MatchResult, ObjectMatch
from edge_demo.model.preprocess import reference_to_input
from edge_demo.model.reference import Reference
from edge_demo.model.search import InOneGo, Place, search_of
from edge_demo.model.signature import LITERT_ERRORS, Signature
from edge_demo.model.this_one import looked, not_of_its_kind
from edge_demo.model.turns import Turns
from edge_demo.native_log import stderr_without_information
from edge_demo.native_path import native_path

MIN_CONTRAST = 8 / 255  # a reference below it is blank: a covered lens, a wall, an empty canvas


@dataclasses.dataclass(frozen=True)
class Found:
    """Where the model looked in a frame, and what it saw there."""

    theta: np.ndarray | None  # (P,) float32; None if it locates nothing
    embedding: np.ndarray  # (E,) float32
    box_px: Box  # (xmin, ymin, xmax, ymax), pixels of the frame


class Matcher:
    """A loaded model.

    Args:
        path: of a `.tflite` file with our metadata inside.
        num_threads: of the interpreter.
        outline: of matches, "off" or a key of `OUTLINES`.
        kinds: whether one of the kind is asked for alone, even of a file that can tell this one from others.

    Attributes:
        aligner: of a file that can align.
        layout: of a file that can tell this one from others of its kind, if that is asked for.
        outline: as given.

    Raises:
        EdgeError: if the file is no such model, there is no memory for it, its signatures and its metadata disagree, or it can't align and should.
        OSError: if there is no descriptor left to open it with.
        ValueError: for an unknown kind of outline.

    Example:
        matcher = Matcher("model.tflite")
        cup = matcher.describe(read_picture("cup.jpg"), "cup")
        result = matcher.match(frame_bgr_u8, [cup])
    """

    aligner: Aligner | None = None
    layout: Layout | None = None
    outline: str = OFF

    def __init__(
        self, path: str | os.PathLike[str], num_threads: int = 1, outline: str = OFF, kinds: bool = False
    ):
        if outline not in (OFF, *OUTLINES):
            raise ValueError(
                f"Invalid `outline`. Expected {OFF!r} or one of {', '.join(OUTLINES)}, received {outline!r}."
            )
        self.outline = outline
        # First, because a file without our metadata is not worth handing to native code.
        self.metadata = model_metadata.read(path)
        check_room_for(path)
        crop = (1, *self.metadata.crop_hw, self.metadata.channels)
        embedding = (1, self.metadata.embedding_dim)
        described = {"embedding": embedding}
        if self.metadata.descriptor_shape is not None:
            described["descriptor"] = (1, *self.metadata.descriptor_shape)
        self._compare = None
        try:
            with stderr_without_information():
                # LiteRT holds the file and reads of the processor. Without a descriptor for the one it says of a good file what it
                # says of a bad one, and without one for the other it never ends.
                with open(path, "rb"), open(path, "rb"):
                    pass
                self._interpreter = Interpreter(model_path=native_path(path), num_threads=num_threads)
                self._search = search_of(self._interpreter, self.metadata)
                self._search.warm_up()
                self._describe = Signature(self._interpreter, "describe", {"image": crop}, described)
                self._describe.warm_up()
                if self.metadata.decision == "joined":
                    pair = {"embedding0": embedding, "embedding1": embedding}
                    self._compare = Signature(self._interpreter, "compare", pair, {"logit": (1, 1)})
                    self._compare.warm_up()
                if Aligner.is_in(self._interpreter):
                    self.aligner = Aligner(self._interpreter)
                if self.outline != OFF and self.aligner is not None:
                    self.aligner.warm_up()
                if not kinds and self.metadata.layout is not None and CellReader.is_in(self._interpreter):
                    see = CellReader(self._interpreter)
                    has_own = CellReader.is_in(self._interpreter, TELL)
                    tell = CellReader(self._interpreter, TELL) if has_own else see
                    self.layout = Layout(see, tell, self._embedding, self.metadata.layout)
        except LITERT_ERRORS as error:  # or ours from Signature
            reason = " ".join(str(error).split())
            raise EdgeError(
                f"{path}: expected a model that fits its metadata: {reason} {model_metadata.CONVERT}"
            ) from None
        if self.outline != OFF and self.aligner is None:
            raise EdgeError(
                f"{path}: expected a model that can align, for {self.outline} outlines, received one without such signatures. "
                f"Leave out --outline, or name another --model."
            )

    def describe(self, picture_bgr_u8: np.ndarray, name: str) -> Reference:
        """Remembers an object by a picture whose whole area it fills.

        Args:
            picture_bgr_u8: (H', W', 3) uint8.
            name: what to call it in results.

        Raises:
            EdgeError: if the picture is blank.
        """
        image = reference_to_input(picture_bgr_u8, self.metadata)[0]
        contrast = float(image.max() - image.min())
        if contrast < MIN_CONTRAST:
            raise EdgeError(
                f"Reference {name!r}: expected a picture of an object, received a blank one (its grey levels "
                f"span {contrast * 255:.0f} of 255). Take another picture."
            )
        shape = None if self.outline == OFF else self.aligner.shape(picture_bgr_u8)
        shown = None if self.layout is None else self.layout.describe(picture_bgr_u8)
        return dataclasses.replace(self.reference_of(image, name), shape=shape, shown=shown)

    def find(self, frame_bgr_u8: np.ndarray, reference: Reference | None = None) -> Found:
        """Finds the target area of a frame, and never says that there is none.

        Args:
            frame_bgr_u8: (H', W', 3) uint8.
            reference: what to search for, where the model searches for a reference; others take no notice.
        """
        return self._found(self._search.find(self._search.see(frame_bgr_u8), reference), frame_bgr_u8)

    def search(
        self,
        frame_bgr_u8: np.ndarray,
        objects: Sequence[Sequence[Reference]],
        early_no: bool = True,
        turns: Turns | None = None,
    ) -> list[list[Found] | None]:
        """Sees a frame once and searches it for objects, each of one view or more.

        Args:
            frame_bgr_u8: (H', W', 3) uint8.
            objects: their views.
            early_no: leave out what at first sight is not there, which saves most of the time; of a hundred things that would
                match, hardly one is lost.
            turns: that very many objects take, with `early_no`; None: the frame is searched for every one.

        Returns:
            of every object what was found for each of its views; None if at first sight it is not there, or it is not its turn.
        """
        if not objects:
            return []
        places = self._search.search(self._search.see(frame_bgr_u8), objects, early_no, turns)
        return [own and [self._found(place, frame_bgr_u8) for place in own] for own in places]

    def match(self, frame_bgr_u8: np.ndarray, references: Sequence[Reference]) -> MatchResult:
        """Compares every reference with the target area of a frame, (H', W', 3) uint8."""
        start = time.perf_counter()
        searched = self.search(frame_bgr_u8, [[reference] for reference in references])
        objects = []
        for reference, found in zip(references, searched, strict=True):
            kind = ObjectMatch(reference.name) if found is None else self.compared(found[0], reference)
            one = self.looked(frame_bgr_u8, [reference], kind)
            objects.append(self.outlined(frame_bgr_u8, one, reference))
        return MatchResult((time.perf_counter() - start) * 1000, objects)

    def compared(self, found: Found, reference: Reference) -> ObjectMatch:
        """What was found of the reference's kind."""
        distance = self.distance(found.embedding, reference.embedding)
        is_match = distance <= self.metadata.threshold
        return ObjectMatch(reference.name, self.score(distance), is_match, found.box_px, distance)

    def looked(self, frame_bgr_u8: np.ndarray, views: Sequence[Reference], kind: ObjectMatch) -> ObjectMatch:
        """Whether what was found of the kind is this one, if the model can tell: `looked` of `this_one`."""
        if self.layout is None or any(view.shown is None for view in views):
            return kind
        if not kind.kind_match:
            return not_of_its_kind(kind)
        return looked(self.layout, frame_bgr_u8, views, kind)

    def outlined(self, frame_bgr_u8: np.ndarray, found: ObjectMatch, view: Reference) -> ObjectMatch:
        """A match with its outline, if that is asked for and the view fits what was found; everything else as it is.

        Args:
            frame_bgr_u8: (H', W', 3) uint8.
            found: in it.
            view: the nearest.
        """
        if self.outline == OFF or not found.match or view.shape is None:
            return found
        try:
            area = area_of(found.box_px, frame_bgr_u8.shape[:2])
        except EdgeError:  # too small to be aligned, which is no reason to end a film
            return found
        outline = outline_in(frame_bgr_u8, area, view.shape, self.aligner, self.outline)
        if outline is None:
            return found
        return dataclasses.replace(found, outline_px=outline.points_px, angle_deg=outline.angle_deg)

    def find_array(self, image: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """The search of a file's own `find`, in the network's image: (H, W, C) float32 in [0, 1] -> (theta or None, embedding).

        Raises:
            ValueError: if the image has another shape.
            EdgeError: if the file has no `find` that its metadata fits.
        """
        image = _batch_of_one(image, (*self.metadata.image_hw, self.metadata.channels))
        return self._in_one_go.find(image, None)

    def signs(self, frame_bgr_u8: np.ndarray, reference: Reference) -> dict[str, float] | None:
        """What an early no would be said by, see `early_no`; None of a model that cannot say one."""
        return self._search.signs(self._search.see(frame_bgr_u8), reference)

    @functools.cached_property
    def _in_one_go(self) -> InOneGo:
        return InOneGo.of(self._interpreter, self.metadata)

    def _found(self, place: Place, frame_bgr_u8: np.ndarray) -> Found:
        theta, embedding = place
        frame_wh = frame_bgr_u8.shape[1::-1]
        if theta is None:
            return Found(None, embedding, (0.0, 0.0, *map(float, frame_wh)))
        box_px = box_from_theta(theta, self.metadata.theta_kind, self.metadata.image_hw, frame_wh)
        if not np.isfinite(box_px).all():  # a theta that is finite may be too large for its box to be
            raise EdgeError(f"The model's box {box_px} is not finite. The model is broken: try another.")
        return Found(theta, embedding, box_px)

    def _embedding(self, picture_bgr_u8: np.ndarray) -> np.ndarray:
        return self.describe_array(reference_to_input(picture_bgr_u8, self.metadata)[0])

    def describe_array(self, image: np.ndarray) -> np.ndarray:
        """As `describe`, from the encoder's crop, (h, w, C) float32 in [0, 1], to its embedding (E,)."""
        return self.reference_of(image).embedding

    def reference_of(self, image: np.ndarray, name: str = "") -> Reference:
        """As `describe`, from the encoder's crop, (h, w, C) float32 in [0, 1], blank or not."""
        crop = _batch_of_one(image, (*self.metadata.crop_hw, self.metadata.channels))
        described = {key: value[0] for key, value in self._describe(image=crop).items()}
        return Reference(name, described["embedding"], described.get("descriptor"))

    def distance(self, embedding0: np.ndarray, embedding1: np.ndarray) -> float:
        """How different two embeddings (E,) are: Euclidean, or minus the logit of a joined head.

        Source: GetNet eq. 9, and III-B for the joined head.
        """
        if self._compare is None:
            return float(np.linalg.norm(embedding0 - embedding1))
        return -float(self._compare(embedding0=embedding0[None], embedding1=embedding1[None])["logit"][0, 0])

    def score(self, distance: float) -> float:
        """The calibrated score in [0, 1] of a distance; beyond the curve's ends, that of the end."""
        curve = self.metadata.score_curve
        return float(np.interp(distance, curve["distance"], curve["score"]))


def _batch_of_one(image: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    if image.shape != shape:
        raise ValueError(f"Invalid image. Expected (H, W, C) = {shape}, received {image.shape}.")
    return np.asarray(image[None], np.float32)
