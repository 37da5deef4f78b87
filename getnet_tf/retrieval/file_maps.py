"""What a model file sees of a picture, by its signature `code`; TensorFlow is not needed.

code    a picture (1, H, W, 3), RGB in [0, 1] -> "maps" (1, h, w, K), none below 0, and each of `heads.HEADS` by its name:
        (1, R, K), the parts of a code
"""

import hashlib
import pathlib

from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.signature import Signature
from edge_demo.native_log import captured_stderr
from getnet_tf.errors import InputError
from getnet_tf.retrieval.heads import HEADS

CODE, MAPS = "code", "maps"
ADVICE = "Expected a file that `python -m export.code` wrote."


class FileMaps:
    """Sees pictures by a model file.

    Args:
        path: of the `.tflite` file.
        threads: of the processor.

    Call arguments and returns: as `network_maps.NetworkMaps`.

    Raises:
        InputError: if there is no such file, or it has no signature `code`.
    """

    def __init__(self, path, threads=1):
        path = pathlib.Path(path)
        try:
            content = path.read_bytes()
            with captured_stderr():
                interpreter = Interpreter(model_content=content, num_threads=threads)
                present = interpreter.get_signature_list()
        except FileNotFoundError:
            raise InputError(f"{path}: expected a model file, found no such file. Check the path.") from None
        except (ValueError, RuntimeError) as error:
            raise InputError(f"{path}: expected a .tflite file, received: {error}. {ADVICE}") from None
        if CODE not in present:
            found = ", ".join(sorted(present)) or "none"
            raise InputError(f"{path}: expected the signature `{CODE}`, found {found}. {ADVICE}")
        image_hw = interpreter.get_signature_runner(CODE).get_input_details()["image"]["shape"][1:3]
        self.image_hw = tuple(int(side) for side in image_hw)
        outputs = {MAPS: (1, None, None, None), **dict.fromkeys(HEADS, (1, None, None))}
        self._code = Signature(interpreter, CODE, {"image": (1, *self.image_hw, 3)}, outputs)
        details = interpreter.get_signature_runner(CODE).get_output_details()
        self.channels = int(details[MAPS]["shape"][-1])
        self.fingerprint = hashlib.sha256(content).hexdigest()

    def __call__(self, images):
        return self.code(images)[MAPS]

    def code(self, images):
        """All that the file says: dict of arrays by name."""
        return self._code(image=images)
