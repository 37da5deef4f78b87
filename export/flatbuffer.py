"""A look inside a `.tflite` file: which operator computes in which type."""

import collections
import contextlib
import dataclasses

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_OPERATORS = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
_TYPES = {code: name.lower() for name, code in vars(schema.TensorType).items() if not name.startswith("_")}
HEAVY = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


@dataclasses.dataclass(frozen=True)
class Operator:
    """One operator of one signature."""

    signature: str
    name: str  # as in TFLite's schema, such as CONV_2D
    dtypes: tuple[str, ...]  # of its data, constants and first output: ("int8", "int8", "int8")
    constant_weights: bool  # a convolution or dense layer whose weights are in the file

    @property
    def stray(self):
        """Whether this is a convolution or dense layer that a fully quantized model must not have."""
        return self.constant_weights and set(self.dtypes) != {"int8"}


def compact(flatbuffer):
    """Stores tables and kernels once that signatures share, and no names of inner tensors.

    Every channel of every convolution has a scale (4 bytes) and a zero point (8 bytes), for weights and for biases, and
    again in every signature: a quarter of a file of EfficientNet-Lite0. Flatbuffers may point at one table twice.

    Args:
        flatbuffer: bytes of a `.tflite` file, without an appended zip.

    Returns:
        bytes of the same model, but for single steps of depthwise kernels, see `_share_twins`.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(flatbuffer), 0))
    for graph in model.subgraphs:
        outside = {*graph.inputs, *graph.outputs}
        for index, tensor in enumerate(graph.tensors):
            if index not in outside:
                tensor.name = None
    _share_twins(model)
    builder = flatbuffers.Builder(len(flatbuffer))
    with _packed_once():
        builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _share_twins(model):
    """Points depthwise kernels at one buffer that were rounded once per signature.

    The converter quantizes these anew for every signature, and a weight halfway between two steps may fall either way, even
    the largest of a channel, by which the channel is scaled. Less than one weight in fifty differs, by a step, and both
    are right.
    """
    kept, moved = {}, {}
    for tensor in (tensor for graph in model.subgraphs for tensor in graph.tensors):
        tensor.buffer = moved.get(tensor.buffer, tensor.buffer)
        data, table = model.buffers[tensor.buffer].data, tensor.quantization
        if tensor.type != schema.TensorType.INT8 or data is None or table is None or table.scale is None:
            continue
        values, scale = np.asarray(data, np.uint8).view(np.int8).astype(np.int16), np.asarray(table.scale)
        for buffer, other, other_scale in kept.setdefault(tuple(tensor.shape), []):
            alike = len(scale) == len(other_scale) and np.allclose(scale, other_scale, rtol=0.01, atol=0)
            if alike and np.abs(values - other).max() <= 1 and np.mean(values != other) < 0.02:
                if tensor.buffer != buffer:
                    model.buffers[tensor.buffer].data = None
                    moved[tensor.buffer] = buffer
                    tensor.buffer = buffer
                break
        else:
            kept[tuple(tensor.shape)].append((tensor.buffer, values, scale))


@contextlib.contextmanager
def _packed_once():
    """Equal quantization tables are written once, and so are their vectors of zeros; buffers begin at multiples of 16."""
    original, written = schema.QuantizationParametersT.Pack, {}

    def pack(table, builder):
        vectors = (table.scale, table.zeroPoint, table.min, table.max)
        content = tuple(None if vector is None else bytes(memoryview(vector)) for vector in vectors)
        key = (*content, table.quantizedDimension)
        if table.details is not None or table.zeroPoint is None or table.scale is None:
            return original(table, builder)
        if key not in written:
            zeros = ("zeros", content[1])
            if zeros not in written:
                written[zeros] = builder.CreateNumpyVector(table.zeroPoint)
            scale = builder.CreateNumpyVector(table.scale)
            schema.QuantizationParametersStart(builder)
            schema.QuantizationParametersAddScale(builder, scale)
            schema.QuantizationParametersAddZeroPoint(builder, written[zeros])
            schema.QuantizationParametersAddQuantizedDimension(builder, table.quantizedDimension)
            written[key] = schema.QuantizationParametersEnd(builder)
        return written[key]

    original_buffer = schema.BufferT.Pack

    def pack_buffer(buffer, builder):
        if buffer.data is not None:
            builder.Prep(
                16, len(buffer.data)
            )  # the schema's alignment, of which Python's generated code knows nothing
        return original_buffer(buffer, builder)

    schema.QuantizationParametersT.Pack, schema.BufferT.Pack = pack, pack_buffer
    try:
        yield
    finally:
        schema.QuantizationParametersT.Pack, schema.BufferT.Pack = original, original_buffer


def operators(flatbuffer):
    """All operators of a model, in the order of execution.

    Args:
        flatbuffer: bytes of a `.tflite` file; an appended zip does not matter.

    Returns:
        list of `Operator`.
    """
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(flatbuffer), 0))
    signature_of = {s.subgraphIndex: s.signatureKey.decode() for s in model.signatureDefs or []}
    found = []
    for index, graph in enumerate(model.subgraphs):
        for operator in graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            name = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
            heavy = name in HEAVY
            weights = graph.tensors[operator.inputs[1]] if heavy else None
            constant = heavy and model.buffers[weights.buffer].data is not None
            used = operator.inputs[:2] if heavy else operator.inputs[:1]
            tensors = [graph.tensors[i] for i in [*used, *operator.outputs[:1]] if i >= 0]
            dtypes = tuple(_TYPES[tensor.type] for tensor in tensors)
            found.append(Operator(signature_of.get(index, str(index)), name, dtypes, constant))
    return found


def table(found, quantized):
    """Operators as a Markdown table: signature, operator, types, how many; strays are marked if `quantized`."""
    counts = collections.Counter((op.signature, op.name, " ".join(op.dtypes), op.stray) for op in found)
    rows = ["| signature | operator | types | count |", "|---|---|---|---|"]
    for (signature, name, dtypes, stray), count in counts.items():
        rows.append(
            f"| {signature} | {name} | {dtypes}{' (not int8!)' if stray and quantized else ''} | {count} |"
        )
    return "\n".join(rows)
