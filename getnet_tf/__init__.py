"""GetNet-TF: get the target area of an image, then compare what is there. Trained from pair labels alone.

The names below are loaded when they are first used, so that reading a card or a log does not load TensorFlow.
"""

import importlib

_HOME = {
    "AlternatingTrainer": "training.alternating",
    "AlternationConfig": "config",
    "Card": "card",
    "DataConfig": "config",
    "GetNet": "model",
    "InTurnConfig": "config",
    "InTurnTrainer": "training.in_turn",
    "InputError": "errors",
    "ModelConfig": "config",
    "RunConfig": "config",
    "SpatialTransformer": "spatial_transformer",
    "contrastive_loss": "training.losses",
}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
