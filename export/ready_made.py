"""LiteRT's own quantizer on a float file of ours: what one would take without an emulation and without fine-tuning.

It takes any float file, needs no checkpoint and no Keras, and knows forms that we do not (4 bits, 16-bit activations). It
rounds what it finds; it does not first rewrite kernels so that 8 bits can hold them, and nothing learns to live with them.
"""

import warnings

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from litert_quantizer import qtyping
from litert_quantizer.quantizer import Quantizer

from edge_demo.model.preprocess import frame_to_input, reference_to_input
from edge_demo.model.sampling import sample_area
from edge_demo.native_log import captured_stderr
from export.flatbuffer import packed, parsed
from export.variant import Variant

READY_MADE = Variant("litert-quantizer", weights="int8", activations="int8")
# Its recipe for all operators rounds theta and the sampling grid, too, and looks anywhere then: only what we quantize.
QUANTIZED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def is_possible(flatbuffer):
    """Whether every signature of a file takes one image and nothing else, so that pictures alone settle its ranges."""
    return all(set(inputs) == {"image"} for inputs in _signatures(flatbuffer).values())


def ready_made(flatbuffer, matcher, frames_bgr_u8):
    """Quantizes weights and activations of all convolutions and dense layers to int8.

    Args:
        flatbuffer: bytes of a float file for which `is_possible` holds.
        matcher: `Matcher` of that file, which says what areas of the frames its second half sees.
        frames_bgr_u8: (N, H, W, 3) training pictures, which settle the ranges.

    Returns:
        bytes.

    Source: github.com/google-ai-edge/LiteRT/tree/main/litert_quantizer, version 0.11.
    """
    samples = _samples(_signatures(flatbuffer), matcher, frames_bgr_u8)
    quantizer = Quantizer(_with_unique_names(flatbuffer))
    for operator in QUANTIZED:
        quantizer.add_static_config(
            ".*", qtyping.TFLOperationName[operator], activation_num_bits=8, weight_num_bits=8
        )
    # It shows bars of progress, and warns of the memory that its own way of calibrating takes.
    with captured_stderr(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ranges = quantizer.calibrate(samples, num_threads=1)
        result = quantizer.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    return _with_weights_inside(bytes(result.quantized_model))


def _signatures(flatbuffer):
    """The inputs of every signature: dict of dict of shapes."""
    with captured_stderr():
        interpreter = Interpreter(model_content=flatbuffer)
        runners = {name: interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()}
        return {
            name: {
                key: tuple(map(int, detail["shape"])) for key, detail in runner.get_input_details().items()
            }
            for name, runner in runners.items()
        }


def _samples(signatures, matcher, frames_bgr_u8):
    """What every signature is given while the demo looks at frames: those of the image's shape it, the others areas."""
    fields = matcher.metadata
    images = [frame_to_input(frame, fields) for frame in frames_bgr_u8]
    areas = images
    if fields.theta_kind is not None:
        thetas = [matcher.find(frame).theta for frame in frames_bgr_u8]
        cut = [
            sample_area(frame, theta, fields.theta_kind, fields.image_hw, fields.crop_hw)
            for frame, theta in zip(frames_bgr_u8, thetas, strict=True)
        ]
        areas = [reference_to_input(area, fields) for area in cut]
    return {
        name: [{"image": image} for image in (images if shapes["image"] == images[0].shape else areas)]
        for name, shapes in signatures.items()
    }


def _with_unique_names(flatbuffer):
    """The quantizer tells tensors apart by their names, which `flatbuffer.compact` left out."""
    model = parsed(flatbuffer)
    for number, graph in enumerate(model.subgraphs):
        for index, tensor in enumerate(graph.tensors):
            tensor.name = f"{number}/{index}".encode()
    return packed(model)


def _with_weights_inside(flatbuffer):
    """It stores weights behind the tables, as for files beyond 2 GB, where not every reader of tables looks for them."""
    model = parsed(flatbuffer)
    for buffer in model.buffers:
        if buffer.size:
            buffer.data = np.frombuffer(flatbuffer, np.uint8, buffer.size, buffer.offset)
            buffer.offset = buffer.size = 0
    return packed(model)
