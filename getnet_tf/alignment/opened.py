"""What there is to align with: a checkpoint's network, or a file, both on the camera program's own path."""

from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.alignment.aligner import ALIGN, BEND, SEE, Aligner
from edge_demo.model.metadata import check
from edge_demo.model.signature import LITERT_ERRORS
from edge_demo.native_log import captured_stderr
from edge_demo.native_path import native_path
from edge_demo.plain_file import plain_size
from getnet_tf.errors import InputError

ADVICE = "Give a file of an aligner, or a model that export/join.py joined with one."


def open_aligner(path):
    """The aligner of a checkpoint, or of a `.tflite` file, an aligner's own or a joined one, which takes no TensorFlow.

    Args:
        path: `pathlib.Path` of the file, or of the run folder.

    Returns:
        `edge_demo.model.alignment.aligner.Aligner`.

    Raises:
        InputError: if there is none.
    """
    if not path.exists():
        raise InputError(
            f"No such model: {path}. Expected a checkpoint of getnet_tf.alignment.train or a .tflite; give another --model."
        )
    if path.suffix == ".tflite":
        return of_file(path)
    from getnet_tf.console import start_tensorflow

    start_tensorflow()
    from getnet_tf.alignment.checkpoint import load
    from getnet_tf.alignment.twin import Twin

    return Twin(load(path))


def of_file(path):
    """The aligner of a `.tflite` file. Raises InputError if it is no model, or has no signatures that align."""
    plain_size(path)  # a pipe would hang
    try:
        check(path)
        with captured_stderr():
            interpreter = Interpreter(model_path=native_path(path))
            present = interpreter.get_signature_list()
            if Aligner.is_in(interpreter):
                aligner = Aligner(interpreter)
                aligner.warm_up()
                return aligner
    except LITERT_ERRORS as error:  # or the edge's own
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: expected a model that aligns, received: {reason}. {ADVICE}") from None
    raise InputError(
        f"{path}: expected the signatures `{SEE}`, `{ALIGN}` and `{BEND}`, found {sorted(present) or 'none'}. {ADVICE}"
    )
