"""A checkpoint as the edge's matcher: the same questions, answered by Keras."""

import numpy as np

from edge_demo.model.matcher import Matcher
from edge_demo.model.search import InOneGo


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
        self._compare = None

        def signature(function):
            compiled = tf.function(function, reduce_retracing=True)
            return lambda **inputs: {name: np.asarray(value) for name, value in compiled(**inputs).items()}

        def describe(image):
            if network.config.localiser != "guided":
                return {"embedding": network.describe(image)}
            maps = network.maps(image)
            return {"embedding": network.embed(maps[1]), "descriptor": network.descriptor(maps)}

        def find(image, descriptor=None, wanted=None):
            theta, embedding = network.find(image, descriptor=descriptor, wanted=wanted)
            return {"embedding": embedding} | ({} if theta is None else {"theta": theta})

        self._describe, self._search = signature(describe), InOneGo(signature(find), self.metadata)
        if network.joined is not None:
            self._compare = signature(
                lambda embedding0, embedding1: {"logit": network.joined([embedding0, embedding1])}
            )
