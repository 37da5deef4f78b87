"""From a code to pictures: the nearest rows of an index, a picture by its best row, which says where in it the thing is."""

import dataclasses
import math

import numpy as np

from getnet_tf.errors import InputError
from getnet_tf.retrieval.ranking.adaptive_matching import adaptive_match, heaviest
from getnet_tf.retrieval.ranking.query_expansion import alpha_expanded
from getnet_tf.retrieval.ranking.spatial import best_region

ROWS = 4  # that are asked for at first for each picture that is wanted; of one picture several may be near
EXPANDED_BY = 5  # best answers that a query learns from
ALPHA = 3.0


@dataclasses.dataclass(frozen=True)
class Hit:
    """An answer."""

    path: str  # of the picture, relative to the folder of pictures, with "/"
    score: float
    box_px: tuple[float, ...]  # (xmin, ymin, xmax, ymax): where in it; all of it, where regions have no codes
    row: int  # whose code it was


class Finder:
    """Finds pictures.

    Args:
        store: `Store`, whose rows the index holds, all or some.
        index: see `index`.
    """

    def __init__(self, store, index):
        self._store, self._index = store, index
        self._boxes, self._codes = store.rows()
        # By their rows, so that a row's picture is found by bisection.
        self._paths = sorted(store.paths, key=lambda path: store.entry(path).first)
        self._firsts = np.array([store.entry(path).first for path in self._paths], np.int64)

    def find(self, code, count):
        """The `count` pictures that are most like a code (D,), fewer if there are fewer: a list of `Hit`, the best first."""
        rows_each = len(self._index) / max(len(self._paths), 1)
        wanted = math.ceil(min(ROWS, max(rows_each, 1)) * count)
        while True:
            ids, cosines = self._index.search(code[None], min(wanted, len(self._index)))
            hits = self._best(ids[0], cosines[0])
            if len(hits) >= count or wanted >= len(self._index):
                return hits[:count]
            wanted *= ROWS

    def expanded(self, code, count=EXPANDED_BY, alpha=ALPHA):
        """A code that has learned from its best answers: alpha query expansion."""
        rows = [hit.row for hit in self.find(code, count)]
        return alpha_expanded(code, self._whole(self._codes[rows]), alpha) if rows else code

    def spatial(self, code, hits):
        """Hits in the order of their best regions: class-agnostic spatial re-ranking."""
        return self._again(hits, lambda regions: best_region(code, regions))

    def adaptive(self, code, hits):
        """Hits in the order of the best mixtures of their regions: query adaptive matching."""

        def matched(regions):
            score, weights = adaptive_match(code, regions)
            return score, heaviest(weights)

        return self._again(hits, matched)

    def _again(self, hits, score):
        found = []
        for hit in hits:
            entry = self._store.entry(hit.path)
            value, number = score(self._whole(self._codes[entry.first : entry.first + entry.rows]))
            row = entry.first + number
            found.append(Hit(hit.path, value, self._box(row), row))
        return sorted(found, key=lambda hit: -hit.score)

    def _best(self, ids, cosines):
        hits, seen = [], set()
        for row, cosine in zip(ids[ids >= 0].tolist(), self._whole(cosines[ids >= 0]).tolist(), strict=True):
            path = self._paths[int(np.searchsorted(self._firsts, row, "right")) - 1]
            if path not in seen:
                seen.add(path)
                hits.append(Hit(path, cosine, self._box(row), row))
        return hits

    def _box(self, row):
        return tuple(map(float, self._whole(self._boxes[row])))

    def _whole(self, numbers):
        """Numbers of rows, out of their file. Those that are nobody's may be damaged, so all are looked at only when they are used."""
        if not np.isfinite(numbers).all():
            raise InputError(
                f"{self._store.folder} has damaged codes. Index the pictures again, with --overwrite if it has them still."
            )
        return np.array(numbers)
