"""What one signature hands over to another stays in 8 bits, though the converter gives and takes floats."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from export.flatbuffer import name_of, packed, parsed, take_int8


def in_8_bits(flatbuffer, given, taken):
    """Gives an output as the 8 bits that it is computed in, and takes inputs as the same. Results stay equal, bit by bit.

    Args:
        flatbuffer: bytes of a `.tflite` file, without an appended zip.
        given: (signature, name of an output), a float that is unpacked from int8 last of all.
        taken: iterable of (signature, name of an input), floats that get what the output gives.

    Returns:
        bytes.

    Raises:
        ValueError: if the output is not unpacked from int8.
    """
    model = parsed(flatbuffer)
    graph, output = _found(model, *given, "outputs")
    last = next(operator for operator in graph.operators if output.tensorIndex in operator.outputs)
    packed_index = last.inputs[0]
    table = graph.tensors[packed_index].quantization
    if name_of(model, last) != "DEQUANTIZE" or graph.tensors[packed_index].type != schema.TensorType.INT8:
        raise ValueError(
            f"Invalid `given`. Expected an output that is unpacked from int8, received {given} of {name_of(model, last)}."
        )
    graph.tensors[packed_index].name = graph.tensors[output.tensorIndex].name
    graph.operators.remove(last)
    graph.outputs = np.where(graph.outputs == output.tensorIndex, packed_index, graph.outputs)
    output.tensorIndex = packed_index
    for signature, name in taken:
        graph, given_tensor = _found(model, signature, name, "inputs")
        take_int8(model, graph, given_tensor.tensorIndex, table)
    return packed(model)


def _found(model, signature, name, side):
    """The graph of a signature, and where in it an input or output of this name is."""
    (own,) = (s for s in model.signatureDefs if s.signatureKey.decode() == signature)
    (tensor,) = (t for t in getattr(own, side) if t.name.decode() == name)
    return model.subgraphs[own.subgraphIndex], tensor
