"""From a picture to its codes: of the whole, and of regions of it."""

import dataclasses
import functools
import hashlib
import pathlib

import numpy as np

from getnet_tf.data.picture import stretch
from getnet_tf.errors import InputError
from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.regions.grid import REGION_LEVELS, grid
from getnet_tf.retrieval.whitening import Whitening, joined


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
        regions: whether squares of the picture get codes of their own, for what is small in it.
        whitening: `Whitening`, or None.

    Call arguments:
        picture_rgb_u8: (H, W, 3) uint8.

    Returns:
        `Codes`.

    Raises:
        InputError: if the head is unknown, or the whitening is of another model's codes.
    """

    def __init__(self, see, head="gem", regions=False, whitening=None):
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
        said = (self.see.fingerprint, self.head, whitening, str(bool(self.regions)))
        return hashlib.sha256("|".join(said).encode()).hexdigest()

    def __call__(self, picture_rgb_u8):
        maps = self.maps(picture_rgb_u8)
        squares = grid(maps.shape[1:3], REGION_LEVELS)[1:] if self.regions else []
        return Codes(self.codes_of(maps)[0], *self._regions(maps, squares, picture_rgb_u8.shape[:2]))

    def maps(self, picture_rgb_u8):
        """What is seen of a picture: (1, h, w, K) float32."""
        image = stretch(picture_rgb_u8, self.see.image_hw)
        return self.see(image[None].astype(np.float32) / 255)

    def codes_of(self, maps):
        """Maps (B, h, w, K), or parts of them -> codes (B, D) float32, each of length 1."""
        return joined(HEADS[self.head](maps), self.whitening)

    def _regions(self, maps, boxes, picture_hw):
        """Codes and places, in pixels, of boxes (xmin, ymin, xmax, ymax) in whole cells."""
        codes = [self.codes_of(maps[:, top:bottom, left:right])[0] for left, top, right, bottom in boxes]
        (h, w), (height, width) = maps.shape[1:3], picture_hw
        cell_px = np.array([width / w, height / h] * 2)
        return (
            np.array(codes, np.float32).reshape(-1, self.dim),
            (np.array(boxes, float).reshape(-1, 4) * cell_px).astype(np.float32),
        )


def open_coder(model=None, head="gem", regions=False, whitening=None):
    """Opens a coder.

    Args:
        model: None for EfficientNet-Lite0 with ImageNet's weights; path of a checkpoint of ours or its run folder; or path of a
            `.tflite` file with the signature `code`, which needs no TensorFlow.
        head: a key of `HEADS`.
        regions: as of `Coder`.
        whitening: path of an `.npz`, see `Whitening`; None for none.

    Returns:
        `Coder`.

    Raises:
        InputError: if one of them is not like that.
    """
    # Before the model, which takes seconds.
    if whitening is not None:
        whitening = Whitening.load(whitening)
    return Coder(_opened(model), head, regions, whitening)


def _opened(model):
    # Imported late: a file needs no TensorFlow, the others no LiteRT.
    if model is not None and pathlib.Path(model).suffix == ".tflite":
        from getnet_tf.retrieval.file_maps import FileMaps

        return FileMaps(model)
    from getnet_tf.retrieval.network_maps import checkpoint_maps, imagenet_maps

    return imagenet_maps() if model is None else checkpoint_maps(model)
