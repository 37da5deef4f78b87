"""How A is laid on B, step by step, whatever the three parts that learn are made of."""

from keras import ops

from edge_demo.model.alignment.affine import after
from edge_demo.model.alignment.turns import TURNS, turn_theta
from getnet_tf.alignment.affine_maps import IDENTITY
from getnet_tf.alignment.correlation import all_pairs_correlation
from getnet_tf.backbones import efficientnet_lite0


class Steps:
    """The only definition of the forward pass: `Aligner` trains and calls it, the exporter gives its steps names.

    Who inherits it has the parts of `network.build_parts`: `trunk`, `affine` and `tps`, those of Keras 3 while they learn, those of
    `tf_keras`, with fake quantization or without, while they are exported; and `transformer`, a `SpatialTransformer` to images.
    What is between the parts is float.
    """

    def maps(self, images):
        """What is compared: images (B, H, W, 3) -> (B, H / 16, W / 16, 112) float32."""
        return self.trunk(efficientnet_lite0.normalize(images), training=False)

    def turns(self, image_a):
        """The maps of A in every turn, which do not depend on B: (B, H, W, 3) -> (8 B, h, w, 112), turn by turn."""
        return self.maps(ops.concatenate(self.turned(image_a), axis=0))

    def turned(self, image_a):
        """A in every turn of `edge_demo.model.alignment.turns`: a list of (B, H, W, 3)."""
        one = ops.ones_like(image_a[:, 0, 0, :1])  # (B, 1)
        return [self.transformer([image_a, one * turn_theta(number)]) for number in range(TURNS)]

    def best_turn(self, turns, maps_b):
        """The turn of A that fits best, from `turns` and the maps of B: its affine theta (B, 6), its fit (B,), a logit."""
        thetas, fits = self.by_turn(turns, maps_b)
        # Keras's argmax tells 0 from -0 by their bits, for which the edge has no kernel.
        fit, best = ops.top_k(fits, 1)
        # A product with zeros and a one instead of a gather: the fastest kernels of the edge have no form for that.
        best = ops.one_hot(best[:, 0], TURNS)
        return ops.sum(best[:, :, None] * thetas, axis=1), fit[:, 0]

    def by_turn(self, turns, maps_b):
        """For every turn of A the affine theta (B, 8, 6) into A as it is, and its fit (B, 8), a logit."""
        pairs = all_pairs_correlation(turns, ops.concatenate([maps_b] * TURNS, axis=0))
        offset, fit = self.affine(pairs, training=False)
        thetas = [
            after(ops.array(turn_theta(number)[None]), theta + IDENTITY, ops)
            for number, theta in enumerate(ops.split(offset, TURNS, axis=0))
        ]
        return ops.stack(thetas, axis=1), ops.concatenate(ops.split(fit, TURNS, axis=0), axis=-1)

    def bend(self, laid, maps_b):
        """From the maps of A laid on B, and those of B: the spline (B, 18) of what is left, the logit (B,) of a fit."""
        offset, fit = self.tps(all_pairs_correlation(laid, maps_b), training=False)
        return offset, fit[:, 0]

    def bent(self, image_a, affine, maps_b):
        """What A lacks to lie on B when it is read at `affine`: as `bend`."""
        return self.bend(self.maps(self.transformer([image_a, affine])), maps_b)
