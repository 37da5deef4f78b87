"""An index by Apache Beam: to the byte that of one process. `make test-bulk` runs this; see `test_autolabel_bulk`."""

import pytest

pytest.importorskip(
    "apache_beam", reason="Apache Beam is not installed: make test-bulk", exc_type=ImportError
)

from checks import line_of, run_python
from retrieval_coder import BLUE, Colours, write, write_photos

from getnet_tf.retrieval import __main__ as plain
from getnet_tf.retrieval import bulk, bulk_pipeline, coder


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "code.tflite").write_bytes(b"stands for one")
    return write_photos(tmp_path / "photos")


@pytest.fixture
def seen(monkeypatch):
    """How often each coder that is opened looks at a picture."""
    coders = []

    def open_coder(**asked):
        coders.append(Colours(asked["regions"]))
        return coders[-1]

    for module in (coder, bulk_pipeline):
        monkeypatch.setattr(module, "open_coder", open_coder)
    return coders


def run(command, photos, out, *flags):
    argv = [
        photos,
        "--model",
        photos.parent / "code.tflite",
        "--out",
        photos.parent / out,
        "--regions",
        *flags,
    ]
    return command([*map(str, argv)])


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_index_is_that_of_one_process_to_the_byte(photos, seen):
    assert run(lambda argv: plain.main(["index", *argv]), photos, "plain") == 1
    assert run(bulk.main, photos, "out") == 1
    assert files(photos.parent / "out") == files(photos.parent / "plain")
    assert b"b/broken.jpg" in files(photos.parent / "out")["errors.csv"]


def test_only_what_is_missing_is_coded(photos, seen):
    run(bulk.main, photos, "out")
    write(photos / "c/new.png", BLUE)
    (photos / "b/green.png").unlink()
    seen.clear()
    run(bulk.main, photos, "out")
    assert sum(one.seen for one in seen) == 1
    run(lambda argv: plain.main(["index", *argv]), photos, "out")
    assert sum(one.seen for one in seen) == 1, "nothing is left to do"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--model", "run"], "Expected a .tflite file"),
        (["--overwrit"], "--overwrit"),
        (["--shared", "nowhere://bucket/work"], "apache-beam[gcp]"),
    ],
)
def test_what_cannot_work_is_one_line(photos, seen, flags, said, capfd):
    capfd.readouterr()
    assert run(bulk.main, photos, "out", *flags) == 2
    assert said in line_of(capfd)
    assert not (photos.parent / "out").exists()


def test_workers_need_neither_tensorflow_nor_an_index():
    code = """
        import sys
        for name in ("tensorflow", "keras", "supervision", "tqdm", "faiss", "scipy"):
            sys.modules[name] = None
        from getnet_tf.retrieval import bulk_pipeline
        print("imported")
    """
    assert run_python(code) == "imported\n"
