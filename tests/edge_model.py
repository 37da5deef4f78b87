"""Four tiny real models whose every output can be computed by hand.

`centroid`: gray, finds things. Its box is centred on the image's centroid of brightness, with fixed scales;
its embedding is the mean brightness of the four quadrants, made unit length. A black image has neither: NaN.

`palette`: RGB, without a localiser. Its embedding is the mean (R, G, B); its joined head's logit is
1 - |e0 - e1|_1.

`palette_int8`: as `palette`, without the head, and everything in int8, its inputs and outputs, too.

`spots`: RGB, sees a frame of 16x16 once and searches it for a colour. A cell of its fine map is the mean colour of 4x4 pixels,
one of its coarse map that of 8x8; descriptor and embedding are the mean colour at length 1. It looks at the cell whose colour
is most like the reference's, heat 10 times their cosine; and, e^20 times less sure, at the whole frame.
"""

import dataclasses
import functools
import tempfile
import warnings
from pathlib import Path

import numpy as np

from edge_demo.model import metadata
from edge_demo.model.metadata import Metadata

IMAGE_HW = (12, 20)
CROP_HW = (6, 8)
BOX_SCALE = (0.25, 0.5)  # (sx, sy)

CENTROID = Metadata(
    image_hw=IMAGE_HW,
    channels=1,
    color="gray",
    value_range=(0.0, 1.0),
    fit=metadata.FIT,
    localiser="salient",
    theta_kind="box",
    crop_hw=CROP_HW,
    embedding_dim=4,
    descriptor_shape=None,
    decision="distance",
    threshold=0.5,
    score_curve={"distance": [0.0, 0.5, 1.5], "score": [1.0, 0.5, 0.0]},
    quantization="none",
    training_command="none: made by hand",
    commit="0000000",
    scores={},
)

PALETTE = Metadata(
    image_hw=IMAGE_HW,
    channels=3,
    color="rgb",
    value_range=(0.0, 1.0),
    fit=metadata.FIT,
    localiser="none",
    theta_kind=None,
    crop_hw=CROP_HW,
    embedding_dim=3,
    descriptor_shape=None,
    decision="joined",
    threshold=0.0,
    score_curve={"distance": [-1.0, 2.0], "score": [1.0, 0.0]},
    quantization="none",
    training_command="none: made by hand",
    commit="0000000",
    scores={},
)

SPOTS = dataclasses.replace(
    PALETTE,
    image_hw=(16, 16),
    crop_hw=(8, 8),
    localiser="guided",
    theta_kind="box",
    descriptor_shape=(2, 3),
    decision="distance",
    threshold=0.5,
    score_curve={"distance": [0.0, 0.5, 1.5], "score": [1.0, 0.5, 0.0]},
    looks={"trust": 16.0, "context": 0.0},
    early_no={"parts": 0.5, "heat": 9.0},
)

PALETTE_INT8 = dataclasses.replace(PALETTE, decision="distance", quantization="int8")


def write_centroid(path: Path) -> Path:
    """Writes the model that finds bright things, with its metadata."""
    path.write_bytes(_centroid_flatbuffer())
    metadata.append(path, CENTROID)
    return path


def write_palette(path: Path) -> Path:
    """Writes the model that compares mean colours, with its metadata."""
    path.write_bytes(_palette_flatbuffer())
    metadata.append(path, PALETTE)
    return path


def write_palette_int8(path: Path) -> Path:
    """Writes the model that has the mean colours in int8, with its metadata."""
    path.write_bytes(_palette_int8_flatbuffer())
    metadata.append(path, PALETTE_INT8)
    return path


def write_spots(path: Path, **changes) -> Path:
    """Writes the model that searches for colours, with its metadata."""
    path.write_bytes(_spots_flatbuffer())
    metadata.append(path, dataclasses.replace(SPOTS, **changes))
    return path


def quadrants(image: np.ndarray) -> np.ndarray:
    """The centroid model's embedding of a gray image (H, W), in NumPy."""
    height, width = image.shape
    means = image.reshape(2, height // 2, 2, width // 2).mean(axis=(1, 3)).ravel()
    return means / np.linalg.norm(means)


@functools.cache
def _centroid_flatbuffer() -> bytes:
    import tensorflow as tf

    height, width = IMAGE_HW
    columns = tf.reshape(tf.linspace(-1.0, 1.0, width), (1, 1, width, 1))
    rows = tf.reshape(tf.linspace(-1.0, 1.0, height), (1, height, 1, 1))

    def embedding(image):
        quarter_hw = (image.shape[1] // 2, image.shape[2] // 2)
        means = tf.reshape(tf.nn.avg_pool2d(image, quarter_hw, quarter_hw, "VALID"), (1, 4))
        return means / tf.sqrt(tf.reduce_sum(means * means, axis=1, keepdims=True))

    class Centroid(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, *IMAGE_HW, 1), tf.float32, name="image")])
        def find(self, image):
            brightness = tf.reduce_sum(image, axis=(1, 2, 3))
            tx = tf.reduce_sum(image * columns, axis=(1, 2, 3)) / brightness
            ty = tf.reduce_sum(image * rows, axis=(1, 2, 3)) / brightness
            sx, sy = (tf.fill((1,), scale) for scale in BOX_SCALE)
            return {"theta": tf.stack([sx, sy, tx, ty], axis=1), "embedding": embedding(image)}

        @tf.function(input_signature=[tf.TensorSpec((1, *CROP_HW, 1), tf.float32, name="image")])
        def describe(self, image):
            return {"embedding": embedding(image)}

    module = Centroid()
    return converted(module, {"find": module.find, "describe": module.describe})


