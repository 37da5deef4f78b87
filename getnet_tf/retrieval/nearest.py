"""The index of a store: brought up to date from its rows, and kept beside them.

    INDEX/nearest.faiss      the index, unless Milvus has it
    INDEX/nearest.json       of which lines of the journal it is; written last

Everything here can be made again from the rows, and is, if it is damaged, a kill left half of it, or the journal says something else.
"""

import json
import os
import re
import uuid
import zlib

import numpy as np

from edge_demo.own_file import is_int, read_json
from edge_demo.whole_file import beside, make_room, write_whole
from getnet_tf.errors import InputError
from getnet_tf.retrieval.index import KINDS, kind_for, said

ABOUT, FILE = "nearest.json", "nearest.faiss"
BLOCK = 65_536  # codes that are added at a time
CHUNK = 1 << 24  # bytes of a file that are read at a time


def updated(store, milvus=None, say=print):
    """The index of a store, with all its rows and no others, saved.

    Args:
        store: `Store`, to be written.
        milvus: URI of a server, or a path that ends in ".db"; None: faiss, in this process.
        say: function of a line, which says what kind was chosen.

    Returns:
        an index; see `index`.

    Raises:
        InputError: if there is no Milvus.
        OSError: if the disk is full; the next call makes what is missing.
    """
    store.sync()  # else a power cut could leave an index of rows that are not there
    owned, before = store.owned(), _about(store)
    kind = kind_for(len(owned), store.dim)
    say(said(kind, len(owned), store.dim))
    index, kept = None, {"kind": kind, "milvus": milvus, "collection": None, "count": 0}
    if before is not None and all(before[key] == kept[key] for key in ("kind", "milvus")):
        index = _opened(store, before)
    if index is not None:
        kept = before
        index.remove(np.setdiff1d(np.arange(store.count), owned))
    else:
        if milvus:  # under a name of its own, which is known before anything is there
            kept["collection"] = f"codes_{uuid.uuid4().hex}"
        index = _new(store, kept)
        _write(store, kept | {"journal": store.journal.mark()})
        _drop(store, before, milvus, say)
    fresh, codes = owned[owned >= kept["count"]], store.rows()[1]
    for start in range(0, len(fresh), BLOCK):
        block = fresh[start : start + BLOCK]
        index.add(block, codes[block])
    crc = None if milvus else _save(store, index)
    _write(store, kept | {"count": store.count, "journal": store.journal.mark(), "crc": crc})
    return index


def opened(store, milvus=None):
    """The index of a store, as `updated` left it.

    Args:
        store: `Store`, to be read.
        milvus: as of `updated`. Only who asks says what is connected to: an INDEX may be a stranger's.

    Raises:
        InputError: if it is not there, not of these rows, or damaged.
    """
    kept = _about(store)
    if kept is not None and kept["milvus"] != milvus:
        where = (
            "in the folder itself: leave out"
            if kept["milvus"] is None
            else f"in {kept['milvus']}: give that as"
        )
        raise InputError(f"{store.folder} has its index {where} --milvus, or index the pictures again.")
    index = None
    if kept is not None and kept["count"] == store.count and kept["journal"] == store.journal.mark():
        index = _opened(store, kept)
    if index is None:
        raise InputError(
            f"{store.folder}: expected an index of its {store.count} codes, found none, an older or a damaged one. Run `python -m "
            f"getnet_tf.retrieval index` again: what is encoded is kept."
        )
    if index.forgets:
        index.remove(np.setdiff1d(np.arange(store.count), store.owned()))
    return index


def _opened(store, about):
    """The index that is kept; None if it is not there, damaged, or of what the journal does not say any more."""
    if about["count"] > store.count or not store.journal.still_says(about["journal"]):
        return None
    if about["milvus"] and "://" not in about["milvus"] and not os.path.exists(about["milvus"]):
        return None  # Milvus Lite would make it
    path = store.folder / FILE
    if not about["milvus"] and (not path.is_file() or _crc(path) != about.get("crc")):
        return None
    index = _new(store, about)
    if not about["milvus"]:
        index.load(path)
    return index


def _new(store, about):
    """An index with nothing in it, or a collection in Milvus with what it has."""
    # Imported late: one is not needed for the other.
    if about["milvus"]:
        from getnet_tf.retrieval.milvus_index import MilvusIndex

        return MilvusIndex(about["milvus"], about["collection"], about["kind"], store.dim)
    from getnet_tf.retrieval.faiss_index import FaissIndex

    return FaissIndex(about["kind"], store.dim, store.rows()[1])


def _drop(store, about, milvus, say):
    """Removes the collection of an index that is replaced, or says where one is that is in another Milvus than asked for.

    One in a Milvus that is gone needs no removal.
    """
    if about is None or about["milvus"] is None:
        return
    if about["milvus"] == milvus:
        try:
            _new(store, about).drop()
        except InputError:
            return
    else:
        say(
            f"{about['milvus']} is left as it is, with an index that nobody uses any more: {about['collection']}"
        )


def _about(store):
    """What is said of the index that is kept; None if nothing is, or it is damaged."""
    try:
        about = read_json(store.folder / ABOUT)
    except (OSError, ValueError):
        return None
    return about if isinstance(about, dict) and _fits(about) else None


def _fits(about):
    """Whether it is what `updated` writes."""
    mark, milvus, collection = (about.get(name) for name in ("journal", "milvus", "collection"))
    if milvus is None:
        is_placed = collection is None
    else:
        texts = isinstance(milvus, str) and milvus.isprintable() and isinstance(collection, str)
        is_placed = texts and re.fullmatch("codes_[0-9a-f]{32}", collection) is not None
    is_marked = isinstance(mark, list) and len(mark) == 2 and all(is_int(number, 0) for number in mark)
    return is_placed and is_marked and about.get("kind") in KINDS and is_int(about.get("count"), 0)


def _save(store, index):
    """Writes the index, whole or not at all; returns its checksum."""
    path = store.folder / FILE
    make_room(path)
    with beside(path) as partial:
        index.save(partial)
        return _crc(partial)


def _write(store, about):
    make_room(store.folder / ABOUT)
    write_whole(store.folder / ABOUT, json.dumps(about).encode())


def _crc(path):
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            crc = zlib.crc32(chunk, crc)
    return crc
