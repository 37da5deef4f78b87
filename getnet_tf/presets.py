"""Whole runs to begin with, by what there is to learn from; the command line changes what it is told to."""

import dataclasses

from getnet_tf.backbones import PRETRAINED
from getnet_tf.config import (
    AlternationConfig,
    DataConfig,
    InTurnConfig,
    ModelConfig,
    RunConfig,
    train_config_of,
)

SIDE = 224  # of what the encoder sees of a photo, pixels
SIDES = (8, 1024)  # that make sense
FRAME = 1.5  # side of a frame that a localiser searches, per side of the target area
EVIDENCE = 1000  # E of photos: as many as ImageNet has classes, see `encoder.build_encoder`


def digits(source="digits", quick=False):
    """Digits hidden in noise: what the paper shows its idea on, and the first run to try.

    Command: python -m getnet_tf.train --out RUN; about 4 minutes on two cores.
    Quick: --preset quick; half a minute, to see that everything works. It learns almost nothing.

    Args:
        source: as of `DataConfig`.
        quick: see above.
    """
    train = AlternationConfig(pairs=6400, log_every=20) if quick else AlternationConfig()
    return RunConfig(ModelConfig(), DataConfig(source), train)


def photos(source, backbone="efficientnet-lite0", weights="imagenet", localiser=None, size=None, quick=False):
    """Photos of classes: a pretrained backbone, and a localiser that is told by a reference what to look for.

    Command: python -m getnet_tf.train --data my_photos/ --out RUN; 3 to 4 minutes for 100 photos on two cores.
    Quick: --preset quick; a minute for a few dozen photos, to see that everything works. It learns little.

    A backbone of random weights has everything to learn, and learns it from the pixels, without a localiser.

    Args:
        source: as of `DataConfig`.
        backbone, weights: as of `ModelConfig`.
        localiser: as of `ModelConfig`; None for the one that goes with the backbone.
        size: side of what the encoder sees, pixels; None for that of the preset.
        quick: see above.

    Raises:
        ValueError: for settings that cannot be, or do not go together.
    """
    size = (96 if quick else SIDE) if size is None else size
    if not SIDES[0] <= size <= SIDES[1]:
        raise ValueError(f"Invalid `size`. Expected {SIDES[0]} to {SIDES[1]} pixels. Received: {size}.")
    model = ModelConfig(
        image_hw=(size, size),
        channels=3,
        localiser="none",
        crop_hw=(size, size),
        backbone=backbone,
        weights=weights,
        embedding_dim=EVIDENCE,
    )
    in_turn = train_config_of(model) is InTurnConfig
    if localiser is None:
        localiser = "guided" if in_turn else "none"
    on_maps = localiser != "none" and backbone in PRETRAINED
    side = round(size * FRAME) // 32 * 32 if on_maps else size
    model = dataclasses.replace(model, localiser=localiser, image_hw=(side, side))
    if not in_turn:
        train = AlternationConfig(
            pairs=640 if quick else 6400,
            batch=InTurnConfig.batch,
            learning_rate=InTurnConfig.learning_rate,
            margin=InTurnConfig.margin,
            area_weight=InTurnConfig.area_weight,
            log_every=20,
        )
        return RunConfig(model, DataConfig(source), train)
    train = InTurnConfig()
    if quick:
        train = InTurnConfig(siamese_steps=20, locating_steps=20, scenes=64, copies=2, log_every=20)
    if localiser == "none":
        train = dataclasses.replace(train, locating_steps=0)
    return RunConfig(model, DataConfig(source), train)


def photo_pairs(source, localiser="none", **settings):
    """Photos of which only pairs are labelled: no classes to compose scenes of, so nothing learns to locate.

    Command: python -m getnet_tf.train --data pairs.csv --out RUN.

    Args:
        source: a file of pairs, as of `DataConfig`.
        localiser, settings: as of `photos`.
    """
    return photos(source, localiser=localiser, **settings)
