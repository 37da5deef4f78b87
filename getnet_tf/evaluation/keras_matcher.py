"""A checkpoint as the edge's matcher: the same questions, answered by Keras."""

import numpy as np

from edge_demo.model.matcher import Matcher
from edge_demo.model.search import InOneGo
from getnet_tf.graph import graph_of


class KerasMatcher(Matcher):
    """Has all that `Matcher` has but an early no; target areas come from the network's image.

    Args:
        path: of a checkpoint, the `.keras` file or its run folder.

    Raises:
        InputError: if there is no such file, or it is no checkpoint of ours.
    """

    def __init__(self, path):
        from getnet_tf import checkpoint
        from getnet_tf.metadata import metadata_of

        network, card = checkpoint.load(path)
        branch = network.branch
        self.metadata = metadata_of(card, card.calibration, "none")
        self._describe = in_numpy(lambda image: branch.describe(image))
        self._search = InOneGo(
            in_numpy(lambda image, **shown: branch.find(image, shown_as(**shown))), self.metadata
        )
        self._compare = None if branch.joined is None else in_numpy(branch.compare)


def in_numpy(function):
    """A function of named tensors, compiled, as one of arrays that gives a dict of arrays."""
    compiled = graph_of(function)
    return lambda **inputs: {name: np.asarray(value) for name, value in compiled(**inputs).items()}


def shown_as(descriptor=None, wanted=None):
    """What a signature `find` takes of a reference, as `Branch.find` takes it."""
    return None if descriptor is None else {"descriptor": descriptor, "embedding": wanted}
