"""A look inside a `.tflite` file: which operator computes in which type."""

import collections
import contextlib
import copy
import dataclasses
import math

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
    weights: int = 0  # how many it has in the file, a convolution or dense layer

    @property
    def constant_weights(self):
        """Whether this is a convolution or dense layer whose weights are in the file."""
        return self.weights > 0


def compact(flatbuffer):
    """Stores tables and kernels once that signatures share, and no names of inner tensors.

    Every channel of every convolution has a scale (4 bytes) and a zero point (8 bytes), for weights and for biases, and
    again in every signature: a quarter of a file of EfficientNet-Lite0. Flatbuffers may point at one table twice.

    Args:
        flatbuffer: bytes of a `.tflite` file, without an appended zip.

    Returns:
        bytes of the same model, but for single steps of depthwise kernels, see `_share_twins`.
    """
    model = parsed(flatbuffer)
    for graph in model.subgraphs:
        outside = {*graph.inputs, *graph.outputs}
        for index, tensor in enumerate(graph.tensors):
            if index not in outside:
                tensor.name = None
    _share_twins(model)
    return packed(model)


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

    Weights that are stored in 16 bits and unpacked when the file is loaded count by how they are stored.

    Args:
        flatbuffer: bytes of a `.tflite` file; an appended zip does not matter.

    Returns:
        list of `Operator`.
    """
    model = parsed(flatbuffer)
    # Of two signatures over one graph the first.
    signature_of = {s.subgraphIndex: s.signatureKey.decode() for s in reversed(model.signatureDefs or [])}
    found = []
    for index, graph in enumerate(model.subgraphs):
        unpacked = {}
        for operator in graph.operators:
            name = name_of(model, operator)
            source = graph.tensors[operator.inputs[0]] if len(operator.inputs) else None
            if name == "DEQUANTIZE" and model.buffers[source.buffer].data is not None:
                unpacked[operator.outputs[0]] = source
                continue
            used = [operator.inputs[0]] if source is not None else []
            weights = 0
            if name in HEAVY:
                used.append(operator.inputs[1])
                stored = unpacked.get(used[1], graph.tensors[used[1]])
                if model.buffers[stored.buffer].data is not None:
                    weights = math.prod(map(int, stored.shape))
            tensors = [unpacked.get(i, graph.tensors[i]) for i in [*used, *operator.outputs[:1]] if i >= 0]
            dtypes = tuple(_TYPES[tensor.type] for tensor in tensors)
            found.append(Operator(signature_of.get(index, str(index)), name, dtypes, weights))
    return found


def counted(found):
    """How many operators of which types every signature has: list of dict."""
    counts = collections.Counter((op.signature, op.name, " ".join(op.dtypes)) for op in found)
    return [
        {"signature": signature, "operator": name, "types": types, "count": count}
        for (signature, name, types), count in counts.items()
    ]


def summary(found):
    """The convolutions and dense layers of every signature by their types, in one line."""
    counts = collections.Counter((op.signature, "/".join(op.dtypes)) for op in found if op.constant_weights)
    return ", ".join(f"{signature} {count} x {dtypes}" for (signature, dtypes), count in counts.items())


def with_int8_images(flatbuffer):
    """Lets every signature take its image as int8, one step per grey level, so that nothing of an 8-bit picture is lost.

    The converter's own int8 input reaches the first signature only; and what feeds both a quantized layer and the sampler in
    float does not load at all. So the tensor is put in front, unpacked by one DEQUANTIZE.

    Args:
        flatbuffer: bytes of a `.tflite` file with a float input `image` in [0, 1] in its signatures.

    Returns:
        bytes.
    """
    model = parsed(flatbuffer)
    for signature in model.signatureDefs:
        graph = model.subgraphs[signature.subgraphIndex]
        for given in signature.inputs:
            # Of a graph that two signatures share it is done already.
            if given.name == b"image" and graph.tensors[given.tensorIndex].type != schema.TensorType.INT8:
                take_int8(model, graph, given.tensorIndex, _grey_levels())
    return packed(model)


def take_int8(model, graph, index, table):
    """Lets a graph of a `ModelT` take a float input as int8 by a quantization table, unpacked by one DEQUANTIZE in front."""
    given = graph.tensors[index]
    unpacked = copy.copy(given)
    unpacked.name = None
    given.type, given.quantization = schema.TensorType.INT8, table
    graph.tensors.append(unpacked)
    number = len(graph.tensors) - 1
    for operator in graph.operators:
        operator.inputs = np.where(operator.inputs == index, number, operator.inputs)
    first = schema.OperatorT()
    first.opcodeIndex = _operator_code(model, schema.BuiltinOperator.DEQUANTIZE)
    first.inputs, first.outputs = [index], [number]
    graph.operators.insert(0, first)


def with_alias(flatbuffer, alias, name, outputs):
    """One more signature, over the graph of another, that gives only some of its outputs: bytes."""
    model = parsed(flatbuffer)
    (known,) = (s for s in model.signatureDefs if s.signatureKey.decode() == name)
    signature = copy.copy(known)
    signature.signatureKey = alias.encode()
    signature.outputs = [output for output in known.outputs if output.name.decode() in outputs]
    model.signatureDefs.append(signature)
    return packed(model)


def with_signature_first(flatbuffer, name):
    """The same model with the graph of one signature in front: bytes."""
    model = parsed(flatbuffer)
    (wanted,) = (s.subgraphIndex for s in model.signatureDefs if s.signatureKey.decode() == name)
    model.subgraphs[0], model.subgraphs[wanted] = model.subgraphs[wanted], model.subgraphs[0]
    for signature in model.signatureDefs:
        signature.subgraphIndex = {0: wanted, wanted: 0}.get(signature.subgraphIndex, signature.subgraphIndex)
    return packed(model)


def _grey_levels():
    """int8 -128...127 are the grey levels 0...255, a value of 1/255 each."""
    table = schema.QuantizationParametersT()
    table.scale, table.zeroPoint = np.array([1 / 255], np.float32), np.array([-128], np.int64)
    return table


def _operator_code(model, builtin):
    """Where a model lists an operator, added if it does not have it: int."""
    for index, code in enumerate(model.operatorCodes):
        if max(code.builtinCode, code.deprecatedBuiltinCode) == builtin:
            code.version = max(code.version, 2)  # from which on it takes int8
            return index
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = builtin
    code.version = 2
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def name_of(model, operator):
    """What TFLite's schema calls an operator, such as CONV_2D."""
    code = model.operatorCodes[operator.opcodeIndex]
    return _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]


def parsed(flatbuffer):
    """A `.tflite` file's bytes -> the schema's `ModelT`, whose tables can be changed."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(flatbuffer), 0))


def packed(model):
    """A `ModelT` -> bytes."""
    builder = flatbuffers.Builder(2**20)
    with _packed_once():
        builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
