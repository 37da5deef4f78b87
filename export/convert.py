"""A branch -> the bytes of a `.tflite` file with named signatures."""

import tempfile

import tensorflow as tf

from edge_demo.native_log import captured_stderr
from export.flatbuffer import compact


def to_flatbuffer(branch, quantized):
    """Converts a branch.

    Args:
        branch: `Branch` of tf_keras models, float or with fake quantization.
        quantized: whether fake quantization becomes 8-bit arithmetic.

    Returns:
        bytes. Signatures `find`, `describe` and, with a joined decision, `compare`; float inputs and outputs.
    """
    functions = branch.signatures()
    # The converters print hundreds of lines; what goes wrong comes as an exception.
    with tempfile.TemporaryDirectory() as folder, captured_stderr():
        tf.saved_model.save(branch, folder, signatures=functions)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(functions))
        if quantized:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return compact(converter.convert())
