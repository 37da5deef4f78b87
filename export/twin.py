"""A network behind the edge's own matcher: what a file must compute, on the path that the demo takes.

The demo cuts target areas out of the frame, reduced by area where they are larger than the crop, and decides in NumPy; the
network samples its own image. On equal pictures these two differ by what is seen, so a file is held against the network
on the same path, where only numerics differ.
"""

from edge_demo.model.matcher import Matcher
from edge_demo.model.search import InOneGo, InSteps
from getnet_tf.evaluation.keras_matcher import in_numpy, shown_as


class Twin(Matcher):
    """Has all that `Matcher` has but an early no, with a branch in place of a file.

    Args:
        branch: `Branch`, float or with fake quantization.
        fields: `Metadata` of the file that is made of it.
    """

    def __init__(self, branch, fields):
        self.metadata = fields
        self._describe = in_numpy(lambda image: branch.describe(image))
        self._compare = None if branch.joined is None else in_numpy(branch.compare)
        if branch.localiser is None or branch.config.sampled == "map":
            find = in_numpy(lambda image, **shown: branch.find(image, shown_as(**shown)))
            self._search = InOneGo(find, fields)
        else:
            locate = None
            if branch.strategy.takes_reference:
                locate = in_numpy(lambda descriptor, **seen: branch.locate(seen, descriptor))
            self._search = InSteps(in_numpy(branch.see), locate, self._describe, fields)
