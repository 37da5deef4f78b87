"""How a model searches a frame: in one go for each reference, or in steps, of which the first is for all of them.

What a file can is told by its signatures: one with `see` and `embed` searches in steps, any other in one go. A search
that takes no descriptor finds the same place for every reference.

Both ways have `see`, `find` for one reference, and `search` for several objects, each of which has one or more views.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edge_demo.model.early_no import parts_found
from edge_demo.model.geometry import box_from_theta
from edge_demo.model.likeliest_place import LEAST, likeliest_place
from edge_demo.model.metadata import Metadata
from edge_demo.model.preprocess import frame_to_input, reference_to_input
from edge_demo.model.reference import Reference
from edge_demo.model.sampling import sample_area
from edge_demo.model.signature import Signature
from edge_demo.model.thetas import KINDS
from edge_demo.model.turns import Turns
from edge_demo.model.unit_cells import unit_cells

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter


# Processors differ in theta's last bits; on a grid, finer than a pixel of any frame, they cut out the same pixels.
THETA_STEP = 1 / 2048
MAPS = ("fine", "coarse", "content")  # what `see` hands over to `locate`

Place = tuple[
    np.ndarray | None, np.ndarray
]  # theta (P,), None if nothing is located; embedding (E,) of what is there


class InOneGo:
    """`find` does it all, and cuts target areas out of the network's image of the frame.

    Args:
        find: function of `image` and, where the model has a descriptor, of `descriptor` and `wanted` -> dict of "embedding"
            (1, E) and, where it locates anything, "theta" (1, P).
        fields: of the model.
    """

    def __init__(self, find, fields: Metadata):
        self._find, self._fields = find, fields

    @classmethod
    def of(cls, interpreter: Interpreter, fields: Metadata) -> InOneGo:
        """By a model file."""
        shapes, found = _shapes_of(fields), {"embedding": (1, fields.embedding_dim)}
        inputs = {"image": shapes["image"]}
        if fields.descriptor_shape is not None:
            inputs |= {"descriptor": shapes["descriptor"], "wanted": found["embedding"]}
        if fields.theta_kind is not None:
            found["theta"] = (1, shapes["theta"][1])
        return cls(Signature(interpreter, "find", inputs, found), fields)

    def see(self, frame_bgr_u8: np.ndarray) -> np.ndarray:
        """What every search of a frame, (H', W', 3) uint8, begins with."""
        return frame_to_input(frame_bgr_u8, self._fields)

    def find(self, image: np.ndarray, reference: Reference | None) -> Place:
        """One search.

        Args:
            image: of `see`.
            reference: what is searched for; None where the model takes none.
        """
        inputs = {"image": image}
        if self._fields.descriptor_shape is not None:
            inputs["descriptor"] = descriptor_of(reference, self._fields)[None]
            inputs["wanted"] = reference.embedding[None]
        outputs = self._find(**inputs)
        theta = outputs["theta"][0] if "theta" in outputs else None
        return theta, outputs["embedding"][0]

    def search(
        self,
        image: np.ndarray,
        objects: Sequence[Sequence[Reference]],
        early_no: bool = True,
        turns: Turns | None = None,
    ) -> list[list[Place] | None]:
        """A place for every view of every object; nothing is known early, so nobody takes turns."""
        if self._fields.descriptor_shape is None:
            return _everywhere_the_same(self.find(image, None), objects)
        return [[self.find(image, view) for view in views] for views in objects]

    def signs(self, image: np.ndarray, reference: Reference) -> None:
        """Nothing is known before all is."""

    def warm_up(self) -> None:
        """So that the first real search doesn't pay for the allocation."""
        self._find.warm_up()


@dataclasses.dataclass(frozen=True)
class Seen:
    """A frame, and what `see` gave of it."""

    frame_bgr_u8: np.ndarray  # (H', W', 3)
    outputs: dict[str, np.ndarray]


