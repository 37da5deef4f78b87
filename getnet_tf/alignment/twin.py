"""A network on the camera program's own path, as its file will be."""

from edge_demo.model.alignment.aligner import Aligner
from getnet_tf.evaluation.keras_matcher import in_numpy


class Twin(Aligner):
    """The camera program's aligner with a network in place of a file.

    Args:
        steps: `getnet_tf.alignment.steps.Steps`, with an `image_hw`.
    """

    def __init__(self, steps):
        self.image_hw = steps.image_hw
        self._see = in_numpy(lambda image: {"maps": steps.maps(image)})
        self._align = in_numpy(lambda turns, maps: _of_one(*steps.by_turn(turns, maps)))
        self._bend = in_numpy(lambda laid, maps: {"tps": steps.bend(laid, maps)[0]})

    def floats(self, maps):
        return maps


def _of_one(affine, fit):
    return {"affine": affine[0], "fit": fit}
