"""A quiet start: what TensorFlow prints about this machine before any work, a user cannot act upon."""

import os

from edge_demo.native_log import captured_stderr


def start_tensorflow(threads=0):
    """Imports TensorFlow and opens its devices without its greetings.

    Args:
        threads: CPU threads; 0 lets TensorFlow take all cores. Only before TensorFlow has run anything.

    Returns:
        The module `tensorflow`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with captured_stderr():
        import tensorflow as tf

        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        tf.config.list_logical_devices()
    return tf
