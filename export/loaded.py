"""What an export starts from: a checkpoint, and the pictures that it needs."""

import dataclasses

import numpy as np

from getnet_tf import checkpoint
from getnet_tf.backbones import PRETRAINED
from getnet_tf.card import Card
from getnet_tf.config import DataConfig
from getnet_tf.data import source
from getnet_tf.errors import InputError
from getnet_tf.model import GetNet

TEST_SEED = 7  # draws the held-out pairs


@dataclasses.dataclass(frozen=True)
class Loaded:
    """A checkpoint, and the pictures that its export needs."""

    network: GetNet
    card: Card
    data: DataConfig  # that the pictures were loaded by
    splits: dict  # "train", "val" and "test"

    @property
    def deep(self):
        """Whether the network is so deep that 8 bits take a file and its emulation apart."""
        return self.network.config.backbone in PRETRAINED

    def pairs(self, part, seed):
        """`Pairs` of one of the splits."""
        return source.pairs_of(self.splits[part], self.data, self.network.config.image_hw, seed)


@dataclasses.dataclass(frozen=True)
class HeldOut:
    """Pictures that nothing was trained on, as a camera gives them, at the size of the network's image."""

    frames_bgr_u8: np.ndarray  # (N, H, W, 3)
    shown_bgr_u8: np.ndarray | None = None  # (N, H, W, 3) what each is searched for; None: nothing guides


def load(path, data=None, splits=None):
    """A checkpoint with its pictures.

    Args:
        path: of the `.keras` file or its run folder.
        data: source of pictures, if not that of the training.
        splits: dict of "train", "val" and "test" in place of what the data names.

    Returns:
        `Loaded`.
    """
    network, card = checkpoint.load(path)
    config = card.config.data if data is None else dataclasses.replace(card.config.data, source=data)
    return Loaded(network, card, config, splits or source.load(config))


def held_out_of(loaded, limit):
    """Up to `limit` test pictures: `HeldOut`.

    Raises:
        InputError: if they are none that the network takes.
    """
    config, pairs = loaded.network.config, loaded.pairs("test", TEST_SEED)
    expected, received = (*config.image_hw, config.channels), next(pairs.once(1))["image0"].shape[1:]
    if received != expected:
        raise InputError(
            f"The checkpoint takes pictures of {expected} (height, width, channels), --data gives {received}. Give pictures "
            f"of the kind that it was trained on."
        )
    batches = list(pairs.once(limit))
    names = ("image0", "image1") if config.takes_reference else ("image0",)
    frames = [frames_of(np.concatenate([batch[name] for batch in batches])) for name in names]
    return HeldOut(*frames)


def frames_of(images):
    """The network's images (N, H, W, C), float in [0, 1], as a camera would give them: (N, H, W, 3) uint8, BGR."""
    levels = np.round(images * 255).astype(np.uint8)
    return np.repeat(levels, 3, axis=-1) if images.shape[-1] == 1 else levels[..., ::-1]
