"""What stands on the screen: a quiet start without TensorFlow's greetings, and lines that say how far a work is."""

import os
import sys

from edge_demo.model import threads as model_threads
from edge_demo.native_log import captured_stderr
from getnet_tf.errors import InputError


def start_tensorflow(threads=0):
    """Imports TensorFlow and opens its devices without its greetings.

    Args:
        threads: CPU threads; 0 lets TensorFlow take all cores. Only before TensorFlow has run anything.

    Returns:
        The module `tensorflow`.

    Raises:
        InputError: for a number of threads at which TensorFlow would abort the process.
    """
    if not 0 <= threads <= model_threads.MOST:
        raise InputError(
            f"Invalid `threads`. Expected 0 to {model_threads.MOST}. Received: threads={threads}."
        )
    # What is an error to TensorFlow comes as an exception, too; alone it says on which processors it is slower.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with captured_stderr():
        import tensorflow as tf

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        tf.config.list_logical_devices()
    return tf


def say(words):
    """One line on stderr, at once: stdout is for results."""
    print(words, file=sys.stderr, flush=True)
