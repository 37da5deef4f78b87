"""Labels by Apache Beam: to the byte those of one process, from any filesystem that Beam knows.

Beam can't be installed beside TensorFlow: `make test-bulk` runs these tests in a place of its own.
"""

import json
import pathlib
import re

import pytest

pytest.importorskip(
    "apache_beam", reason="Apache Beam is not installed: make test-bulk", exc_type=ImportError
)

import cv2
from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem
from checks import run_python
from photo_files import colours

from getnet_tf.autolabel import __main__ as plain
from getnet_tf.autolabel import bulk, pipeline


class Elsewhere(LocalFileSystem):
    """What is at elsewhere://PATH lies at /PATH, and local paths are refused: stands for a bucket."""

    @classmethod
    def scheme(cls):
        return "elsewhere"

    def join(self, basepath, *paths):
        return "/".join([basepath.rstrip("/"), *paths])

    def split(self, path):
        head, tail = path.rsplit("/", 1)
        return head, tail

    def has_dirs(self):
        return False

    def _list(self, dir_or_prefix):
        folder = pathlib.Path(_here(dir_or_prefix.rsplit("/", 1)[0]))
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield FileMetadata(f"elsewhere:/{path}", path.stat().st_size)

    def _path_open(self, path, mode, *arguments, **options):
        return super()._path_open(_here(path), mode, *arguments, **options)

    def create(self, path, *arguments, **options):
        pathlib.Path(_here(path)).parent.mkdir(parents=True, exist_ok=True)
        return super().create(path, *arguments, **options)

    def exists(self, path):
        return super().exists(_here(path))

    def metadata(self, path):
        return FileMetadata(path, pathlib.Path(_here(path)).stat().st_size)

    def rename(self, source_file_names, destination_file_names):
        super().rename(
            [_here(path) for path in source_file_names], [_here(path) for path in destination_file_names]
        )

    def delete(self, paths):
        for path in paths:
            pathlib.Path(_here(path)).unlink()


