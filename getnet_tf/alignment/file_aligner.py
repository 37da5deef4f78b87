"""An aligner's model file, asked as its checkpoint is: what ships is measured on the camera program's own path, without TensorFlow."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.alignment.aligner import ALIGN, BEND, SEE, Aligner
from edge_demo.native_log import captured_stderr
from getnet_tf.errors import InputError

ADVICE = "Give a file of an aligner, or a model that export/join.py joined with one."


class FileAligner:
    """Takes batches of images, as `getnet_tf.alignment.network.Aligner` does.

    Args:
        path: of a `.tflite` file, an aligner's own or a joined one.

    Raises:
        InputError: if it is no model, or has no signatures that align.
    """

    def __init__(self, path):
        try:
            with captured_stderr():
                interpreter = Interpreter(model_path=str(path))
                present = interpreter.get_signature_list()
                if Aligner.is_in(interpreter):
                    self._aligner = Aligner(interpreter)
                    self._aligner.warm_up()
        except (ValueError, RuntimeError) as error:  # LiteRT's, or the edge's own
            reason = " ".join(str(error).split())
            raise InputError(f"{path}: expected a model that aligns, received: {reason}. {ADVICE}") from None
        if not Aligner.is_in(interpreter):
            raise InputError(
                f"{path}: expected the signatures `{SEE}`, `{ALIGN}` and `{BEND}`, found {sorted(present) or 'none'}. {ADVICE}"
            )
        self.image_hw = self._aligner.image_hw

    def __call__(self, image_a, image_b):
        laid = self._laid(image_a, image_b, "cascade")
        thetas = {kind: np.stack([one.placement.thetas[kind] for one in laid]) for kind in ("affine", "tps")}
        return thetas | {"confidence": np.array([one.confidence for one in laid])}

    def by_spline(self, image_a, image_b):
        """The spline (B, 18) of the pictures as they are."""
        return np.stack([one.placement.thetas["tps"] for one in self._laid(image_a, image_b, "tps")])

    def _laid(self, image_a, image_b, way):
        """`edge_demo.model.alignment.aligner.Laid` of every pair; of the images' size pictures stay as they are."""
        sides = ((255 * side[..., ::-1]).round().astype(np.uint8) for side in (image_a, image_b))
        return [self._aligner.laid(self._aligner.shape(a), b, way) for a, b in zip(*sides, strict=True)]
