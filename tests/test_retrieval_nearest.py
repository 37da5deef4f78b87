"""The index beside a store: always that of its rows, whatever happened to either."""

import json
import os

import numpy as np
import pytest
from retrieval_coder import RED, Colours, write, write_photos

from getnet_tf.autolabel.pictures import pictures_of
from getnet_tf.errors import InputError
from getnet_tf.retrieval import faiss_index, nearest
from getnet_tf.retrieval.encoding import encode
from getnet_tf.retrieval.finder import Finder
from getnet_tf.retrieval.store import Store

GREEN = np.array([0, 1, 0], np.float32)


@pytest.fixture
def photos(tmp_path):
    return write_photos(tmp_path / "photos")


@pytest.fixture(params=["faiss", "graph", "milvus"])
def milvus(request, tmp_path, monkeypatch):
    """Where the index is: None for faiss, flat or a graph."""
    if request.param == "graph":
        monkeypatch.setattr(nearest, "kind_for", lambda count, dim: "hnsw")
    if request.param != "milvus":
        return None
    pytest.importorskip("milvus_lite")
    return str(tmp_path / "milvus.db")


def run(photos, milvus=None, anew=False):
    """One run of `index`; what it says."""
    said, coder = [], Colours(regions=True)
    about = {"fingerprint": coder.fingerprint, "dim": coder.dim, "photos": str(photos), "regions": True}
    with Store.begin(photos.parent / "out", about, anew) as store:
        encode(store, coder, pictures_of(photos)[0])
        nearest.updated(store, milvus, said.append)
    return said


def found(photos, code=GREEN, milvus=None):
    """(path, box, cosine) of what is found, the first two."""
    store = Store.open(photos.parent / "out")
    return [
        (hit.path, hit.box_px, hit.score)
        for hit in Finder(store, nearest.opened(store, milvus)).find(code, 2)
    ]


def test_an_index_follows_its_store(photos, milvus):
    """Green is all of b/green and the right half of a/half, which is 8 of 16 pixels wide; when it is gone a picture without green
    comes next, whose cosine is 0, and when there is a new green one, it is found."""
    (line,) = run(photos, milvus)
    assert line.startswith("12 codes of 3 numbers: ")
    hits = found(photos, milvus=milvus)
    assert {path for path, *_ in hits} == {"a/half.png", "b/green.png"}
    assert dict((path, box) for path, box, _ in hits)["a/half.png"] == (8, 0, 16, 10)
    assert [score for *_, score in hits] == pytest.approx([1, 1], abs=1e-6)

    (photos / "b/green.png").unlink()
    run(photos, milvus)
    assert found(photos, milvus=milvus)[0] == ("a/half.png", (8, 0, 16, 10), pytest.approx(1, abs=1e-6))
    assert found(photos, milvus=milvus)[1][2] == pytest.approx(0, abs=1e-6)

    write(photos / "c/new.png", (0, 200, 0))
    run(photos, milvus)
    assert {path for path, *_ in found(photos, milvus=milvus)} == {"a/half.png", "c/new.png"}


def test_begun_anew_with_other_pictures_the_old_index_does_not_count(photos, milvus):
    """The same rows by their numbers, and other codes: the red picture is the green one now."""
    run(photos, milvus)
    write(photos / "a/red.png", (0, 200, 0))
    write(photos / "b/green.png", RED)
    run(photos, milvus, anew=True)
    assert {path for path, *_ in found(photos, milvus=milvus)} == {"a/half.png", "a/red.png"}


def test_what_is_damaged_is_said_and_made_again(photos):
    run(photos)
    for name, content in (
        (nearest.FILE, b"cut"),
        (nearest.ABOUT, b"{"),
        (nearest.ABOUT, b'{"kind": "flat"}'),
        (nearest.ABOUT, b"[]"),
    ):
        (photos.parent / "out" / name).write_bytes(content)
        with pytest.raises(
            InputError, match="expected an index of its 12 codes, found none, an older or a damaged one"
        ):
            found(photos)
        run(photos)
        assert len(found(photos)) == 2


def test_an_index_older_than_its_store_is_said(photos):
    run(photos)
    coder = Colours(regions=True)
    about = {"fingerprint": coder.fingerprint, "dim": coder.dim, "photos": str(photos), "regions": True}
    write(photos / "c/new.png", RED)
    with Store.begin(photos.parent / "out", about) as store:
        encode(store, coder, pictures_of(photos)[0])
    with pytest.raises(InputError, match="an older or a damaged one"):
        found(photos)


