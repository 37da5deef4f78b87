"""An index in this process, by faiss; see `index`."""

import math

import faiss
import numpy as np

from getnet_tf.errors import InputError
from getnet_tf.retrieval.index import FLAT, HNSW, IVF_PQ, KINDS, LINKS

BUILDING = 200  # nearest candidates that are kept while a code is linked: with 80 some can hardly be reached
LOOKING = 256  # and while one is searched for
PROBED = 32  # cells that a search looks into
PROPOSED = 16  # times as many as asked for, that short codes propose
BYTES = 4  # numbers of a code that become one byte of the short one
TRAINED_ON = 50  # codes for each cell; faiss asks for 39


class FaissIndex:
    """Codes of length 1, by their ids.

    Args:
        kind: of `KINDS`.
        dim: numbers of a code.
        codes: array (N, D) or the like by id, as of a file: the exact codes, which decide for "ivf-pq"; others need none.

    Raises:
        ValueError: for an unknown kind, or "ivf-pq" without codes.
    """

    def __init__(self, kind, dim, codes=None):
        if kind not in KINDS:
            raise ValueError(f"Invalid `kind`. Expected one of {', '.join(KINDS)}. Received: {kind!r}.")
        if kind == IVF_PQ and codes is None:
            raise ValueError(
                "Invalid `codes`. Expected the exact codes for an index of short ones. Received: None."
            )
        self.kind, self.dim, self._codes = kind, dim, codes
        self._index = None  # until there is something in it: how it is made depends on how much
        self._removed = np.zeros(0, np.int64)  # of a graph, which can't let go of any

    @property
    def forgets(self):
        """See `index`: a graph does, as it can't let go of any."""
        return self.kind == HNSW

    def __len__(self):
        return 0 if self._index is None else self._index.ntotal - len(self._removed)

    def add(self, ids, codes):
        """See `index`."""
        if not len(ids):
            return
        if self._index is None:
            self._index = _made(self.kind, self.dim, self._codes)
        self._index.add_with_ids(np.ascontiguousarray(codes, np.float32), np.asarray(ids, np.int64))

    def remove(self, ids):
        """See `index`. A graph keeps what is removed, and leads past it."""
        if self._index is None or not len(ids):
            return
        ids = np.asarray(ids, np.int64)
        if self.forgets:
            own = faiss.vector_to_array(self._index.id_map)
            self._removed = np.union1d(self._removed, np.intersect1d(ids, own))
        else:
            self._index.remove_ids(ids)

    def search(self, codes, count):
        """See `index`."""
        codes = np.ascontiguousarray(codes, np.float32)
        if self._index is None or not count:
            return np.full((len(codes), count), -1), np.full((len(codes), count), -np.inf, np.float32)
        if self.kind == IVF_PQ:
            _, proposed = self._index.search(codes, count * PROPOSED)
            return self._decided(codes, proposed, count)
        cosines, ids = self._index.search(codes, count, params=self._parameters(count))
        cosines[ids < 0] = -np.inf
        return ids, cosines

    def save(self, path):
        """Writes it to a file; `load` reads it. What was removed from a graph is to be removed again.

        Raises:
            OSError: if the file can't be written.
        """
        try:
            faiss.write_index(self._index if self._index is not None else _flat(self.dim), str(path))
        except RuntimeError as error:
            raise OSError(f"the index could not be written: {_in_a_line(error)}") from None

    def load(self, path):
        """Reads what `save` wrote of an index of the same kind and dim, in the place of what is in this one.

        Raises:
            InputError: if the file is damaged.
        """
        try:
            self._index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise InputError(
                f"{path}: expected an index, received a damaged one: {_in_a_line(error)}"
            ) from None
        self._removed = np.zeros(0, np.int64)
        if not self._index.ntotal:
            self._index = None

    def _parameters(self, count):
        if self.kind != HNSW:
            return None
        looking = max(LOOKING, 2 * count)
        if not len(self._removed):
            return faiss.SearchParametersHNSW(efSearch=looking)
        gone = faiss.IDSelectorBatch(self._removed)
        return faiss.SearchParametersHNSW(efSearch=looking, sel=faiss.IDSelectorNot(gone))

    def _decided(self, codes, proposed, count):
        """Of the proposed ids (Q, N) the nearest by the exact codes."""
        ids = np.full((len(codes), count), -1)
        cosines = np.full((len(codes), count), -np.inf, np.float32)
        for number, code in enumerate(codes):
            # In their order on disk, which is read once from front to back.
            own = np.unique(proposed[number][proposed[number] >= 0])
            exact = np.asarray(self._codes[own], np.float32) @ code
            best = np.argsort(-exact, kind="stable")[:count]
            ids[number, : len(best)], cosines[number, : len(best)] = own[best], exact[best]
        return ids, cosines


def _made(kind, dim, codes):
    """An index of faiss, nothing in it; cells and short codes are learned from `codes`."""
    if kind == FLAT:
        return _flat(dim)
    if kind == HNSW:
        graph = faiss.IndexHNSWFlat(dim, LINKS, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = BUILDING
        return faiss.IndexIDMap(graph)
    count = len(codes)
    cells = max(1, min(round(4 * math.sqrt(count)), count // TRAINED_ON))
    short = math.gcd(dim, max(dim // BYTES, 1)) if dim % BYTES else dim // BYTES
    cell_of = faiss.IndexFlatIP(dim)
    index = faiss.IndexIVFPQ(cell_of, dim, cells, short, 8, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = PROBED
    rows = np.random.default_rng(0).choice(
        count, min(count, max(cells * TRAINED_ON, 256 * 39)), replace=False
    )
    index.train(np.ascontiguousarray(codes[np.sort(rows)], np.float32))
    return index


def _flat(dim):
    return faiss.IndexIDMap(faiss.IndexFlatIP(dim))


def _in_a_line(error):
    """Without the place in faiss's source, and the condition there."""
    return " ".join(str(error).split()).rpartition(" failed: ")[2][-200:]
