"""The export of a teller: what is its own in `on_maps`."""

from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.layout.cells import TELL, CellReader
from edge_demo.native_path import native_path
from export import telling_parity
from export.cells_steps import RebuiltTelling, to_flatbuffer
from export.on_maps import Kind
from export.telling_canvases import TrialCanvases
from getnet_tf.individuals.telling.checkpoint import load
from getnet_tf.individuals.twin import Twin


def opened(path):
    """The camera program's reader of what a file tells."""
    return CellReader(Interpreter(model_path=native_path(path), num_threads=2), TELL)


def canvases_of(folder, _):
    """Canvases of a folder's trials, the same for every teller."""
    return TrialCanvases(folder)


KIND = Kind(load, canvases_of, RebuiltTelling, to_flatbuffer, opened, Twin, telling_parity)
