"""How a known thing lies in an area: turned, tilted, bent, by the signatures of a model file.

    align_see    an image -> its maps, which are handed over as they are
    align        the maps of A in every turn of `turns`, those of B -> the affine map of each turn, and whether the two fit in it
    bend         the maps of A laid on B by such a map, those of B -> the spline of what is left

A reference is seen once, when it is shown; an area costs one `align_see` and one `align`, whose answer the cells then draw nearer.

Source: `getnet_tf.alignment.steps`; differs: `refined`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge_demo.model.alignment.affine import after, inverse
from edge_demo.model.alignment.placement import Placement
from edge_demo.model.alignment.refined import agreement, refined
from edge_demo.model.alignment.stretched import Hw
from edge_demo.model.alignment.turns import TURNS, turn_theta
from edge_demo.model.alignment.ways import WAYS
from edge_demo.model.preprocess import stretched
from edge_demo.model.signature import Signature
from edge_demo.model.thetas import KINDS

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

SEE, ALIGN, BEND = "align_see", "align", "bend"
# Chosen on photos of one kind and on composed finds that were not learned from, as of `refined`.
CLEARLY = 4.0  # logits by which a turn is better than none
UPRIGHT = 0.03  # cells, as a share, that need not agree to what lies as it was shown


@dataclasses.dataclass(frozen=True, eq=False)
class Shape:
    """A thing as it was shown, ready to be aligned."""

    image: np.ndarray  # (1, h, w, 3) float32, RGB in [0, 1]
    turns: np.ndarray  # (8, h / 16, w / 16, D), as `align` takes it
    hw: Hw  # of the picture, pixels


@dataclasses.dataclass(frozen=True, eq=False)
class Laid:
    """A placement, and whether the two show one thing: a logit, above 0 where they do."""

    placement: Placement
    confidence: float

    @property
    def angle_deg(self) -> float:
        """How far A is turned in B, clockwise as seen, in -180 ... 180: the rotation nearest to the affine map, in pixels."""
        corners = self.placement.found(np.array([[0, 0], [1, 0], [0, 1]], float) * self.placement.hw_a[0])
        (m11, m21), (m12, m22) = corners[1:] - corners[0]
        return float(np.rad2deg(np.arctan2(m21 - m12, m11 + m22)))


class Aligner:
    """Aligns pictures by a model file.

    Args:
        interpreter: with the model loaded, which has the three signatures.

    Raises:
        EdgeError: if they do not fit each other.
    """

    def __init__(self, interpreter: Interpreter):
        image = interpreter.get_signature_runner(SEE).get_input_details()["image"]["shape"]
        self.image_hw: Hw = (int(image[1]), int(image[2]))
        maps, turns = (1, None, None, None), (TURNS, None, None, None)
        affine, spline = (TURNS, KINDS["affine"].size), (1, KINDS["tps"].size)
        self._see = Signature(interpreter, SEE, {"image": (1, *self.image_hw, 3)}, {"maps": maps}, ("maps",))
        self._align = Signature(
            interpreter,
            ALIGN,
            {"turns": turns, "maps": maps},
            {"affine": affine, "fit": (1, TURNS)},
            ("turns", "maps"),
        )
        self._bend = Signature(
            interpreter,
            BEND,
            {"laid": maps, "maps": maps},
            {"tps": spline},
            ("laid", "maps"),
        )

    @staticmethod
    def is_in(interpreter: Interpreter) -> bool:
        """Whether a model file can align."""
        return {SEE, ALIGN, BEND} <= set(interpreter.get_signature_list())

    def shape(self, picture_bgr_u8: np.ndarray) -> Shape:
        """What there is to know of A, (H, W, 3) uint8, once and for all."""
        image = stretched(picture_bgr_u8, self.image_hw, "rgb")
        turned = [_read_at(image[0], turn_theta(number))[None] for number in range(TURNS)]
        turns = np.concatenate([self._maps(one) for one in turned])
        return Shape(image, turns, picture_bgr_u8.shape[:2])

    def laid(self, shape: Shape, area_bgr_u8: np.ndarray, way: str = "affine") -> Laid:
        """How A lies in an area B, (H, W, 3) uint8, by a way of `WAYS`."""
        maps = self._maps(stretched(area_bgr_u8, self.image_hw, "rgb"))
        # Asked for the spline alone, too: whether two things are one is a question for the turn in which they look most alike.
        answer = self._align(turns=shape.turns, maps=maps)
        thetas, confidence = {}, float(answer["fit"].max())
        if "affine" in WAYS[way]:
            thetas["affine"] = self._chosen(answer["affine"], answer["fit"][0], shape.turns, maps)
        if "tps" in WAYS[way]:
            image = shape.image
            if "affine" in thetas:
                image = _read_at(image[0], thetas["affine"])[None]
            own = self._maps(image)
            spline = self._bend(laid=own, maps=maps)["tps"][0]
            thetas["tps"] = refined(spline, "tps", self.floats(own[0]), self.floats(maps[0]), self.image_hw)
        placement = Placement(thetas, way, shape.hw, area_bgr_u8.shape[:2], self.image_hw)
        return Laid(placement, confidence)

    def _chosen(self, affine: np.ndarray, fit: np.ndarray, turns: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Of the affine maps (8, 6) of all turns the one (6,) of the best, drawn nearer.

        Most things lie as they were shown. Where the best turn is not clearly better than none, the cells decide.
        """
        best, cells_b = int(np.argmax(fit)), self.floats(maps[0])
        nearer, agreed = self._nearer(best, affine[best], turns, cells_b)
        if best == 0 or fit[best] - fit[0] >= CLEARLY:
            return nearer
        upright, upright_agreed = self._nearer(0, affine[0], turns, cells_b)
        return upright if upright_agreed() + UPRIGHT >= agreed() else nearer

    def _nearer(
        self, number: int, theta: np.ndarray, turns: np.ndarray, cells_b: np.ndarray
    ) -> tuple[np.ndarray, Callable[[], float]]:
        """An affine map (6,) drawn nearer beside a turn of A, and what says how many of the cells agree."""
        turn, cells_a = turn_theta(number)[None], self.floats(turns[number])
        in_turn = after(inverse(turn), theta[None])[0]
        in_turn = refined(in_turn, "affine", cells_a, cells_b, self.image_hw)
        agreed = functools.partial(agreement, in_turn, cells_a, cells_b, self.image_hw)
        return after(turn, in_turn[None])[0].astype(np.float32), agreed

    def floats(self, maps: np.ndarray) -> np.ndarray:
        """Maps as they are handed over, as float32."""
        return self._see.floats("maps", maps)

    def warm_up(self) -> None:
        """So that the first real area doesn't pay for the allocation."""
        for signature in (self._see, self._align, self._bend):
            signature.warm_up()

    def _maps(self, image: np.ndarray) -> np.ndarray:
        return self._see(image=image)["maps"]


def _read_at(image: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """An image (h, w, 3) read at an affine theta, black beyond its edges: as the training side's SpatialTransformer."""
    half = (np.array(image.shape[1::-1], np.float64) - 1) / 2
    matrix = theta.reshape(2, 3).astype(np.float64)
    linear = half[:, None] * matrix[:, :2] / half
    offset = half * (matrix[:, 2] + 1) - linear @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, np.hstack([linear, offset[:, None]]), image.shape[1::-1], flags=flags)
