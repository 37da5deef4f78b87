"""A branch -> the bytes of a `.tflite` file with named signatures."""

import contextlib
import os
import sys
import tempfile

import tensorflow as tf


def to_flatbuffer(branch, quantized):
    """Converts a branch.

    Args:
        branch: `Branch` of tf_keras models, float or with fake quantization.
        quantized: whether fake quantization becomes 8-bit arithmetic.

    Returns:
        bytes. Signatures `find`, `describe` and, with a joined decision, `compare`; float inputs and outputs.
    """
    functions = branch.signatures()
    with tempfile.TemporaryDirectory() as folder, quiet_stderr():
        tf.saved_model.save(branch, folder, signatures=functions)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(functions))
        if quantized:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return converter.convert()


@contextlib.contextmanager
def quiet_stderr():
    """Hides what the converter's native code prints on stderr; if it fails, shows it."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as kept:
        original = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(original, 2)
            kept.seek(0)
            os.write(2, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
