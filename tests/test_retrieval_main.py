"""The commands, with a coder by hand: a code is the mean colour."""

import json
import resource
import signal
import sys

import numpy as np
import pytest
from checks import line_of, run_python
from retrieval_coder import BLUE, GREEN, RED, Colours, opened, write, write_photos

from getnet_tf.retrieval import coder
from getnet_tf.retrieval.__main__ import main
from getnet_tf.retrieval.store import Store


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.setattr(
        coder, "open_coder", lambda model=None, head=None, regions=False, whitening=None: Colours(regions)
    )
    return write_photos(tmp_path / "photos")


def run(*argv):
    return main([*map(str, argv)])


@pytest.fixture
def index(photos, capsys):
    """Of four pictures that can be read and one that can't, with regions."""
    assert run("index", photos, "--out", photos.parent / "index", "--regions") == 1
    capsys.readouterr()
    return photos.parent / "index"


def test_index_says_what_it_chose_and_what_it_could_not_read(photos, capsys):
    """Four pictures, each with a code of its own and two of its halves."""
    assert run("index", photos, "--out", photos.parent / "index", "--regions") == 1
    kind, count, failed = capsys.readouterr().out.splitlines()
    assert kind == "12 codes of 3 numbers: flat, few enough to compare them all: exact"
    assert count == f"4 pictures. Index: {photos.parent / 'index'}"
    assert failed.startswith("1 could not be read, the first is b/broken.jpg: ")
    lines = (photos.parent / "index/errors.csv").read_text().splitlines()
    assert lines[0] == "path,reason" and len(lines) == 2 and lines[1].startswith("b/broken.jpg,")
    (photos / "b/broken.jpg").unlink()
    assert run("index", photos, "--out", photos.parent / "index", "--regions") == 0


def test_search_finds_the_half_that_is_green_and_says_where(index, tmp_path, capsys):
    """A quarter of the query is green, and --box is that quarter. a/half.png is green from x = 8 on."""
    query = write(tmp_path / "query.png", RED, GREEN)
    found, page = tmp_path / "found.json", tmp_path / "found.html"
    flags = ("--box", "8,0,8,5", "--top", 3, "--json", found, "--html", page)
    assert run("search", index, query, *flags) == 0
    said = json.loads(found.read_text())
    assert said["query_box"] == [8, 0, 8, 5]
    hits = {hit["path"]: hit for hit in said["hits"]}
    assert hits["a/half.png"]["box_px"] == [8, 0, 16, 10]
    assert [hit["score"] for hit in said["hits"]] == pytest.approx([1, 1, 0], abs=1e-4)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 and "  1.000               8,0,16,10  a/half.png" in "\n".join(lines)
    html = page.read_text()
    assert html.count("<li>") == 3 and "left:50.00%;top:0.00%;width:50.00%;height:100.00%" in html


def test_a_page_of_pictures_that_are_gone_says_how_many(index, photos, tmp_path, capsys):
    query = write(tmp_path / "query.png", GREEN)
    (photos / "a/half.png").unlink()
    (photos / "b/green.png").unlink()
    assert run("search", index, query, "--top", 3, "--html", tmp_path / "found.html") == 0
    assert (
        capsys.readouterr().err
        == f"2 of 3 pictures are not in {photos} any more. Index the pictures again.\n"
    )


@pytest.mark.skipif(
    sys.platform in ("darwin", "win32"), reason="file systems there have names in UTF-8 alone"
)
def test_names_that_are_not_in_utf_8_are_written_in_ascii(photos, tmp_path, capsys):
    """Byte 0xfe is no UTF-8, and Python's name for it is U+DCFE."""
    (photos / "a/red.png").rename(photos / "a/red\udcfe.png")
    (photos / "b/broken.jpg").rename(photos / "b/broken\udcfe.jpg")
    index, page = tmp_path / "index", tmp_path / "found.html"
    assert run("index", photos, "--out", index) == 1
    assert "b/broken\\udcfe.jpg," in (index / "errors.csv").read_text(encoding="utf-8")
    assert run("search", index, photos / "a/half.png", "--html", page) == 0
    assert "a/red\\udcfe.png" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("flags", [["--rerank"], ["--rerank", "adaptive"], ["--expand"]])
def test_answers_may_be_put_in_order_again(index, photos, flags, capsys):
    """For all of a/half.png: itself first, whichever way. By its best mixture it is all there, by its best half cos 45 degrees."""
    assert run("search", index, photos / "a/half.png", "--top", 1, *flags) == 0
    (_, line) = capsys.readouterr().out.splitlines()
    assert line.endswith("a/half.png") and line.split()[0] == "1.000"


