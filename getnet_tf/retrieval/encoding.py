"""Pictures into a store: each is read, coded, and kept before the next one."""

import pathlib

import numpy as np

from edge_demo.errors import EdgeError
from getnet_tf.autolabel.label import Failure
from getnet_tf.data.picture import DamagedPicture, decode, read_content


def encode(store, coder, paths):
    """Adds what of `paths` is missing in a `Store`, and forgets everything else in it."""
    from tqdm import tqdm

    root, missing = pathlib.Path(store.about["photos"]), store.missing(paths)
    for path in tqdm(
        missing, total=len(paths), initial=len(paths) - len(missing), unit=" pictures", disable=None
    ):
        try:
            boxes_px, codes = coded(coder, read_content(root / path))
        except (DamagedPicture, EdgeError) as error:  # a model may have no answer, such as to a black picture
            store.add_failure(Failure(path, str(error)))
        else:
            store.add(path, boxes_px, codes)
    store.keep_only(paths)


def coded(coder, content):
    """The rows of a picture, from the bytes of its file: boxes (n, 4) in its pixels and codes (n, D), first those of all of it.

    Raises:
        DamagedPicture: if it can't be read.
        EdgeError: if the model has no answer.
    """
    picture = decode(content)
    codes, (height, width) = coder(picture), picture.shape[:2]
    boxes_px = np.concatenate([[[0, 0, width, height]], codes.boxes_px.reshape(-1, 4)])
    return boxes_px, np.concatenate([codes.whole[None], codes.regions.reshape(-1, codes.whole.size)])