def test_a_full_disk_keeps_the_codes_and_the_next_run_makes_the_index(photos, monkeypatch):
    def full(index, path):
        raise RuntimeError("Error in write at io.cpp: write error in /out: No space left on device")

    with monkeypatch.context() as change:
        change.setattr(faiss_index.faiss, "write_index", full)
        with pytest.raises(OSError, match="No space left on device"):
            run(photos)
    assert not list((photos.parent / "out").glob(".partial-*"))
    assert len(Store.open(photos.parent / "out").paths) == 4
    run(photos)
    assert len(found(photos)) == 2


def test_a_collection_that_is_replaced_is_removed(photos, tmp_path):
    pytest.importorskip("milvus_lite")
    from pymilvus import MilvusClient

    uri = str(tmp_path / "milvus.db")
    run(photos, uri)
    run(photos, uri, anew=True)
    client = MilvusClient(uri)
    names = client.list_collections()
    client.close()
    assert names == [json.loads((photos.parent / "out" / nearest.ABOUT).read_text())["collection"]]


@pytest.mark.parametrize("name", [nearest.FILE, nearest.ABOUT])
def test_an_index_that_is_a_pipe_is_said_and_made_again(photos, name):
    run(photos)
    path = photos.parent / "out" / name
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="a damaged one"):
        found(photos)
    run(photos)
    assert path.is_file() and len(found(photos)) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "other"},
        {"kind": []},
        {"count": -1},
        {"count": 13},
        {"count": True},
        {"journal": [2**62, 0]},
        {"journal": ["0", 0]},
        {"journal": [-1, 0]},
        {"milvus": 3},
        {"collection": "codes"},
        {"milvus": "a.db", "collection": "x; y"},
    ],
    ids=str,
)
def test_what_does_not_fit_is_said_and_made_again(photos, changed):
    run(photos)
    path = photos.parent / "out" / nearest.ABOUT
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    with pytest.raises(InputError, match=r"Run `python -m getnet_tf\.retrieval index` again"):
        found(photos)
    run(photos)
    assert len(found(photos)) == 2


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "{folder}/other.db"])
def test_a_milvus_that_only_the_folder_names_is_not_touched(photos, tmp_path, monkeypatch, uri):
    opened, uri = [], uri.format(folder=tmp_path)
    run(photos)
    path = photos.parent / "out" / nearest.ABOUT
    elsewhere = {"milvus": uri, "collection": "codes_" + 32 * "0"}
    path.write_text(json.dumps(json.loads(path.read_text()) | elsewhere))
    before = set(tmp_path.iterdir())
    make = nearest._new
    monkeypatch.setattr(
        nearest, "_new", lambda store, kept: opened.append(kept["milvus"]) or make(store, kept)
    )
    with pytest.raises(InputError, match=f"{uri}: give that as --milvus"):
        found(photos)
    *_, said = run(photos)
    assert (
        said == f"{uri} is left as it is, with an index that nobody uses any more: {elsewhere['collection']}"
    )
    assert opened == [None] and set(tmp_path.iterdir()) == before
    with pytest.raises(InputError, match="leave out --milvus"):
        found(photos, milvus=uri)
    assert len(found(photos)) == 2


def test_a_file_of_milvus_that_is_gone_is_not_made_by_a_search(photos, tmp_path):
    run(photos)
    path, uri = photos.parent / "out" / nearest.ABOUT, str(tmp_path / "gone.db")
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"milvus": uri, "collection": "codes_" + 32 * "0"})
    )
    with pytest.raises(InputError, match="found none"):
        found(photos, milvus=uri)
    assert not os.path.exists(uri)


@pytest.mark.parametrize("column", [0, 4], ids=["box", "code"])
def test_rows_that_are_no_numbers_are_one_line_where_they_count_and_coded_again(photos, column):
    """The row of all of b/green, in the file of 4 + 3 numbers a row."""
    run(photos)
    store = Store.open(photos.parent / "out")
    path, row = photos.parent / "out/rows-0.f32", store.entry("b/green.png").first
    table = np.fromfile(path, np.float32).reshape(-1, 7)
    table[row : row + 3, column] = np.nan
    table.tofile(path)
    store = Store.open(photos.parent / "out")
    finder = Finder(store, nearest.opened(store))
    with pytest.raises(InputError, match=r"has damaged codes. Index the pictures again") as caught:
        finder.adaptive(GREEN, finder.find(GREEN, 4))
    assert "\n" not in str(caught.value)
    run(photos)
    assert len(found(photos)) == 2
