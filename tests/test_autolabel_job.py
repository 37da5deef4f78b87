"""What decides a picture's label, and nothing else, is in a job's fingerprint."""

import json
import shutil

import pytest
from autolabel_scenes import make_job, write_reference
from checks import one_line

from edge_demo.errors import EdgeError
from getnet_tf.autolabel.job import Job, View, views_of
from getnet_tf.errors import InputError


def test_names_are_the_objects_sorted_and_once_each():
    views = (View("pear", "1"), View("cup", "2"), View("pear", "3"))
    assert Job("photos", views).names == ["cup", "pear"]


def test_the_fingerprint_goes_through_json(tmp_path):
    fingerprint = make_job(tmp_path).fingerprint()
    assert json.loads(json.dumps(fingerprint)) == fingerprint


def test_files_elsewhere_with_the_same_content_are_the_same_job(tmp_path):
    job = make_job(tmp_path / "a")
    shutil.move(tmp_path / "a", tmp_path / "b")
    assert make_job(tmp_path / "b").fingerprint() == make_job(tmp_path / "c").fingerprint()
    assert job.root != make_job(tmp_path / "b").root


def test_another_view_model_or_way_is_another_job(tmp_path):
    job = make_job(tmp_path)
    others = [
        make_job(tmp_path / "two", ("upper_left", "lower_right")),
        Job(job.root, job.views, job.views[0].path.replace("references/upper_left.png", "other.tflite")),
        Job(job.root, job.views, job.model, by_folder=True),
        Job(job.root, job.views, job.model, kinds=True),
        Job(job.root, (View("upper_left", job.views[0].path, "1.png"),), job.model),
    ]
    (tmp_path / "other.tflite").write_bytes(b"another model")
    assert all(other.fingerprint() != job.fingerprint() for other in others)


def test_references_are_pictures_or_folders_of_views(tmp_path):
    for place in ("cup/a.png", "cup/b.png", "pen.png"):
        shutil.copy(write_reference(tmp_path, "upper_left"), _made(tmp_path / "things" / place))
    views = views_of([tmp_path / "upper_left.png", tmp_path / "things"])
    assert [view.name for view in views] == ["upper_left", "pen", "cup", "cup"]


def test_a_missing_reference_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"missing.png.*--reference") as caught:
        views_of([tmp_path / "missing.png"])
    assert one_line(caught.value)


def test_an_empty_folder_of_references_is_one_line(tmp_path):
    with pytest.raises(EdgeError) as caught:
        views_of([tmp_path])
    assert one_line(caught.value)


def _made(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
