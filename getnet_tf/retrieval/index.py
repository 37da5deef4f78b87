"""What an index of codes is, and which kind of it suits how many.

An index holds codes of length 1 by their ids, and answers which are nearest to another one. All have the same calls:

    add(ids, codes)         (N,) int64, not negative, that are not in it; (N, D) float32
    remove(ids)             those that are in it; others do not matter
    search(codes, count)    (Q, D) -> ids (Q, count) and cosines (Q, count), the nearest first; -1 and -inf where it holds fewer
    len(index)              how many codes it holds
    index.forgets           whether what was removed is there again when it is opened anew

Source: HNSW, Malkov and Yashunin 2016 (arXiv:1603.09320); IVF-PQ, Jégou et al. 2011; both as faiss has them (arXiv:2401.08281).
"""

FLAT, HNSW, IVF_PQ = "flat", "hnsw", "ivf-pq"
KINDS = (FLAT, HNSW, IVF_PQ)

FLAT_NUMBERS = 5_000_000  # in all codes, that a core reads in about a millisecond
MEMORY_BYTES = 4 * 2**30  # that codes with their graph may take
LINKS = 32  # of a code in the graph, on each of its levels; twice as many on the lowest


def kind_for(count, dim):
    """The kind of index for `count` codes of `dim` numbers.

    Few codes are all compared. Of more, a graph leads to the nearest, as long as all fit into memory. Of still more, memory holds
    short codes of cells, and the exact ones on disk decide.
    """
    if count * dim <= FLAT_NUMBERS:
        return FLAT
    return HNSW if count * (4 * dim + 8 * LINKS) <= MEMORY_BYTES else IVF_PQ


def said(kind, count, dim):
    """A line that says which kind was chosen, and why."""
    reasons = {
        FLAT: "few enough to compare them all: exact",
        HNSW: "a graph in memory leads to the nearest",
        IVF_PQ: "too many for memory: short codes propose, those on disk decide",
    }
    return f"{count:,} codes of {dim} numbers: {kind}, {reasons[kind]}"