def _here(path):
    assert path.startswith("elsewhere://"), path
    return path.removeprefix("elsewhere:/")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Three pictures with the thing on a plain wall, three without, one damaged, in two folders; and the reference."""
    folder = tmp_path_factory.mktemp("photos")
    thing = colours(1, (90, 120))[:, :, ::-1]
    cv2.imwrite(str(folder / "thing.png"), thing)
    for n in range(3):
        scene = colours(20 + n, (200, 260))[:, :, ::-1] // 4 + 90
        other = scene.copy()
        scene[20 * n : 20 * n + 90, 40 * n : 40 * n + 120] = thing
        for name, picture in (("with", scene), ("ohne é", other)):
            (folder / "in" / name).mkdir(parents=True, exist_ok=True)
            assert cv2.imwrite(str(folder / "in" / name / f"{n}.jpg"), picture)
    (folder / "in" / "with" / "damaged.jpg").write_bytes(b"damaged")
    return folder


@pytest.fixture(scope="module")
def expected(photos):
    """What one process writes: dict of path -> bytes, and its exit code."""
    argv = [photos / "in", "--reference", photos / "thing.png", "--out", photos / "plain", "--processes", "1"]
    code = plain.main([*map(str, argv)])
    return files_of(photos / "plain"), code


def files_of(folder):
    """What the formats hold; journal and review page are of one machine."""
    alone = ("journal.jsonl", "review.html")
    found = (path for path in folder.rglob("*") if path.is_file() and path.name not in alone)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def labelled(photos, out, *flags, images=None):
    argv = [images or photos / "in", "--reference", photos / "thing.png", "--out", out, *flags]
    return bulk.main([*map(str, argv)])


def test_labels_are_those_of_one_process_to_the_byte(tmp_path, photos, expected):
    files, code = expected
    assert labelled(photos, tmp_path / "out") == code == 1
    assert files_of(tmp_path / "out") == files
    assert len(json.loads(files["coco.json"])["annotations"]) >= 3
    assert files["errors.csv"].count(b"\n") == 2
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "coco.json",
        "errors.csv",
        "labels.csv",
        "voc",
        "yolo",
    }


def test_workers_look_as_often_as_is_asked_for(tmp_path, photos, expected):
    """A closer look gives other boxes."""
    argv = [
        photos / "in",
        "--reference",
        photos / "thing.png",
        "--out",
        tmp_path / "plain",
        "--processes",
        "1",
    ]
    plain.main([*map(str, argv), "--refine", "--kinds"])
    labelled(photos, tmp_path / "out", "--refine", "--kinds")
    files = files_of(tmp_path / "out")
    assert files == files_of(tmp_path / "plain")
    assert files["coco.json"] != expected[0]["coco.json"]


def test_a_second_run_replaces_the_first(tmp_path, photos, expected):
    for _ in range(2):
        labelled(photos, tmp_path / "out")
    assert files_of(tmp_path / "out") == expected[0]


@pytest.mark.parametrize("workers", [["--direct_num_workers=2", "--direct_running_mode=multi_threading"]])
def test_several_workers_give_the_same(tmp_path, photos, expected, workers):
    labelled(photos, tmp_path / "out", *workers)
    assert files_of(tmp_path / "out") == expected[0]


def test_pictures_and_workers_of_another_filesystem_give_the_same_without_links(tmp_path, photos, expected):
    flags = ("--shared", f"elsewhere:/{tmp_path}/work")
    assert labelled(photos, tmp_path / "out", *flags, images=f"elsewhere:/{photos}/in/") == 1
    pictures = re.compile("yolo/images/|voc/JPEGImages/")
    assert files_of(tmp_path / "out") == {
        path: content for path, content in expected[0].items() if not pictures.match(path)
    }
    assert not [path for path in (tmp_path / "work").rglob("*") if path.is_file()]


def test_a_picture_that_vanishes_is_an_error_of_the_picture(tmp_path, photos, monkeypatch):
    run = pipeline.run
    monkeypatch.setattr(
        pipeline, "run", lambda place, paths, options: run(place, [*paths, "gone.jpg"], options)
    )
    assert labelled(photos, tmp_path / "out") == 1
    assert (
        'gone.jpg,"expected a picture, found no such file"\n' in (tmp_path / "out" / "errors.csv").read_text()
    )


def test_the_model_is_loaded_once_for_all_bundles(tmp_path, photos, monkeypatch):
    loaded = []
    monkeypatch.setattr(
        pipeline, "Labeller", lambda job, real=pipeline.Labeller: loaded.append(1) or real(job)
    )
    labelled(photos, tmp_path / "out", "--direct_num_workers=2", "--direct_running_mode=multi_threading")
    assert loaded == [1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": "missing"}, "expected a folder of pictures"),
        ({"--reference": "missing.png"}, "missing.png"),
        ({"--model": "thing.png"}, "Export it"),
        ({"--model": "no.tflite"}, "no.tflite"),
        ({"--out": "in"}, "holds no labels"),
        ({"--out": "thing.png"}, "is a file"),
        ({"--overwrit": "x"}, "--overwrit"),
        ({"--runner": "NoRunner"}, "NoRunner"),
        ({"images": "nowhere://bucket/photos"}, "apache-beam[gcp]"),
        ({"--shared": "nowhere://bucket/work"}, "apache-beam[gcp]"),
    ],
)
def test_what_cannot_work_is_one_line_before_any_worker_begins(
    tmp_path, photos, capfd, monkeypatch, change, message
):
    monkeypatch.setattr(pipeline, "run", lambda *_: pytest.fail("began"))
    (photos / "no.tflite").write_bytes(b"no model")
    options = {"--reference": photos / "thing.png", "--out": tmp_path / "out"}
    kept = ("NoRunner", "nowhere")
    given = {name: value if value.startswith(kept) else photos / value for name, value in change.items()}
    options |= {name: value for name, value in given.items() if name != "images"}
    argv = [given.get("images", photos / "in"), *(part for pair in options.items() for part in pair)]
    capfd.readouterr()
    assert bulk.main([*map(str, argv)]) == 2
    printed = capfd.readouterr()
    assert re.fullmatch(r"error: [^\n]+\n", printed.err) and message in printed.err, printed.err
    assert not (tmp_path / "out").exists()


def test_a_pipeline_that_fails_leaves_nothing(tmp_path, photos, monkeypatch):
    def broken(*_):
        raise RuntimeError("the cluster is gone")

    monkeypatch.setattr(pipeline, "run", broken)
    with pytest.raises(RuntimeError):
        labelled(photos, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_workers_need_neither_tensorflow_nor_supervision():
    code = """
        import sys
        for name in ("tensorflow", "keras", "supervision", "tqdm"):
            sys.modules[name] = None
        from getnet_tf.autolabel import pipeline
        print("imported")
    """
    assert run_python(code) == "imported\n"
