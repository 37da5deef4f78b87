"""The export of an aligner: what is its own in `on_maps`."""

from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.alignment.aligner import Aligner
from edge_demo.native_path import native_path
from export import align_parity
from export.align_pairs import ExportPairs
from export.align_steps import RebuiltSteps, to_flatbuffer
from export.on_maps import Kind
from getnet_tf.alignment.checkpoint import load
from getnet_tf.alignment.twin import Twin


def opened(path):
    """The camera program's aligner of a file."""
    aligner = Aligner(Interpreter(model_path=native_path(path), num_threads=2))
    aligner.warm_up()
    return aligner


def pairs_of(folder, network):
    """Pairs of the size that an aligner takes."""
    return ExportPairs(folder, network.image_hw)


KIND = Kind(load, pairs_of, RebuiltSteps, to_flatbuffer, opened, Twin, align_parity)