class InSteps:
    """`see` once a frame, `locate` each reference on its maps, `embed` the places, cut out of the frame itself.

    More of a small object is seen than in the network's smaller image of the frame. Where there is no `locate`, `see` says
    where to look by itself.

    Args:
        see, embed: signatures.
        locate: signature; None where nothing is searched for.
        fields: of the model.
    """

    def __init__(self, see: Signature, locate: Signature | None, embed: Signature, fields: Metadata):
        self._see, self._locate, self._embed, self._fields = see, locate, embed, fields

    @classmethod
    def of(cls, interpreter: Interpreter, fields: Metadata) -> InSteps:
        """By a model file.

        Raises:
            ValueError: if what `see` gives is not what `locate` takes.
        """
        shapes, embedding = _shapes_of(fields), (1, fields.embedding_dim)
        if fields.theta_kind is None:
            raise ValueError("expected no `see` of a model that locates nothing, found one.")
        places = {"theta": shapes["theta"]} | ({} if fields.looks is None else {"sure": (1, None)})
        if fields.descriptor_shape is not None:
            places["heat"] = (1, 1)
        seen = {} if fields.looks is None else {"whole": embedding}
        embed = Signature(interpreter, "embed", {"image": shapes["crop"]}, {"embedding": embedding})
        if fields.descriptor_shape is None:
            see = Signature(interpreter, "see", {"image": shapes["image"]}, places | seen)
            return cls(see, None, embed, fields)
        depth = fields.descriptor_shape[1]
        maps = dict(
            zip(MAPS, ((1, None, None, depth), (1, None, None, depth), (1, None, None, None)), strict=True)
        )
        see = Signature(interpreter, "see", {"image": shapes["image"]}, maps | seen, handed_over=MAPS)
        taken = maps | {"descriptor": shapes["descriptor"]}
        locate = Signature(interpreter, "locate", taken, places, handed_over=MAPS)
        for name in MAPS:
            if not see.hands_over(name, locate):
                raise ValueError(
                    f"expected `{name}` of `see` to be what `locate` takes, received another one."
                )
        return cls(see, locate, embed, fields)

    def see(self, frame_bgr_u8: np.ndarray) -> Seen:
        """What every search of a frame, (H', W', 3) uint8, begins with."""
        return Seen(frame_bgr_u8, self._see(image=frame_to_input(frame_bgr_u8, self._fields)))

    def find(self, seen: Seen, reference: Reference | None) -> Place:
        """One search, which never says no early.

        Args:
            seen: of `see`.
            reference: what is searched for; None where the model takes none.
        """
        return self._decided(seen, self._located(seen, reference), reference)

    def search(
        self,
        seen: Seen,
        objects: Sequence[Sequence[Reference]],
        early_no: bool = True,
        turns: Turns | None = None,
    ) -> list[list[Place] | None]:
        """A place for every view of every object; with `early_no`, None for an object none of whose views may be there, or whose
        turn it is not.

        Of one object alone nothing is left out: it would save little, and now and then cost a match.
        """
        if self._locate is None:
            return _everywhere_the_same(self.find(seen, None), objects)
        if not early_no or self._fields.early_no is None or len(objects) == 1:
            return [[self.find(seen, view) for view in views] for views in objects]
        cells = self._coarse_cells(seen)
        flat, level = cells.reshape(-1, cells.shape[-1]), self._fields.early_no["heat"]
        numbers = range(len(objects)) if turns is None else turns.located(cells, objects)
        located = {number: self._hot(seen, flat, objects[number]) for number in numbers}
        hot = [number for number, own in located.items() if own is not None]
        if turns is not None:
            heats = [max(one["heat"][0, 0] for one in located[number]) for number in hot]
            hot = [hot[place] for place in turns.closer([objects[number] for number in hot], heats)]
        places: list[list[Place] | None] = [None] * len(objects)
        for number in hot:
            pairs = zip(located[number], objects[number], strict=True)
            places[number] = [self._decided(seen, _likely(one, level), view) for one, view in pairs]
        return places

    def signs(self, seen: Seen, reference: Reference) -> dict[str, float] | None:
        """What an early no of one reference is said by, see `early_no`; None where nothing is searched for."""
        if self._locate is None:
            return None
        descriptor = descriptor_of(reference, self._fields)
        heat = float(self._located(seen, reference)["heat"][0, 0])
        cells = self._coarse_cells(seen)
        return {"parts": parts_found(cells.reshape(-1, cells.shape[-1]), descriptor), "heat": heat}

    def _hot(
        self, seen: Seen, cells: np.ndarray, views: Sequence[Reference]
    ) -> list[dict[str, np.ndarray]] | None:
        """What `locate` says of every view; None if none of them may be there."""
        level = self._fields.early_no
        if not any(parts_found(cells, descriptor_of(view, self._fields)) >= level["parts"] for view in views):
            return None
        located = [self._located(seen, view) for view in views]
        return located if any(one["heat"][0, 0] >= level["heat"] for one in located) else None

    def _coarse_cells(self, seen: Seen) -> np.ndarray:
        """(h, w, D), of length 1."""
        return unit_cells(self._see.floats("coarse", seen.outputs["coarse"])[0])

    def _decided(self, seen: Seen, located: dict[str, np.ndarray], reference: Reference | None) -> Place:
        """Of the places that were located, the one."""
        fields = self._fields
        thetas = np.rint(located["theta"] / THETA_STEP) * np.float32(THETA_STEP)

        def look(number: int) -> np.ndarray:
            area = sample_area(
                seen.frame_bgr_u8, thetas[number], fields.theta_kind, fields.image_hw, fields.crop_hw
            )
            return self._embed(image=reference_to_input(area, fields))["embedding"][0]

        if fields.looks is None:
            return thetas[0], look(0)
        boxes = np.array([box_from_theta(t, fields.theta_kind, fields.image_hw, (1, 1)) for t in thetas])
        wanted = None if self._locate is None else reference.embedding
        sure, whole = located["sure"][0], seen.outputs["whole"][0]
        number, embedding = likeliest_place(boxes, look, sure, whole, wanted, fields.looks)
        return thetas[number], embedding

    def warm_up(self) -> None:
        """So that the first real search doesn't pay for the allocation."""
        for signature in (self._see, self._locate, self._embed):
            if signature is not None:
                signature.warm_up()

    def _located(self, seen: Seen, reference: Reference | None) -> dict[str, np.ndarray]:
        if self._locate is None:
            return seen.outputs
        descriptor = descriptor_of(reference, self._fields)
        return self._locate(descriptor=descriptor[None], **{name: seen.outputs[name] for name in MAPS})


