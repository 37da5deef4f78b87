"""The command that codes a folder of pictures and makes an index of them."""

import os

from getnet_tf.autolabel.csv_text import errors_csv
from getnet_tf.autolabel.pictures import pictures_of
from getnet_tf.retrieval import nearest
from getnet_tf.retrieval.encoding import encode
from getnet_tf.retrieval.options import coder_of
from getnet_tf.retrieval.store import Store
from getnet_tf.training.run_folder import write_text


def index(options):
    """Codes what is missing, forgets what is gone, and brings the index up to date; returns the exit code."""
    from getnet_tf.retrieval.coder import open_coder

    paths, unread = pictures_of(options.photos, leave_out=options.out)
    asked = coder_of(options)
    coder = open_coder(**asked)
    about = about_of(coder, options.photos, asked)
    with Store.begin(options.out, about, options.overwrite) as store:
        encode(store, coder, paths)
        return finish(store, options.milvus, unread)


def about_of(coder, photos, asked):
    """What a store is about: the coder, how it was opened, and the folder of pictures."""
    return {
        "fingerprint": coder.fingerprint,
        "dim": coder.dim,
        "photos": place_of(photos),
        **asked,
        "head": coder.head,  # asked for or not
    }


def finish(store, milvus, unread):
    """Writes errors.csv and the index of a store that holds all pictures but those `unread`; returns the exit code."""
    failures = sorted([*store.failures, *unread], key=lambda one: one.path)
    write_text(store.folder / "errors.csv", errors_csv(failures))
    nearest.updated(store, place_of(milvus))
    print(f"{len(store.paths)} pictures. Index: {store.folder}")
    if failures:
        first = failures[0]
        print(
            f"{len(failures)} could not be read, the first is {first.path}: {first.reason} ({store.folder}/errors.csv)"
        )
    return int(bool(failures))


def place_of(path):
    """A path from the root on; an address of another machine, or None, as it is."""
    if path is None:
        return None
    return str(path) if "://" in str(path) else os.path.abspath(path)
