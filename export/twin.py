"""A network behind the edge's own matcher: what a file must compute, on the path that the demo takes.

The demo cuts target areas out of the frame, reduced by area where they are larger than the crop, and decides in NumPy; the
network samples its own image. On equal pictures these two differ by what is seen, so a file is held against the network
on the same path, where only numerics differ.
"""

import tensorflow as tf

from edge_demo.model.matcher import Matcher


class Twin(Matcher):
    """Has all that `Matcher` has, with a branch in place of a file.

    Args:
        branch: `Branch`, float or with fake quantization.
        fields: `Metadata` of the file that is made of it.
    """

    def __init__(self, branch, fields):
        functions = {name: _in_numpy(function) for name, function in branch.signatures().items()}
        self.metadata = fields
        self._describe, self._compare = functions["describe"], functions.get("compare")
        self._locate = self._embed = self._find = None
        if "locate" in functions:
            self._locate, self._embed = functions["locate"], functions["describe"]
        else:
            self._find = functions["find"]


def _in_numpy(function):
    """A concrete function of named tensors as one of arrays."""

    def call(**arrays):
        outputs = function(**{name: tf.constant(array) for name, array in arrays.items()})
        return {name: value.numpy() for name, value in outputs.items()}

    return call