def test_the_geometric_way_lays_the_query_onto_the_answers(photos, monkeypatch, capsys):
    """The aligner, by hand, is sure of b/blue.png alone, which comes first with its probability, 1 / (1 + e^-2), and its outline."""
    from getnet_tf.retrieval import laying

    class Placement:
        def outline(self):
            return np.array([[1.5, 2.5], [4.5, 2.5], [4.5, 6.5], [1.5, 6.5]])

    class Laid:
        placement = Placement()

        def __init__(self, confidence):
            self.confidence = confidence

    class Aligner:
        def shape(self, picture_bgr_u8):
            return None

        def laid(self, shape, picture_bgr_u8):
            return Laid(2.0 if picture_bgr_u8[0, 0, 0] > 100 else -3.0)

    monkeypatch.setattr(laying, "open_aligner", Aligner)
    index = photos.parent / "wholes"
    run("index", photos, "--out", index)
    capsys.readouterr()
    assert run("search", index, photos / "a/red.png", "--rerank", "geometric", "--top", 2) == 0
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["0.881", "2,3,5,7", "b/blue.png"]
    assert second.split()[0] == "1.000" and second.endswith("a/red.png")


def write_kinds(folder):
    """Four red pictures and four green ones."""
    for kind, colour in (("red", RED), ("green", GREEN)):
        for number in range(4):
            write(folder / kind / f"{number}.png", colour)
    return folder


def test_evaluate_by_hand(photos, tmp_path, capsys):
    """A quarter of eight pictures are queries, two, so that each has two or three likes among the others, which come first."""
    kinds = write_kinds(tmp_path / "kinds")
    assert run("evaluate", kinds, "--queries", "0.25", "--json", tmp_path / "scores.json") == 0
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert scores.pop("ms") > 0
    assert scores == {"ap_at_10": 1.0, "map": 1.0, "queries": 2, "pictures": 6}
    assert capsys.readouterr().out.startswith("AP@10 1.0000, mAP 1.0000: 2 queries among 6 pictures, ")


def test_a_wrong_answer_before_the_right_one_is_half_as_good(photos, tmp_path):
    """The one query is a reddish picture of the kind of green ones, of which one other is there: green, after red, so 1 / 2."""
    write(tmp_path / "kinds/green/0.png", (180, 90, 0))
    write(tmp_path / "kinds/green/1.png", GREEN)
    write(tmp_path / "kinds/red/0.png", RED)
    for seed in range(20):
        assert run(
            "evaluate",
            tmp_path / "kinds",
            "--queries",
            "0.3",
            "--seed",
            seed,
            "--out",
            tmp_path / "codes",
            "--json",
            tmp_path / "s.json",
        ) in (0, 2)
        if (tmp_path / "s.json").exists() and json.loads((tmp_path / "s.json").read_text())["map"] < 1:
            break
    assert json.loads((tmp_path / "s.json").read_text())["ap_at_10"] == 0.5


def bad_input(index, photos):
    """(arguments, what is said) of everything that can't work."""
    query, empty, other = photos / "a/red.png", photos.parent / "empty", photos.parent / "other"
    empty.mkdir()
    write(other / "a/red.png", BLUE)
    return [
        (
            ("index", empty, "--out", photos.parent / "out"),
            "expected pictures (avif, bmp, gif, jfif, jpe, jpeg, jpg, png, tif, tiff, webp), found none",
        ),
        (
            ("index", photos / "none", "--out", photos.parent / "out"),
            "expected a folder of pictures, found nothing",
        ),
        (("index", other, "--out", index, "--regions"), "is an index of the pictures in"),
        (("index", photos, "--out", query), "is a file"),
        (("index", photos, "--out", photos), "is not empty and holds no index"),
        (
            ("search", index, query, "--box", "10,0,7,5"),
            "inside the picture of 16x10 pixels. Received: 10,0,7,5",
        ),
        (("search", index, query, "--box=-1,0,7,5"), "inside the picture of 16x10 pixels"),
        (("search", index, query, "--box", "0,0,0,5"), "inside the picture of 16x10 pixels"),
        (("search", index, photos / "none.png"), "none.png"),
        (("search", index, photos / "b/broken.jpg"), "broken.jpg"),
        (("search", empty, query), "holds no index"),
        (("search", index, query, "--model", "none.tflite"), "none.tflite: expected the model"),
        (("search", index, query, "--json", photos / "none/found.json"), "none"),
        (("evaluate", photos, "--queries", "1"), "Expected a share between 0 and 1. Received: 1.0."),
        (("evaluate", photos, "--queries", "nan"), "Expected a share between 0 and 1"),
        (("evaluate", photos, "--rerank"), "--rerank spatial needs codes of regions"),
        (("evaluate", other), "expected folders of several pictures of one kind each, found none"),
    ]


