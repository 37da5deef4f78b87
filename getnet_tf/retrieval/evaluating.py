"""The command that says how well pictures of one kind are found by one another: class folders, some pictures of them as queries."""

import contextlib
import json
import pathlib
import tempfile
import time

import numpy as np

from getnet_tf.autolabel.pictures import pictures_of
from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError
from getnet_tf.retrieval.average_precision import average_precision
from getnet_tf.retrieval.encoding import encode
from getnet_tf.retrieval.faiss_index import FaissIndex
from getnet_tf.retrieval.finder import Finder
from getnet_tf.retrieval.index import FLAT
from getnet_tf.retrieval.indexing import about_of
from getnet_tf.retrieval.options import coder_of
from getnet_tf.retrieval.searching import GEOMETRIC, answers, check_rerank
from getnet_tf.retrieval.store import Store
from getnet_tf.training.run_folder import write_text

LIMIT = 10  # of AP@10


def evaluate(options):
    """Prints, and writes, how good the answers are."""
    from getnet_tf.retrieval.coder import open_coder

    if not 0 < options.queries < 1:
        raise InputError(f"Invalid --queries. Expected a share between 0 and 1. Received: {options.queries}.")
    check_rerank(options.rerank, options.regions)
    paths, unread = pictures_of(options.data, leave_out=options.out)
    asked = coder_of(options)
    coder = open_coder(**asked)
    about = about_of(coder, options.data, asked)
    with contextlib.ExitStack() as stack:
        folder = options.out or stack.enter_context(tempfile.TemporaryDirectory())
        store = stack.enter_context(Store.begin(folder, about))
        encode(store, coder, paths)
        scores = scored(store, options)
    left_out = len(paths) - len(store.paths) + len(unread)
    print(
        f"AP@{LIMIT} {scores['ap_at_10']:.4f}, mAP {scores['map']:.4f}: {scores['queries']} queries among "
        f"{scores['pictures']} pictures, {scores['ms']:.1f} ms each"
    )
    if left_out:
        print(f"{left_out} pictures could not be read and were left out.")
    if options.json:
        write_text(options.json, json.dumps(scores, indent=1) + "\n")
    return 0


def scored(store, options):
    """How good the answers are to the queries that `options` draw of a `Store`, among all its other pictures: a dict.

    Raises:
        InputError: if no query has a picture of its kind among the others.
    """
    queries = drawn(store.paths, options.queries, options.seed)
    others = [path for path in store.paths if path not in queries]
    totals = {path: sum(kind_of(other) == kind_of(path) for other in others) for path in queries}
    queries = [path for path in sorted(queries) if totals[path]]
    if not queries:
        raise InputError(
            f"{options.data}: expected folders of several pictures of one kind each, found none."
        )
    codes = store.rows()[1]
    finder = Finder(store, _index_of(store, others, codes))
    at_10, whole = [], []
    begun = time.perf_counter()
    for path in queries:
        picture = read_rgb(pathlib.Path(options.data) / path) if options.rerank == GEOMETRIC else None
        code = np.array(codes[store.entry(path).first])
        hits = answers(
            finder, code, len(others), options.expand, options.rerank, picture, store.about["photos"]
        )
        right = [kind_of(hit.path) == kind_of(path) for hit in hits]
        at_10.append(average_precision(right, totals[path], LIMIT))
        whole.append(average_precision(right, totals[path]))
    return {
        "ap_at_10": float(np.mean(at_10)),
        "map": float(np.mean(whole)),
        "queries": len(queries),
        "pictures": len(others),
        "ms": 1000 * (time.perf_counter() - begun) / len(queries),
    }


def drawn(paths, share, seed):
    """The pictures of `paths` that are queries: a set, at least one, the same for the same seed."""
    count = max(1, round(share * len(paths)))
    numbers = np.random.default_rng(seed).choice(len(paths), count, replace=False)
    return {paths[number] for number in numbers}


def kind_of(path):
    """What a picture shows: the folder that it lies in."""
    return pathlib.PurePosixPath(path).parent.as_posix()


def _index_of(store, paths, codes):
    """An exact index of the rows of some pictures."""
    index = FaissIndex(FLAT, store.dim)
    for path in paths:
        entry = store.entry(path)
        rows = np.arange(entry.first, entry.first + entry.rows)
        index.add(rows, codes[rows])
    return index
