"""The index of a store: brought up to date from its rows, and kept beside them.

    INDEX/nearest.faiss      the index, unless Milvus has it
    INDEX/nearest.json       of which rows it is; written last

Everything here can be made again from the rows, and is, if it is damaged or a kill left half of it.
"""

import json
import uuid
import zlib

import numpy as np

from edge_demo.whole_file import PARTIAL, write_whole
from getnet_tf.errors import InputError
from getnet_tf.retrieval.index import kind_for, said

ABOUT, FILE = "nearest.json", "nearest.faiss"
BLOCK = 65_536  # codes that are added at a time
CHUNK = 1 << 24  # bytes of a file that are read at a time


def updated(store, milvus=None, say=print):
    """The index of a store, with all its rows and no others, saved.

    Args:
        store: `Store`.
        milvus: URI of a server, or a path that ends in ".db"; None: faiss, in this process.
        say: function of a line, which says what kind was chosen.

    Returns:
        an index; see `index`.

    Raises:
        InputError: if there is no Milvus.
        OSError: if the disk is full.
    """
    owned = store.owned()
    kind = kind_for(len(owned), store.dim)
    say(said(kind, len(owned), store.dim))
    wanted = {"kind": kind, "milvus": milvus, "rows": store.rows_path.name}
    kept = _about(store)
    fits = kept is not None and wanted.items() <= kept.items()
    index = _opened(store, kept) if fits else None
    if index is None:
        kept = {**wanted, "fingerprint": store.about["fingerprint"], "count": 0}
        if milvus:  # under a name of its own, which is known before anything is there
            kept["collection"] = f"codes_{uuid.uuid4().hex}"
            _write(store, kept)
        index = _new(store, kept)
    fresh, codes = owned[owned >= kept["count"]], store.rows()[1]
    for start in range(0, len(fresh), BLOCK):
        block = fresh[start : start + BLOCK]
        index.add(block, codes[block])
    kept["count"] = store.count
    if not milvus:
        partial = store.folder / f"{PARTIAL}{FILE}"
        index.save(partial)
        kept["crc"] = _crc(partial)
        partial.replace(store.folder / FILE)
    _write(store, kept)
    return index


def opened(store):
    """The index of a store, as `updated` left it.

    Raises:
        InputError: if it is not there, not of these rows, or damaged.
    """
    kept = _about(store)
    whole = kept is not None and kept["rows"] == store.rows_path.name and kept["count"] == store.count
    index = _opened(store, kept) if whole else None
    if index is None:
        raise InputError(
            f"{store.folder}: expected a whole index of its {store.count} codes, found none or a damaged one. Run `python -m "
            f"getnet_tf.retrieval index` again: what is encoded is kept."
        )
    return index


def _opened(store, about):
    """The index that is kept, without what is nobody's any more; None if it is not there or damaged."""
    index, path = _new(store, about), store.folder / FILE
    if not about["milvus"]:
        if not path.exists() or _crc(path) != about["crc"]:
            return None
        index.load(path)
    index.remove(np.setdiff1d(np.arange(about["count"]), store.owned()))
    return index


def _new(store, about):
    """An index with nothing in it, or a collection in Milvus with what it has."""
    # Imported late: one is not needed for the other.
    if about["milvus"]:
        from getnet_tf.retrieval.milvus_index import MilvusIndex

        return MilvusIndex(about["milvus"], about["collection"], about["kind"], store.dim)
    from getnet_tf.retrieval.faiss_index import FaissIndex

    return FaissIndex(about["kind"], store.dim, store.rows()[1])


def _about(store):
    """What is said of the index that is kept; None if nothing is, or it is of other codes."""
    try:
        about = json.loads((store.folder / ABOUT).read_bytes())
        return about if about["fingerprint"] == store.about["fingerprint"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(store, about):
    write_whole(store.folder / ABOUT, json.dumps(about).encode())


def _crc(path):
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc
