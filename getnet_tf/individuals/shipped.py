"""The head of the describer that ships: trainings that go on from it need not train one.

It was read back from `edge_demo/models/getnet.tflite`, so its kernels are as exact as 8 bits are, and what was folded into them stays so.
"""

import pathlib

import numpy as np

PATH = pathlib.Path(__file__).parent / "shipped.npz"


def load_into(head):
    """Gives a model of `network.build_head` the shipped weights.

    Raises:
        ValueError: if it is another model, by the shapes of its weights.
    """
    with np.load(PATH) as file:
        values = [file[name].astype(np.float32) for name in file.files]
    shapes = [value.shape for value in values], [tuple(value.shape) for value in head.weights]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"Expected the head of a describer with cells of {values[-1].shape[-1]} numbers. Received: {head.name}, {shapes[1]}."
        )
    head.set_weights(values)
