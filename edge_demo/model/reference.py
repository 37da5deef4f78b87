"""What a model knows of an object that it was shown."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Reference:
    """An object shown once."""

    name: str
    embedding: np.ndarray  # (E,) float32
    descriptor: np.ndarray | None = (
        None  # (K, D) float32, what the model searches for; None if it searches for nothing
    )
