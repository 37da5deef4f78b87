"""From a picture to its codes: of the whole, and of regions of it."""

import dataclasses
import functools
import hashlib
import pathlib

import numpy as np

from getnet_tf.data.picture import stretch
from getnet_tf.errors import InputError
from getnet_tf.retrieval.heads import HEADS, LEARNED
from getnet_tf.retrieval.recipe import HEAD, Recipe
from getnet_tf.retrieval.regions.roi import cells_under, parts_under
from getnet_tf.retrieval.regions.squares import Squares

DEFAULT = Recipe()
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
        recipe: `Recipe`.
        regions: which parts of the picture get codes of their own, for what is small in it: `Squares` or `Areas`; None for none.

    Call arguments:
        picture_rgb_u8: (H, W, 3) uint8.

    Returns:
        `Codes`.

    Raises:
        InputError: if the recipe is for another model's maps.
    """

    def __init__(self, see, recipe=DEFAULT, regions=None):
        self.see, self.recipe, self.regions = see, recipe, regions
        self.dim = recipe.dim(see.channels)  # D, numbers of a code

    @property
    def head(self):
        """Its name."""
        return self.recipe.head

    @functools.cached_property
    def fingerprint(self):
        """Hex digits that are equal only for coders whose codes can be compared."""
        regions = "" if self.regions is None else self.regions.fingerprint
        said = (self.see.fingerprint, self.recipe.fingerprint, regions)
        return hashlib.sha256("|".join(said).encode()).hexdigest()

    def __call__(self, picture_rgb_u8):
        maps, picture_hw = self.maps(picture_rgb_u8), picture_rgb_u8.shape[:2]
        boxes_px = np.zeros((0, 4), np.float32) if self.regions is None else self.regions(picture_rgb_u8)
        parts = parts_under(maps, cells_under(boxes_px, picture_hw, maps.shape[1:3]))
        codes = [self.recipe(part)[0] for part in parts]
        return Codes(self.recipe(maps)[0], np.array(codes, np.float32).reshape(-1, self.dim), boxes_px)

    def maps(self, picture_rgb_u8):
        """What is seen of a picture: (1, h, w, K) float32."""
        image = stretch(picture_rgb_u8, self.see.image_hw)
        return self.see(image[None].astype(np.float32) / 255)


def open_coder(model=None, head=None, regions=False, whitening=None):
    """Opens a coder.

    Args:
        model: None for EfficientNet-Lite0 with ImageNet's weights; path of a checkpoint of ours or its run folder; or path of a
            `.tflite` file with the signature `code`, which needs no TensorFlow.
        head: a key of `HEADS`; None for that of the whitening, or else of the model, or else GeM.
        regions: whether parts of the picture get codes of their own: True for the squares of a grid; "areas" for what the model that
            ships finds, 14 times slower.
        whitening: path of an `.npz`, see `Recipe`; None for that of the model, if it has one for the head.

    Returns:
        `Coder`.

    Raises:
        InputError: if one of them is not like that.
    """
    # Before the model, which takes seconds.
    if head is not None and head not in LEARNED:
        raise InputError(f"Invalid head. Expected one of {', '.join(HEADS)}. Received: {head}.")
    given = None if whitening is None else Recipe.load(whitening)
    if given and head not in (None, given.head):
        raise InputError(
            f"{whitening} is of {given.head} codes, and those of {head} were asked for. Leave the head out."
        )
    see, own = _opened(model)
    recipe = given or (own if own and head in (None, own.head) else Recipe(head or HEAD))
    return Coder(see, recipe, _proposer(see, regions))


def _opened(model):
    """What sees pictures, and the `Recipe` that it was trained with, or None."""
    # Imported late: a file needs no TensorFlow, the others no LiteRT.
    if model is not None and pathlib.Path(model).suffix == ".tflite":
        from getnet_tf.retrieval.file_maps import FileMaps

        see = FileMaps(model)
        return see, see.recipe
    from getnet_tf.retrieval.network_maps import checkpoint_maps, imagenet_maps

    return (imagenet_maps(), None) if model is None else checkpoint_maps(model)


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
