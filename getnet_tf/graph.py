"""A function on tensors as a graph, which TensorFlow runs."""


def graph_of(function):
    """Compiles a function, for batches of any size at most twice.

    None of ours decides anything by a tensor, so AutoGraph would only make the start longer.
    """
    import tensorflow as tf

    return tf.function(function, reduce_retracing=True, autograph=False)
