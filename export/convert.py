"""A branch -> the bytes of a `.tflite` file with named signatures."""

import tempfile

import tensorflow as tf

from edge_demo.native_log import captured_stderr
from export.flatbuffer import compact, with_alias, with_int8_images
from export.signatures import Signatures
from export.split import split

MAPS = ("fine", "coarse", "content")  # that `see` hands over to `locate`, the largest first


def to_flatbuffer(branch, variant, int8_images=False):
    """Converts a branch.

    Args:
        branch: `Branch` of tf_keras models, float or, for a variant that is emulated, with fake quantization.
        variant: `Variant`.
        int8_images: whether images go in as int8, see `flatbuffer.with_int8_images`; all else is float.

    Returns:
        bytes. Signatures as `Signatures` names them, but `locate`, which takes an image and what to search for, is `see`
        and a `locate` on what that saw; and beside `see` there is `embed`.
    """
    module = Signatures(branch)
    functions = module.functions()
    content = converted(module, functions, variant)
    if "locate" in functions:
        content = split(content, "locate", by="descriptor", first="see", handed_over=MAPS)
    if functions.keys() & {"see", "locate"}:
        # What describes a reference describes an area that was cut out of a frame.
        content = with_alias(content, "embed", "describe", ("embedding",))
    return with_int8_images(content) if int8_images else content


def converted_models(models, functions, variant):
    """As `converted`, of functions that use these models."""
    module = tf.Module()
    # Not the models: TensorFlow would trace and save every layer's functions, too.
    module.weights = [variable for model in models for variable in model.variables]
    return converted(module, functions, variant)


def converted(module, functions, variant):
    """A `tf.Module` and its concrete functions by name -> bytes of a file with a signature each, of a `Variant`'s types."""
    # The converters print hundreds of lines; what goes wrong comes as an exception.
    with tempfile.TemporaryDirectory() as folder, captured_stderr():
        tf.saved_model.save(module, folder, signatures=functions)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(functions))
        if variant.quantized:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if variant.weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return compact(converter.convert())