@functools.cache
def _palette_flatbuffer() -> bytes:
    import tensorflow as tf

    class Palette(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((1, *IMAGE_HW, 3), tf.float32, name="image")])
        def find(self, image):
            return {"embedding": tf.reduce_mean(image, axis=(1, 2))}

        @tf.function(input_signature=[tf.TensorSpec((1, *CROP_HW, 3), tf.float32, name="image")])
        def describe(self, image):
            return {"embedding": tf.reduce_mean(image, axis=(1, 2))}

        @tf.function(
            input_signature=[tf.TensorSpec((1, 3), tf.float32, name=f"embedding{i}") for i in (0, 1)]
        )
        def compare(self, embedding0, embedding1):
            return {"logit": 1 - tf.reduce_sum(tf.abs(embedding0 - embedding1), axis=1, keepdims=True)}

    module = Palette()
    return converted(module, {"find": module.find, "describe": module.describe, "compare": module.compare})


@functools.cache
def _spots_flatbuffer() -> bytes:
    import tensorflow as tf

    return converted(tf.Module(), spots_functions())


def spots_functions() -> dict:
    """The signatures of `spots`, to be converted alone or with others."""
    import tensorflow as tf

    centres = np.array([-0.8, -4 / 15, 4 / 15, 0.8], np.float32)  # of the cells, where 0 and 15 are -1 and 1
    boxes = np.array([(0.2, 0.2, x, y) for y in centres for x in centres], np.float32)
    whole = np.array([[1, 1, 0, 0]], np.float32)

    def unit(vectors):
        length = tf.sqrt(tf.reduce_sum(vectors * vectors, axis=-1, keepdims=True) + 1e-12)
        return vectors / tf.maximum(length, 1e-6)

    def specs(**shapes):
        return {name: tf.TensorSpec((1, *shape), tf.float32, name=name) for name, shape in shapes.items()}

    def see(image):
        fine, coarse = (tf.nn.avg_pool2d(image, size, size, "VALID") for size in (4, 8))
        found = {"fine": fine, "coarse": coarse, "content": fine[..., :1]}
        return found | {"whole": unit(tf.reduce_mean(image, axis=(1, 2)))}

    def locate(fine, coarse, content, descriptor):
        cosines = tf.matmul(tf.reshape(unit(fine), (1, 16, 3)), descriptor[:, :1], transpose_b=True)[..., 0]
        surest = tf.one_hot(tf.argmax(cosines, axis=1), 16)
        heat = 10 * tf.reduce_max(cosines, axis=1, keepdims=True)
        heat += 0 * (tf.reduce_sum(coarse) + tf.reduce_sum(content))  # which it takes, but does not need
        sure = tf.constant([[1.0, np.exp(-20)]]) + 0 * heat
        return {"theta": tf.concat([surest @ boxes, whole], axis=0), "sure": sure, "heat": heat}

    def describe(image):
        mean = unit(tf.reduce_mean(image, axis=(1, 2)))
        return {"embedding": mean, "descriptor": tf.stack([mean, mean], axis=1)}

    def embed(image):
        return {"embedding": unit(tf.reduce_mean(image, axis=(1, 2)))}

    maps = {"fine": (4, 4, 3), "coarse": (2, 2, 3), "content": (4, 4, 1)}
    return {
        "see": tf.function(see).get_concrete_function(**specs(image=(16, 16, 3))),
        "locate": tf.function(locate).get_concrete_function(**specs(**maps, descriptor=(2, 3))),
        "describe": tf.function(describe).get_concrete_function(**specs(image=(8, 8, 3))),
        "embed": tf.function(embed).get_concrete_function(**specs(image=(8, 8, 3))),
    }


@functools.cache
def _palette_int8_flatbuffer() -> bytes:
    import tensorflow as tf

    class Palette(tf.Module):
        def __init__(self):
            self.same = tf.Variable(
                np.eye(3, dtype=np.float32)[None, None]
            )  # a 1x1 convolution, to be quantized

        @tf.function(input_signature=[tf.TensorSpec((1, *IMAGE_HW, 3), tf.float32, name="image")])
        def find(self, image):
            return {"embedding": tf.reduce_mean(tf.nn.conv2d(image, self.same, 1, "SAME"), axis=(1, 2))}

        @tf.function(input_signature=[tf.TensorSpec((1, *CROP_HW, 3), tf.float32, name="image")])
        def describe(self, image):
            return {"embedding": tf.reduce_mean(tf.nn.conv2d(image, self.same, 1, "SAME"), axis=(1, 2))}

    module = Palette()
    levels = np.linspace(0, 1, 5, dtype=np.float32)

    def ranges():
        for level in levels:
            yield "find", {"image": np.full((1, *IMAGE_HW, 3), level, np.float32)}
            yield "describe", {"image": np.full((1, *CROP_HW, 3), level, np.float32)}

    return converted(module, {"find": module.find, "describe": module.describe}, ranges)


def converted(module, signatures, ranges=None) -> bytes:
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(signatures))
        if ranges is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = ranges
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.inference_input_type = converter.inference_output_type = tf.int8
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # the converter calibrates with an interpreter that it calls deprecated
            return converter.convert()
