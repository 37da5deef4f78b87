"""What a model file sees of a picture, by its signature `code`; TensorFlow is not needed.

code    a picture (1, H, W, 3), RGB in [0, 1] -> "maps" (1, h, w, K), none below 0, and each of `heads.HEADS` by its name:
        (1, R, K), the parts of a code

In `code.json` it says how it was made, and in `recipe` there, an `.npz` in base64, with what `Recipe` it was trained.
"""

import base64
import hashlib
import pathlib

from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.signature import Signature
from edge_demo.native_log import captured_stderr
from edge_demo.own_file import member_of, parsed
from edge_demo.plain_file import read_plain
from getnet_tf.errors import InputError
from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.recipe import Recipe

CODE, MAPS = "code", "maps"
MEMBER = "code.json"
ADVICE = (
    "Make one with: python export/to_tflite.py RUN --out code.tflite, of a run of getnet_tf.retrieval.train."
)


class FileMaps:
    """Sees pictures by a model file.

    Args:
        path: of the `.tflite` file.
        threads: of the processor.

    Call arguments and returns: as `network_maps.NetworkMaps`.

    Raises:
        InputError: if there is no such file, or it has no signature `code` and no recipe.
    """

    def __init__(self, path, threads=1):
        path = pathlib.Path(path)
        try:
            content = read_plain(path)
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
        self.recipe = recipe_of(path)

    def __call__(self, images):
        return self.code(images)[MAPS]

    def code(self, images):
        """All that the file says: dict of arrays by name."""
        return self._code(image=images)


def recipe_of(path):
    """The `Recipe` that a model file was trained with. Raises InputError if it has none."""
    try:
        content = base64.b64decode(parsed(member_of(path, MEMBER))["recipe"])
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: expected {MEMBER} with a recipe, received: {error}. {ADVICE}") from None
    return Recipe.from_bytes(content, path)


def said_of(recipe):
    """What a model file says of its `Recipe`: dict of JSON's types."""
    return {"head": recipe.head, "recipe": base64.b64encode(recipe.to_bytes()).decode()}
