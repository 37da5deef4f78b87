"""An aligner's steps on models of tf_keras: under fake quantization or not, and as the functions of a file."""

import tensorflow as tf
import tf_keras
from keras import ops

from edge_demo.model.alignment.aligner import ALIGN, BEND, SEE
from edge_demo.model.alignment.turns import TURNS
from export import quantize
from export.convert import converted_models
from export.handed_over import in_8_bits
from getnet_tf.alignment.correlation import all_pairs_correlation
from getnet_tf.alignment.network import build_parts
from getnet_tf.alignment.steps import Steps
from getnet_tf.backbones import efficientnet_lite0

TAKEN = ((ALIGN, "turns"), (ALIGN, "maps"), (BEND, "laid"), (BEND, "maps"))  # as `align_see` gives them


class RebuiltSteps(Steps):
    """The steps of a trained aligner, its parts built a second time.

    Args:
        aligner: `getnet_tf.alignment.network.Aligner`.
        quantized: put fake quantization into every convolution and dense layer; the ranges are not settled yet.
    """

    def __init__(self, aligner, quantized):
        self.image_hw, self.transformer = aligner.image_hw, aligner.transformer
        self.parts = quantize.rebuilt_parts(aligner, build_parts(aligner.image_hw, keras=tf_keras), quantized)
        self.trunk, self.affine, self.tps = self.parts.values()

    def pair(self, pair, training):
        """Runs all parts on {"image_a", "affine_b", "spline_b"}, (B, H, W, 3) each, for the ranges to follow where they train.

        Of the last pair B is another's: what does not fit has other answers.
        """
        turned = self.turned(ops.convert_to_tensor(pair["image_a"]))
        images = ops.concatenate([*turned, pair["affine_b"], pair["spline_b"]], axis=0)
        maps = self.trunk(efficientnet_lite0.normalize(images), training=training)
        *turns, affine_b, spline_b = (
            ops.concatenate([own[:-1], own[:1]], axis=0) if number >= TURNS else own
            for number, own in enumerate(ops.split(maps, TURNS + 2, axis=0))
        )
        against = ops.concatenate([affine_b] * TURNS, axis=0)
        self.affine(all_pairs_correlation(ops.concatenate(turns, axis=0), against), training=training)
        self.tps(all_pairs_correlation(turns[0], spline_b), training=training)


def to_flatbuffer(steps, variant):
    """Converts an aligner.

    Args:
        steps: `RebuiltSteps`, float or, for a variant that is emulated, with settled ranges.
        variant: `Variant`.

    Returns:
        bytes, with the signatures of `edge_demo.model.alignment.aligner`.
    """
    content = converted_models(steps.parts.values(), _functions(steps), variant)
    return in_8_bits(content, (SEE, "maps"), TAKEN) if variant.activations == "int8" else content


def _functions(steps):
    """Concrete functions by name: dict."""
    image = (1, *steps.image_hw, 3)
    maps = (1, *steps.trunk.output_shape[1:])
    turns = (TURNS, *maps[1:])

    def align(turns, maps):
        affine, fit = steps.by_turn(turns, maps)
        return {"affine": affine[0], "fit": fit}

    def bend(laid, maps):
        return {"tps": steps.bend(laid, maps)[0]}

    return {
        SEE: _concrete(lambda image: {"maps": steps.maps(image)}, image=image),
        ALIGN: _concrete(align, turns=turns, maps=maps),
        BEND: _concrete(bend, laid=maps, maps=maps),
    }


def _concrete(call, **shapes):
    specs = {name: tf.TensorSpec(shape, tf.float32, name=name) for name, shape in shapes.items()}
    return tf.function(lambda **inputs: call(**inputs), autograph=False).get_concrete_function(**specs)
