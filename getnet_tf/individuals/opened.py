"""The search by what a describer's file tells: one of its own, or a model that was joined with it. Takes no TensorFlow."""

from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.layout import layout
from edge_demo.model.layout.cells import CellReader
from edge_demo.native_log import captured_stderr
from getnet_tf import archive
from getnet_tf.errors import InputError
from getnet_tf.individuals.card import CellsCard

ADVICE = "Give a file that export/to_tflite.py made of a describer, or a model that export/join.py joined with one."


def open_layout(path, num_threads=1):
    """The search by a file.

    Args:
        path: `pathlib.Path`.
        num_threads: of LiteRT.

    Returns:
        `edge_demo.model.layout.layout.Layout`.

    Raises:
        InputError or EdgeError: if it is no such file.
    """
    if not CellsCard.is_in(path):
        return layout.open_layout(path, num_threads)
    said = archive.read_fields(path, CellsCard.member, "is no describer's file", ADVICE)
    try:
        with captured_stderr():
            see = CellReader(Interpreter(model_path=str(path), num_threads=num_threads))
        return layout.Layout(see, said["layout"])
    except (
        KeyError,
        ValueError,
        RuntimeError,
    ) as error:  # LiteRT's, ours, or of another file with such a card
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: expected a describer's file, received: {reason}. {ADVICE}") from None
