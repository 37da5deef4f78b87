"""A checkpoint as the edge's matcher: the same questions, answered by Keras."""

import numpy as np

from edge_demo.model.matcher import Matcher


class KerasMatcher(Matcher):
    """Has all that `Matcher` has; target areas come from the network's image.

    Args:
        path: of a checkpoint, the `.keras` file or its run folder.

    Raises:
        InputError: if there is no such file, or it is no checkpoint of ours.
    """

    def __init__(self, path):
        import tensorflow as tf

        from getnet_tf import checkpoint
        from getnet_tf.metadata import metadata_of

        network, card = checkpoint.load(path)
        self.metadata = metadata_of(card, card.calibration, "none")
        self._locate = self._embed = self._compare = None

        def signature(function):
            compiled = tf.function(function, reduce_retracing=True)
            return lambda **inputs: {name: np.asarray(value) for name, value in compiled(**inputs).items()}

        branch = network.branch
        self._describe = signature(lambda image: branch.describe(image))
        self._find = signature(lambda image, **shown: branch.find(image, shown_as(**shown)))
        if branch.joined is not None:
            self._compare = signature(branch.compare)


def shown_as(descriptor=None, wanted=None):
    """What a signature `find` takes of a reference, as `Branch.find` takes it."""
    return None if descriptor is None else {"descriptor": descriptor, "embedding": wanted}
