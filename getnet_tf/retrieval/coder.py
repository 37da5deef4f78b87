"""From a picture to its codes: of the whole, and of regions of it."""

import dataclasses
import functools
import hashlib
import pathlib

import numpy as np

from getnet_tf.data.picture import stretch
from getnet_tf.errors import InputError
from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.regions.roi import cells_under, parts_under
from getnet_tf.retrieval.regions.squares import Squares
from getnet_tf.retrieval.whitening import Whitening, joined

STRIDE = 32  # pixels of what is seen per cell of its map


@dataclasses.dataclass(frozen=True, eq=False)
class Codes:
    """What is known of a picture.

    `whole` (D,) float32 of length 1; `regions` (R, D) float32, each of length 1, and `boxes_px` (R, 4) float32 where they are,
    edges (xmin, ymin, xmax, ymax) in pixels of the picture. R is 0 where nobody asked for regions.
    """

    whole: np.ndarray
    regions: np.ndarray
    boxes_px: np.ndarray


class Coder:
    """Makes codes.

    Args:
        see: `NetworkMaps` or `FileMaps`.
        head: a key of `HEADS`.
        regions: which parts of the picture get codes of their own, for what is small in it: `Squares` or `Areas`; None for none.
        whitening: `Whitening`, or None.

    Call arguments:
        picture_rgb_u8: (H, W, 3) uint8.

    Returns:
        `Codes`.

    Raises:
        InputError: if the head is unknown, or the whitening is of another model's codes.
    """

    def __init__(self, see, head="gem", regions=None, whitening=None):
        if head not in HEADS:
            raise InputError(f"Invalid head. Expected one of {', '.join(HEADS)}. Received: {head}.")
        if whitening is not None and len(whitening.mean) != see.channels:
            raise InputError(
                f"The whitening is of codes of {len(whitening.mean)} numbers, the model makes {see.channels}. Fit one on this "
                f"model's codes."
            )
        self.see, self.head, self.regions, self.whitening = see, head, regions, whitening

    @property
    def dim(self):
        """D, numbers of a code."""
        return self.see.channels if self.whitening is None else self.whitening.projection.shape[1]

    @functools.cached_property
    def fingerprint(self):
        """Hex digits that are equal only for coders whose codes can be compared."""
        whitening = "" if self.whitening is None else self.whitening.fingerprint
        said = (
            self.see.fingerprint,
            self.head,
            whitening,
            "" if self.regions is None else self.regions.fingerprint,
        )
        return hashlib.sha256("|".join(said).encode()).hexdigest()

    def __call__(self, picture_rgb_u8):
        maps, picture_hw = self.maps(picture_rgb_u8), picture_rgb_u8.shape[:2]
        boxes_px = np.zeros((0, 4), np.float32) if self.regions is None else self.regions(picture_rgb_u8)
        parts = parts_under(maps, cells_under(boxes_px, picture_hw, maps.shape[1:3]))
        codes = [self.codes_of(part)[0] for part in parts]
        return Codes(self.codes_of(maps)[0], np.array(codes, np.float32).reshape(-1, self.dim), boxes_px)

    def maps(self, picture_rgb_u8):
        """What is seen of a picture: (1, h, w, K) float32."""
        image = stretch(picture_rgb_u8, self.see.image_hw)
        return self.see(image[None].astype(np.float32) / 255)

    def codes_of(self, maps):
        """Maps (B, h, w, K), or parts of them -> codes (B, D) float32, each of length 1."""
        return joined(HEADS[self.head](maps), self.whitening)


def open_coder(model=None, head="gem", regions=False, whitening=None):
    """Opens a coder.

    Args:
        model: None for EfficientNet-Lite0 with ImageNet's weights; path of a checkpoint of ours or its run folder; or path of a
            `.tflite` file with the signature `code`, which needs no TensorFlow.
        head: a key of `HEADS`.
        regions: whether parts of the picture get codes of their own: True for the squares of a grid; "areas" for what the model that
            ships finds, 14 times slower.
        whitening: path of an `.npz`, see `Whitening`; None for none.

    Returns:
        `Coder`.

    Raises:
        InputError: if one of them is not like that.
    """
    # Before the model, which takes seconds.
    if whitening is not None:
        whitening = Whitening.load(whitening)
    see = _opened(model)
    return Coder(see, head, _proposer(see, regions), whitening)


def _opened(model):
    # Imported late: a file needs no TensorFlow, the others no LiteRT.
    if model is not None and pathlib.Path(model).suffix == ".tflite":
        from getnet_tf.retrieval.file_maps import FileMaps

        return FileMaps(model)
    from getnet_tf.retrieval.network_maps import checkpoint_maps, imagenet_maps

    return imagenet_maps() if model is None else checkpoint_maps(model)


def _proposer(see, regions):
    if not regions:
        return None
    if regions == "areas":
        from edge_demo.model.matcher import Matcher
        from edge_demo.model.shipped import SHIPPED_MODEL
        from getnet_tf.retrieval.regions.areas import Areas

        return Areas(
            Matcher(SHIPPED_MODEL, kinds=True), hashlib.sha256(SHIPPED_MODEL.read_bytes()).hexdigest()
        )
    return Squares([-(-side // STRIDE) for side in see.image_hw])
