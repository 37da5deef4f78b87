"""The export of a describer: what is its own in `on_maps`."""

from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.layout.cells import CANVAS_PX, CellReader
from edge_demo.native_path import native_path
from export import cells_parity
from export.cells_canvases import ExportCanvases
from export.cells_steps import RebuiltCells, to_flatbuffer
from export.on_maps import Kind
from getnet_tf.individuals import checkpoint
from getnet_tf.individuals.network import Describer
from getnet_tf.individuals.twin import Twin


def load(path):
    """The describer of a checkpoint, for pictures as large as the camera program's canvases."""
    trained = checkpoint.load(path)
    network = Describer((CANVAS_PX, CANVAS_PX), trained.dim)
    network.set_weights(trained.get_weights())
    return network


def opened(path):
    """The camera program's reader of a file's cells."""
    return CellReader(Interpreter(model_path=native_path(path), num_threads=2))


def canvases_of(folder, _):
    """Canvases of a folder's pictures, the same for every describer."""
    return ExportCanvases(folder)


KIND = Kind(load, canvases_of, RebuiltCells, to_flatbuffer, opened, Twin, cells_parity)
