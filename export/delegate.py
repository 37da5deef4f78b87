"""In how many pieces the interpreter's CPU delegate (XNNPACK) runs a file."""

from ai_edge_litert.interpreter import Interpreter

from edge_demo.native_log import captured_stderr
from export.flatbuffer import with_signature_first


def partitions(flatbuffer):
    """The pieces of every signature. Between two of them plain kernels run, and each border costs a copy and a start.

    Args:
        flatbuffer: bytes of a `.tflite` file.

    Returns:
        dict of signature -> int; a model without obstacles has 1.
    """
    with captured_stderr():
        names = sorted(Interpreter(model_content=flatbuffer).get_signature_list())
        return {name: _pieces(with_signature_first(flatbuffer, name)) for name in names}


def _pieces(flatbuffer):
    # The interpreter says only of its first graph what the delegate made of it.
    interpreter = Interpreter(model_content=flatbuffer)
    interpreter.allocate_tensors()
    return sum(op["op_name"] == "DELEGATE" for op in interpreter._get_ops_details())
