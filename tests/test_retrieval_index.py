"""An index in faiss and in Milvus: the same calls, the same answers."""

import numpy as np
import pytest

from getnet_tf.errors import InputError
from getnet_tf.retrieval import index as kinds
from getnet_tf.retrieval.faiss_index import FaissIndex
from getnet_tf.retrieval.unit import unit

CODES = unit(np.array([[1, 0], [3, 4], [0, 1], [-1, 0]], np.float32))
IDS = np.array([5, 7, 1, 3])


@pytest.fixture(params=[kinds.FLAT, kinds.HNSW, "milvus"])
def index(request, tmp_path):
    if request.param != "milvus":
        yield FaissIndex(request.param, 2)
        return
    pytest.importorskip("milvus_lite")
    from getnet_tf.retrieval.milvus_index import MilvusIndex

    index = MilvusIndex(tmp_path / "milvus.db", "codes", kinds.FLAT, 2)
    yield index
    index.close()


def test_the_nearest_come_first_with_their_cosines(index):
    """Of (0.8, 0.6): (1, 0) has 0.8, (0.6, 0.8) has 0.96, (0, 1) has 0.6, (-1, 0) has -0.8. What is removed is not found, what is
    added again is; of fewer than asked for the rest is -1."""
    query = np.array([[0.8, 0.6]], np.float32)
    ids, cosines = index.search(query, 2)
    np.testing.assert_array_equal(ids, [[-1, -1]])
    assert len(index) == 0

    index.add(IDS, CODES)
    ids, cosines = index.search(query, 3)
    np.testing.assert_array_equal(ids, [[7, 5, 1]])
    np.testing.assert_allclose(cosines, [[0.96, 0.8, 0.6]], atol=1e-6)

    index.remove([7, 99])
    assert len(index) == 3
    ids, cosines = index.search(query, 4)
    np.testing.assert_array_equal(ids, [[5, 1, 3, -1]])
    np.testing.assert_allclose(cosines[0, :3], [0.8, 0.6, -0.8], atol=1e-6)
    assert cosines[0, 3] == -np.inf

    index.add(np.array([8]), CODES[1:2])
    np.testing.assert_array_equal(index.search(query, 1)[0], [[8]])


def clustered(count, seed=0, dim=16):
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(40, dim))
    return unit(
        (centres[rng.integers(40, size=count)] + rng.normal(size=(count, dim)) * 0.5).astype(np.float32)
    )


def recall(found, expected):
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, expected, strict=True)])


@pytest.mark.parametrize("kind", [kinds.HNSW, kinds.IVF_PQ])
def test_an_index_that_does_not_compare_them_all_finds_nearly_the_same(kind):
    codes, queries = clustered(2000), clustered(50, 1)
    exact = np.argsort(-(queries @ codes.T), axis=1)[:, :10]
    index = FaissIndex(kind, 16, codes)
    index.add(np.arange(2000), codes)
    ids, cosines = index.search(queries, 10)
    assert recall(ids, exact) >= 0.95
    np.testing.assert_allclose(cosines, np.take_along_axis(queries @ codes.T, ids, 1), atol=1e-5)
    gone = exact[:, 0]
    index.remove(gone)
    assert len(index) == 2000 - len(set(gone.tolist()))
    assert not set(index.search(queries, 10)[0].ravel().tolist()) & set(gone.tolist())


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_what_is_saved_answers_the_same(kind, tmp_path):
    codes = clustered(1300)
    index, again = FaissIndex(kind, 16, codes), FaissIndex(kind, 16, codes)
    index.add(np.arange(1300), codes)
    index.save(tmp_path / "index")
    again.load(tmp_path / "index")
    for found, expected in zip(again.search(codes[:5], 4), index.search(codes[:5], 4), strict=True):
        np.testing.assert_array_equal(found, expected)
    empty = FaissIndex(kinds.FLAT, 16)
    empty.save(tmp_path / "empty")
    empty.load(tmp_path / "empty")
    assert len(empty) == 0


def test_a_damaged_file_is_one_line(tmp_path):
    (tmp_path / "index").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="received a damaged one") as caught:
        FaissIndex(kinds.FLAT, 2).load(tmp_path / "index")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("count", "dim", "kind"),
    [
        (39_062, 128, kinds.FLAT),  # 4,999,936 numbers
        (39_063, 128, kinds.HNSW),
        (5_592_405, 128, kinds.HNSW),  # of 768 bytes each, 4 GiB
        (5_592_406, 128, kinds.IVF_PQ),
    ],
)
def test_the_kind_follows_from_the_size(count, dim, kind):
    assert kinds.kind_for(count, dim) == kind
    assert f"{count:,} codes of {dim} numbers: {kind}" in kinds.said(kind, count, dim)


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "{folder}/none/milvus.db"])
def test_no_milvus_is_one_line(uri, tmp_path):
    pytest.importorskip("milvus_lite")
    from getnet_tf.retrieval.milvus_index import MilvusIndex

    with pytest.raises(InputError, match=r"expected Milvus, received: .* check --milvus") as caught:
        MilvusIndex(uri.format(folder=tmp_path), "codes", kinds.FLAT, 2)
    assert "\n" not in str(caught.value)


def test_a_collection_of_other_codes_is_refused(tmp_path):
    pytest.importorskip("milvus_lite")
    from getnet_tf.retrieval.milvus_index import MilvusIndex

    MilvusIndex(tmp_path / "milvus.db", "codes", kinds.FLAT, 2).close()
    with pytest.raises(InputError, match="expected codes of 3 numbers in the collection codes, found 2"):
        MilvusIndex(tmp_path / "milvus.db", "codes", kinds.FLAT, 3)
