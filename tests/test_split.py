"""A signature cut in two computes what it computed as one, to the bit."""

import functools

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from edge_model import converted

from export.split import split

SHAPES = {"image": (1, 8, 8, 3), "descriptor": (1, 2, 6)}
NAMES = ("cells", "content")


@functools.cache
def whole(quantized):
    """`locate`: cosines of an image's 16 cells with two vectors, beside what a cell shows; and the image's mean. `other`: beside
    it, over the same kernel."""
    import tensorflow as tf

    rng = np.random.default_rng(0)

    class Tiny(tf.Module):
        def __init__(self):
            self.kernel = tf.Variable(rng.normal(size=(2, 2, 3, 6)).astype(np.float32))
            self.content = tf.Variable(rng.normal(size=(2, 2, 3, 2)).astype(np.float32))

        def cells(self, image):
            return tf.nn.conv2d(image, self.kernel, 2, "VALID")

        @tf.function(input_signature=[tf.TensorSpec(SHAPES[k], tf.float32, name=k) for k in SHAPES])
        def locate(self, image, descriptor):
            cells = tf.reshape(self.cells(image), (1, 16, 6))
            if not quantized:
                cells = cells / tf.maximum(tf.sqrt(tf.reduce_sum(cells * cells, -1, keepdims=True)), 1e-6)
            content = tf.nn.relu(tf.nn.conv2d(image, self.content, 2, "VALID"))
            alike = tf.matmul(cells, descriptor, transpose_b=True)
            seen = tf.concat([alike, tf.reshape(content, (1, 16, 2))], axis=-1)
            return {"heat": tf.reduce_max(seen, axis=1), "whole": tf.reduce_mean(image, axis=(1, 2))}

        @tf.function(input_signature=[tf.TensorSpec(SHAPES["image"], tf.float32, name="image")])
        def other(self, image):
            return {"mean": tf.reduce_mean(self.cells(image), axis=(1, 2))}

    def ranges():
        for _ in range(8):
            yield "locate", {k: rng.uniform(-1, 1, SHAPES[k]).astype(np.float32) for k in SHAPES}
            yield "other", {"image": rng.uniform(-1, 1, SHAPES["image"]).astype(np.float32)}

    module = Tiny()
    signatures = {"locate": module.locate, "other": module.other}
    return converted(module, signatures, ranges if quantized else None)


def cut(model, names=NAMES):
    return split(model, "locate", by="descriptor", first="see", handed_over=names)


def runner(model, name):
    return Interpreter(model_content=model, num_threads=1).get_signature_runner(name)


def inputs(function, seed):
    rng = np.random.default_rng(seed)
    given = {}
    for name, detail in sorted(function.get_input_details().items()):
        values = rng.uniform(-1, 1, detail["shape"])
        given[name] = (values * 127).astype(np.int8) if detail["dtype"] == np.int8 else values.astype("f4")
    return given


@pytest.mark.parametrize("quantized", [False, True])
def test_both_halves_together_give_what_the_whole_gave(quantized):
    model = whole(quantized)
    one, see, locate = runner(model, "locate"), runner(cut(model), "see"), runner(cut(model), "locate")
    for seed in range(5):
        given = inputs(one, seed)
        expected = one(**given)
        seen = see(image=given["image"])
        assert seen.keys() == {*NAMES, "whole"}
        assert {seen[name].dtype for name in NAMES} == {np.dtype(np.int8 if quantized else np.float32)}
        found = locate(descriptor=given["descriptor"], **{name: seen[name] for name in NAMES})
        assert found.keys() == {"heat"}
        np.testing.assert_array_equal(found["heat"], expected["heat"])
        np.testing.assert_array_equal(seen["whole"], expected["whole"])


def test_cells_are_handed_over_before_they_are_brought_to_length_1():
    """The image is 1 everywhere, so that every cell is the sum of the kernel over its four pixels and three colours."""
    seen = runner(cut(whole(False)), "see")(image=np.ones(SHAPES["image"], np.float32))
    kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 6)).astype(np.float32)
    np.testing.assert_allclose(seen["cells"].reshape(16, 6)[5], kernel.sum((0, 1, 2)), rtol=1e-5)


def test_other_signatures_stay_and_weights_are_there_once():
    model = whole(True)
    halves = cut(model)
    given = inputs(runner(model, "other"), 3)
    np.testing.assert_array_equal(
        runner(halves, "other")(**given)["mean"], runner(model, "other")(**given)["mean"]
    )
    assert Interpreter(model_content=halves).get_signature_list().keys() == {"see", "locate", "other"}
    assert len(halves) < len(model) + 2000


@pytest.mark.parametrize("names", [("cells",), ("cells", "content", "more")])
def test_another_number_of_tensors_is_refused(names):
    with pytest.raises(ValueError, match="a name for each of 2 tensors"):
        cut(whole(False), names)
