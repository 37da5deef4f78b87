"""Where to look (III-A): the localisers, one file each, listed here.

A localiser's layers and maths are imported when they are used, so that settings can be checked without TensorFlow.
"""

from getnet_tf.localisers.guided import Guided
from getnet_tf.localisers.nowhere import Nowhere
from getnet_tf.localisers.salient import Salient
from getnet_tf.localisers.salient_on_maps import SalientOnMaps

ALL = (Salient(), SalientOnMaps(), Guided(), Nowhere())
LOCALISERS = tuple(dict.fromkeys(localiser.name for localiser in ALL))


def localiser_of(config):
    """The localiser of a `ModelConfig`: of those of its name the one for its backbone, or else the last of them."""
    named = [localiser for localiser in ALL if localiser.name == config.localiser]
    return next((localiser for localiser in named if localiser.suits(config)), named[-1])
