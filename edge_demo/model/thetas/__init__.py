"""The kinds of theta: one file each, listed here, for training and edge alike.

A kind says how many numbers it has, what they mean as a map from the target area to the image, how a localiser's heat
becomes them, and what the edge needs to cut the area out of a frame. Nothing else in the project knows kinds apart.
"""

from __future__ import annotations

from edge_demo.model.thetas.affine import Affine
from edge_demo.model.thetas.attention import Attention
from edge_demo.model.thetas.box import Box
from edge_demo.model.thetas.kind import ThetaKind
from edge_demo.model.thetas.similarity import Similarity
from edge_demo.model.thetas.tps import Tps
from edge_demo.model.thetas.translation import Translation

KINDS: dict[str, ThetaKind] = {
    kind.name: kind for kind in (Translation(), Attention(), Box(), Similarity(), Affine(), Tps())
}
LOCATED = tuple(name for name, kind in KINDS.items() if kind.for_heat)  # those that a localiser can give


def kind_named(name: str) -> ThetaKind:
    """The kind of this name. Raises ValueError if there is none."""
    if name not in KINDS:
        raise ValueError(f"Invalid `kind`. Expected one of {', '.join(KINDS)}. Received: kind={name!r}.")
    return KINDS[name]
