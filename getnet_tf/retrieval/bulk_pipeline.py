"""The codes of many pictures as an Apache Beam pipeline: every worker does what one process does with one picture.

The place of `autolabel.each_picture` holds besides:

PLACE/coder.json                      how the coder is opened, and where the pictures are
PLACE/model.tflite, whitening.npz     so that no worker needs the files of the machine that began it
"""

import base64
import json
import pathlib
import tempfile

import numpy as np

from edge_demo.errors import EdgeError
from getnet_tf.autolabel import each_picture
from getnet_tf.autolabel.label import Failure, result_to_json
from getnet_tf.data.picture import DamagedPicture
from getnet_tf.retrieval.coder import open_coder
from getnet_tf.retrieval.encoding import coded

FILES = {"model": "model.tflite", "whitening": "whitening.npz"}  # names there, by what `open_coder` takes
TYPE = np.dtype("<f4")


def put(place, root, asked):
    """Writes what the workers need.

    Args:
        place: folder, on any filesystem.
        root: of the pictures.
        asked: dict of what `open_coder` takes, with paths of this machine.
    """
    for key, name in FILES.items():
        if asked[key] is not None:
            each_picture.write(place, name, pathlib.Path(asked[key]).read_bytes())
    each_picture.write(place, "coder.json", json.dumps({"root": root, **asked}).encode())


def run(place, paths, options):
    """Codes pictures by what `put` left in `place`; see `each_picture.run`."""
    each_picture.run(place, paths, options, open_look)


def get(place):
    """What the workers left in `place`: a dict path -> (boxes_px, codes) as `coded` gives them, or a `Failure`."""
    return dict(each_picture.results(place, lambda fields: (fields["path"], _from_json(fields))))


def open_look(place):
    """(root of the pictures, function of a path and its bytes -> its codes or `Failure` as JSON has it)."""
    asked = json.loads(each_picture.read(place, "coder.json"))
    root = asked.pop("root")
    with tempfile.TemporaryDirectory() as folder:
        for key, name in FILES.items():
            if asked[key] is not None:
                asked[key] = f"{folder}/{name}"
                pathlib.Path(asked[key]).write_bytes(each_picture.read(place, name))
        coder = open_coder(**asked)

    def look(path, content):
        try:
            boxes_px, codes = coded(coder, content)
        except (DamagedPicture, EdgeError) as error:
            return result_to_json(Failure(path, str(error)))
        return {"path": path, "boxes_px": _packed(boxes_px), "codes": _packed(codes), "dim": coder.dim}

    return root, look


def _from_json(fields):
    if "failure" in fields:
        return Failure(fields["path"], fields["failure"]["reason"])
    return _unpacked(fields["boxes_px"], 4), _unpacked(fields["codes"], fields["dim"])


def _packed(array):
    return base64.b64encode(np.asarray(array, TYPE).tobytes()).decode()


def _unpacked(text, width):
    return np.frombuffer(base64.b64decode(text), TYPE).reshape(-1, width)
