"""How a map becomes the parts of a code: one file each, listed here.

A head is a pure function (maps (B, h, w, K), none of them below 0; xp) -> parts (B, R, K). The code is what
`getnet_tf.retrieval.recipe.joined` makes of the parts: each at length 1, whitened, at length 1 again; their sum at length 1.
Only R-MAC has more than one part. `xp` computes: NumPy, or `keras.ops` in a model. What a head learns, it takes by name; NetVLAD
knows nothing before.
"""

from getnet_tf.retrieval.heads.crow import crow
from getnet_tf.retrieval.heads.gem import gem
from getnet_tf.retrieval.heads.mac import mac
from getnet_tf.retrieval.heads.netvlad import netvlad
from getnet_tf.retrieval.heads.rmac import rmac
from getnet_tf.retrieval.heads.spoc import spoc

NETVLAD = "netvlad"
HEADS = {"spoc": spoc, "mac": mac, "rmac": rmac, "crow": crow, "gem": gem}
LEARNED = {**HEADS, NETVLAD: netvlad}  # those that a training can begin with
