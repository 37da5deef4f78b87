"""The matcher: the only reader of `.tflite` files.

Each reference is described once, before. A `salient` model looks at a frame once, however many references
there are; a `guided` one searches it for each of them. The distance of the two embeddings becomes a score by
the calibration curve in the model's metadata.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edge_demo.errors import EdgeError
from edge_demo.model import metadata as model_metadata
from edge_demo.model.emptied import without
from edge_demo.model.geometry import box_from_theta
from edge_demo.model.looks import LOOKS, decided
from edge_demo.model.preprocess import frame_to_input, reference_to_input
from edge_demo.model.sampling import sample_area
from edge_demo.model.signature import Signature
from edge_demo.model.thetas import KINDS
from edge_demo.native_log import stderr_without_information

Box = tuple[float, float, float, float]
# Processors differ in theta's last bits; on a grid, finer than a pixel of any frame, they cut out the same pixels.
THETA_STEP = 1 / 2048
MIN_CONTRAST = 8 / 255  # a reference below it is blank: a covered lens, a wall, an empty canvas


@dataclasses.dataclass(frozen=True)
class Reference:
    """An object shown once."""

    name: str
    embedding: np.ndarray  # (E,) float32
    descriptor: np.ndarray | None = None  # (K, D) float32, what a guided model searches for; None for others


@dataclasses.dataclass(frozen=True)
class Found:
    """Where the localiser looked in a frame, and what the encoder saw there."""

    theta: np.ndarray | None  # (P,) float32; None without a localiser
    embedding: np.ndarray  # (E,) float32
    box_px: Box  # (xmin, ymin, xmax, ymax), pixels of the frame


@dataclasses.dataclass(frozen=True)
class ObjectMatch:
    """One reference compared with one frame."""

    name: str
    score: float  # calibrated, in [0, 1]
    match: bool  # distance at most the model's threshold
    box_px: Box  # (xmin, ymin, xmax, ymax), pixels of the frame; guided, this reference's own
    distance: float


@dataclasses.dataclass(frozen=True)
class MatchResult:
    """All references compared with one frame."""

    latency_ms: float  # preprocessing and inference, without reading and drawing the frame
    objects: list[ObjectMatch]  # in the order of the references


class Matcher:
    """A loaded model.

    Args:
        path: of a `.tflite` file with our metadata inside.
        num_threads: of the interpreter.
        full_resolution: cut the target area out of the frame itself, not out of the network's smaller image of it:
            more of a small object is seen, at about the same cost, and `find_array` is not there. Models without `locate` and `embed` go on as before.

    Raises:
        EdgeError: if the file is no such model, or its signatures and its metadata disagree.

    Example:
        matcher = Matcher("model.tflite")
        cup = matcher.describe(read_picture("cup.jpg"), "cup")
        result = matcher.match(frame_bgr_u8, [cup])
    """

    def __init__(self, path: str | os.PathLike[str], num_threads: int = 1, full_resolution: bool = False):
        # First, because a file without our metadata is not worth handing to native code.
        self.metadata = model_metadata.read(path)
        image = (1, *self.metadata.image_hw, self.metadata.channels)
        crop = (1, *self.metadata.crop_hw, self.metadata.channels)
        embedding = (1, self.metadata.embedding_dim)
        searched, found, described = {"image": image}, {"embedding": embedding}, {"embedding": embedding}
        if self.metadata.descriptor_shape is not None:
            searched["descriptor"] = described["descriptor"] = (1, *self.metadata.descriptor_shape)
            searched["wanted"] = embedding
        if self.metadata.theta_kind is not None:
            found["theta"] = (1, KINDS[self.metadata.theta_kind].size)
        self._find = self._compare = self._locate = self._embed = None
        try:
            with stderr_without_information():
                interpreter = Interpreter(model_path=os.fspath(path), num_threads=num_threads)
                find = Signature(interpreter, "find", searched, found)
                sharp = full_resolution and {"locate", "embed"} <= set(interpreter.get_signature_list())
                if sharp:
                    model = without(Path(path).read_bytes(), {"find"})
                    interpreter = Interpreter(model_content=model, num_threads=num_threads)
                self._describe = Signature(interpreter, "describe", {"image": crop}, described)
                self._describe.warm_up()
                if sharp:
                    self._locate = Signature(interpreter, "locate", *self._located(searched, embedding))
                    self._embed = Signature(interpreter, "embed", {"image": crop}, {"embedding": embedding})
                    self._locate.warm_up()
                    self._embed.warm_up()
                else:
                    self._find = find
                    self._find.warm_up()
                if self.metadata.decision == "joined":
                    pair = {"embedding0": embedding, "embedding1": embedding}
                    self._compare = Signature(interpreter, "compare", pair, {"logit": (1, 1)})
                    self._compare.warm_up()
        except (ValueError, RuntimeError) as error:  # LiteRT's, or ours from Signature
            reason = " ".join(str(error).split())
            raise EdgeError(
                f"{path}: expected a model that fits its metadata: {reason} {model_metadata.CONVERT}"
            ) from None

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
        return self.reference_of(image, name)

    def find(self, frame_bgr_u8: np.ndarray, reference: Reference | None = None) -> Found:
        """Finds the target area of a frame.

        Args:
            frame_bgr_u8: (H', W', 3) uint8.
            reference: what a guided model searches for; others take no notice.
        """
        image = frame_to_input(frame_bgr_u8, self.metadata)[0]
        if self._locate is None:
            theta, embedding = self.find_array(image, reference)
        else:
            theta, embedding = self._find_in_frame(frame_bgr_u8, image, reference)
        frame_height, frame_width = frame_bgr_u8.shape[:2]
        if theta is None:
            return Found(None, embedding, (0.0, 0.0, float(frame_width), float(frame_height)))
        frame_wh = (frame_width, frame_height)
        box_px = box_from_theta(theta, self.metadata.theta_kind, self.metadata.image_hw, frame_wh)
        return Found(theta, embedding, box_px)

    def match(self, frame_bgr_u8: np.ndarray, references: Sequence[Reference]) -> MatchResult:
        """Compares every reference with the target area of a frame, (H', W', 3) uint8; guided, with its own area."""
        start = time.perf_counter()
        guided = self.metadata.localiser == "guided"
        found = None if guided else self.find(frame_bgr_u8)
        objects = []
        for reference in references:
            if guided:
                found = self.find(frame_bgr_u8, reference)
            distance = self.distance(found.embedding, reference.embedding)
            is_match = distance <= self.metadata.threshold
            objects.append(
                ObjectMatch(reference.name, self.score(distance), is_match, found.box_px, distance)
            )
        return MatchResult((time.perf_counter() - start) * 1000, objects)

    def find_array(
        self, image: np.ndarray, reference: Reference | None = None
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """As `find`, from the network's image, (H, W, C) float32 in [0, 1], to (theta or None, embedding).

        Args:
            image: (H, W, C) float32.
            reference: what a guided model searches for.

        Raises:
            ValueError: if the image has another shape, a guided model gets no reference of its own, or the matcher looks
                into the frame itself.
        """
        if self._find is None:
            raise ValueError(
                "Invalid call. Expected a matcher without `full_resolution`, received one with it."
            )
        inputs = self._inputs(image, reference)
        if "descriptor" in inputs:
            inputs["wanted"] = reference.embedding[None]
        outputs = self._find(**inputs)
        theta = outputs["theta"][0] if "theta" in outputs else None
        return theta, outputs["embedding"][0]

    def _inputs(self, image: np.ndarray, reference: Reference | None) -> dict[str, np.ndarray]:
        """What every search takes."""
        inputs = {"image": _batch_of_one(image, (*self.metadata.image_hw, self.metadata.channels))}
        if self.metadata.descriptor_shape is not None:
            shape, descriptor = self.metadata.descriptor_shape, getattr(reference, "descriptor", None)
            if descriptor is None or descriptor.shape != shape:
                received = "none" if descriptor is None else descriptor.shape
                raise ValueError(
                    f"Invalid reference. A guided model expects a descriptor (K, D) = {shape}, received {received}."
                )
            inputs["descriptor"] = descriptor[None]
        return inputs

    def _find_in_frame(
        self, frame_bgr_u8: np.ndarray, image: np.ndarray, reference: Reference | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `find_array`, with target areas cut out of the frame."""
        located, fields = self._locate(**self._inputs(image, reference)), self.metadata
        located["theta"] = np.rint(located["theta"] / THETA_STEP) * np.float32(THETA_STEP)
        embeddings = []
        for theta in located["theta"]:
            area = sample_area(frame_bgr_u8, theta, fields.theta_kind, fields.image_hw, fields.crop_hw)
            embeddings.append(self._embed(image=reference_to_input(area, fields))["embedding"][0])
        if fields.looks is None:
            return located["theta"][0], embeddings[0]
        wanted = None if reference is None else reference.embedding
        boxes = [box_from_theta(t, fields.theta_kind, fields.image_hw, (1, 1)) for t in located["theta"]]
        found = decided(np.array(boxes), np.array(embeddings), located, wanted, fields.looks)
        return located["theta"][found[0]], found[1]

    def _located(self, searched: dict, embedding: tuple[int, ...]) -> tuple[dict, dict]:
        """Inputs and outputs of `locate`."""
        fields = self.metadata
        if fields.theta_kind is None:
            raise ValueError("expected no `locate` of a model without a localiser, found one.")
        inputs = {name: shape for name, shape in searched.items() if name != "wanted"}
        count = LOOKS if fields.localiser == "guided" else 1
        outputs = {"theta": (count, KINDS[fields.theta_kind].size)}
        if fields.looks is not None:
            outputs |= {"sure": (1, count), "whole": embedding}
        return inputs, outputs

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
