"""One signature cut into two: what depends on the frame alone, and what depends on what is searched for in it.

The converter quantizes a function as a whole: converted as two, each would take and give float, and a frame's maps would be
rounded twice. So they are cut apart afterwards, where the tensors between them are in 8 bits.
"""

import copy

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from export.flatbuffer import name_of, packed, parsed


def split(flatbuffer, signature, by, first, handed_over):
    """Moves what does not depend on an input of a signature into a signature of its own. Results stay equal, bit by bit.

    Cells are handed over before they are brought to length 1, so that they stay in 8 bits where they are computed in 8 bits.

    Args:
        flatbuffer: bytes of a `.tflite` file, without an appended zip.
        signature: name of the one to split, such as "locate"; it keeps the outputs that depend on `by`.
        by: name of an input of it, such as "descriptor".
        first: name of the new signature, such as "see"; it takes the other inputs and gives the other outputs.
        handed_over: names of the tensors that go from the first to the second, the largest first.

    Returns:
        bytes of the model with one signature more; weights are shared as before.

    Raises:
        ValueError: if other than `len(handed_over)` tensors go from one to the other.
    """
    model = parsed(flatbuffer)
    (whole,) = (s for s in model.signatureDefs if s.signatureKey.decode() == signature)
    graph = model.subgraphs[whole.subgraphIndex]
    inputs, outputs = (
        {x.name.decode(): x.tensorIndex for x in side} for side in (whole.inputs, whole.outputs)
    )
    makers = {index: operator for operator in graph.operators for index in operator.outputs}
    later = _depending(graph, inputs[by])
    between = {
        _before_unit_length(model, makers, index)
        for operator in graph.operators
        if later & {*operator.outputs}
        for index in operator.inputs
        if index not in later and (index in makers or index in inputs.values())
    }
    if len(between) != len(handed_over):
        raise ValueError(
            f"Invalid `handed_over`. Expected a name for each of {len(between)} tensors, received {handed_over}."
        )
    between = sorted(between, key=lambda index: -np.prod(graph.tensors[index].shape))
    given = dict(zip(handed_over, between, strict=True))
    taken = {name: index for name, index in inputs.items() if name != by}
    early = given | {name: index for name, index in outputs.items() if index not in later}
    late = {name: index for name, index in outputs.items() if index in later}
    model.subgraphs.append(_part(graph, makers, taken, early))
    model.subgraphs[whole.subgraphIndex] = _part(graph, makers, given | {by: inputs[by]}, late)
    model.signatureDefs.remove(whole)
    model.signatureDefs += [
        _signature(model, first, len(model.subgraphs) - 1, taken, early),
        _signature(model, signature, whole.subgraphIndex, given | {by: inputs[by]}, late),
    ]
    return packed(model)


def _depending(graph, index):
    """The tensors that depend on one, itself among them: set of their numbers."""
    found = {index}
    for operator in graph.operators:  # in the order of execution
        if found & {*operator.inputs}:
            found |= {*operator.outputs}
    return found


def _before_unit_length(model, makers, index):
    """The tensor that another one was made of by dividing it by its length, and by unpacking its 8 bits."""
    while index in makers and name_of(model, makers[index]) in ("DIV", "DEQUANTIZE"):
        index = makers[index].inputs[0]
    return index


def _part(graph, makers, inputs, outputs):
    """A graph of its own: what of another one leads from some tensors, by name, to others."""
    needed, reached, waiting = set(), set(inputs.values()), [*outputs.values()]
    while waiting:
        index = waiting.pop()
        if index in reached or index < 0:  # -1: an input that an operator is not given
            continue
        reached.add(index)
        if index in makers:
            needed.add(id(makers[index]))
            waiting += [*makers[index].inputs, *makers[index].outputs]
    place = {-1: -1} | {index: number for number, index in enumerate(sorted(reached))}
    part = schema.SubGraphT()
    part.tensors = [copy.copy(graph.tensors[index]) for index in sorted(reached)]
    part.inputs, part.outputs = ([place[index] for index in side.values()] for side in (inputs, outputs))
    for name, index in (inputs | outputs).items():
        part.tensors[place[index]].name = name.encode()
    part.operators = []
    for operator in graph.operators:
        if id(operator) in needed:
            moved = copy.copy(operator)
            moved.inputs, moved.outputs = (
                np.array([place[index] for index in side], np.int32)
                for side in (operator.inputs, operator.outputs)
            )
            part.operators.append(moved)
    return part


def _signature(model, name, number, inputs, outputs):
    """Of a graph made by `_part` of these inputs and outputs."""
    signature, graph = schema.SignatureDefT(), model.subgraphs[number]
    signature.signatureKey, signature.subgraphIndex = name.encode(), number
    signature.inputs, signature.outputs = (
        [_named(*pair) for pair in zip(side, numbers, strict=True)]
        for side, numbers in ((inputs, graph.inputs), (outputs, graph.outputs))
    )
    return signature


def _named(name, index):
    tensor = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = name.encode(), index
    return tensor
