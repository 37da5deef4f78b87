"""Small pictures of what is looked for, kept beside the labels: whoever reviews them compares with these."""

import pathlib

from edge_demo.own_file import read_json
from getnet_tf.autolabel.thumbnails import thumbnails

FILE = "portraits.json"  # in the folder of the labels: {name: [data URI, ...]}
MOST = 3  # of an object
PREFIX = "data:image/jpeg;base64,"


def of(views):
    """Of the first views of each object.

    Args:
        views: list of `View`.

    Returns:
        dict name -> list of data URIs of JPEGs; a picture that can't be read any more is left out.
    """
    found = {name: [] for name in sorted({view.name for view in views})}
    for view in views:
        if len(found[view.name]) < MOST:
            uri, _ = thumbnails(pathlib.Path(view.path), [])
            found[view.name] += [uri] if uri is not None else []
    return found


def read(path, names):
    """What was kept, of these names; nothing of a file that is missing or damaged: a page does without."""
    try:
        kept = read_json(path)
        return {name: [uri for uri in kept.get(name, []) if uri.startswith(PREFIX)][:MOST] for name in names}
    except (OSError, ValueError, AttributeError, TypeError):
        return {name: [] for name in names}