def test_what_cannot_work_is_one_line_and_leaves_the_index_as_it_was(index, photos, capsys):
    before = {path.name: path.read_bytes() for path in index.iterdir()}
    for argv, said in bad_input(index, photos):
        capsys.readouterr()
        assert run(*argv) == 2, argv
        assert said in line_of(capsys), argv
    assert {path.name: path.read_bytes() for path in index.iterdir()} == before


def test_an_index_of_another_model_or_head_is_refused_by_both_commands(index, photos, monkeypatch, capsys):
    other = Colours(True, fingerprint="07e4")
    monkeypatch.setattr(coder, "open_coder", opened(other))
    for argv in (("search", index, photos / "a/red.png"), ("index", photos, "--out", index, "--regions")):
        capsys.readouterr()
        assert run(*argv) == 2
        assert "index of another model" in line_of(capsys)


def test_milvus_that_is_not_there_is_one_line_and_the_codes_stay(photos):
    """In a process of its own, as a Milvus Lite that can't begin takes more with it than itself."""
    pytest.importorskip("milvus_lite")
    out = photos.parent / "index"
    argv = ["index", str(photos), "--out", str(out), "--milvus", str(photos.parent / "none/milvus.db")]
    code = f"""
        import contextlib, sys
        from retrieval_coder import Colours
        from getnet_tf.retrieval import coder
        from getnet_tf.retrieval.__main__ import main
        coder.open_coder = lambda model=None, head=None, regions=False, whitening=None: Colours(regions)
        with contextlib.redirect_stderr(sys.stdout):
            assert main({argv}) == 2
    """
    *_, line = run_python(code).splitlines()
    assert "expected Milvus, received: " in line and "check --milvus" in line
    run("index", photos, "--out", out)
    assert run("search", out, photos / "a/red.png") == 0


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(photos, monkeypatch, capsys):
    """Files may have 500 bytes: the journal's first line has 200, every further one 100, so some pictures are done."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    out = photos.parent / "index"
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, hard))
        assert run("index", photos, "--out", out, "--regions") == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert "check that the place exists and has room" in line_of(capsys)
    done = len(Store.open(out).paths)
    assert 0 < done < 4
    coders = []
    monkeypatch.setattr(coder, "open_coder", lambda **asked: coders.append(Colours(True)) or coders[0])
    assert run("index", photos, "--out", out, "--regions") == 1
    assert coders[0].seen == 4 - done


@pytest.mark.parametrize(
    ("blocked", "said"),
    [
        (("tensorflow", "keras", "pymilvus"), ""),
        (
            ("faiss",),
            "this command needs faiss, which is not installed. Run, in the checkout of GetNet-TF: pip install -e '.[retrieval]'.",
        ),
    ],
)
def test_the_commands_need_no_tensorflow_and_name_the_extra_that_is_missing(photos, blocked, said):
    """Codes by a `.tflite` need none, either: see `test_retrieval_export`."""
    kinds = str(write_kinds(photos.parent / "kinds"))
    code = f"""
        import contextlib, sys
        for name in {blocked}:
            sys.modules[name] = None
        from retrieval_coder import Colours, opened
        import getnet_tf.retrieval
        from getnet_tf.retrieval import coder
        from getnet_tf.retrieval.__main__ import main
        coder.open_coder = opened(Colours(True))
        photos, out = {str(photos)!r}, {str(photos.parent / "index")!r}
        with contextlib.redirect_stderr(sys.stdout):
            codes = [
                main(["index", photos, "--out", out, "--regions"]),
                main(["search", out, photos + "/a/red.png", "--rerank", "adaptive"]),
                main(["evaluate", {kinds!r}, "--regions", "--queries", "0.25"]),
            ]
        print(codes)
    """
    printed = run_python(code)
    assert said in printed
    assert printed.endswith("[2, 2, 2]\n" if said else "[1, 0, 0]\n"), printed