def search_of(interpreter: Interpreter, fields: Metadata) -> InOneGo | InSteps:
    """The way that a model file searches, by its signatures."""
    steps = {"see", "embed"} <= set(interpreter.get_signature_list())
    return (InSteps if steps else InOneGo).of(interpreter, fields)


def _likely(located: dict[str, np.ndarray], least_heat: float) -> dict[str, np.ndarray]:
    """Of the places that `locate` gives the first, and those after it that are hot enough by themselves."""
    heat = located["heat"][0, 0] + np.log(located["sure"][0] + LEAST)
    count = 1 + int(np.sum(heat[1:] >= least_heat))
    return located | {"theta": located["theta"][:count], "sure": located["sure"][:, :count]}


def _everywhere_the_same(place: Place, objects: Sequence[Sequence[Reference]]) -> list[list[Place]]:
    return [[place] * len(views) for views in objects]


def descriptor_of(reference: Reference | None, fields: Metadata) -> np.ndarray:
    """What to search for, (K, D).

    Raises:
        ValueError: if the reference has none of this model's shape.
    """
    shape, descriptor = fields.descriptor_shape, getattr(reference, "descriptor", None)
    if descriptor is None or descriptor.shape != shape:
        received = "none" if descriptor is None else descriptor.shape
        raise ValueError(
            f"Invalid reference. A model that searches for one expects its descriptor (K, D) = {shape}, received {received}."
        )
    return descriptor


def _shapes_of(fields: Metadata) -> dict[str, tuple[int | None, ...]]:
    shapes = {
        "image": (1, *fields.image_hw, fields.channels),
        "crop": (1, *fields.crop_hw, fields.channels),
    }
    if fields.theta_kind is not None:
        shapes["theta"] = (None, KINDS[fields.theta_kind].size)
    if fields.descriptor_shape is not None:
        shapes["descriptor"] = (1, *fields.descriptor_shape)
    return shapes
