"""References that class folders give: cut out where most pictures agree, each remembering where it comes from."""

import pathlib
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from autolabel_scenes import make_job, write, write_scenes
from checks import one_line

from getnet_tf.autolabel import references
from getnet_tf.autolabel.references import PER_CLASS, cut_references
from getnet_tf.errors import InputError


@pytest.fixture
def job(tmp_path):
    return make_job(tmp_path)


def cut(job, folder, things):
    write_scenes(pathlib.Path(job.root), things)
    return cut_references(job.root, sorted(things), job.model, folder)


def test_a_view_is_the_area_that_the_model_looks_at(tmp_path, job):
    """The spot is at x 10 to 12, y 6 to 8 of a box from x 5.25 to 16.75, in whole pixels 5 to 17; y 0.5 is a tie."""
    views = cut(job, tmp_path / "cut", {"fruit/pear/1.png": "upper_left", "fruit/pear/2.png": "upper_left"})
    assert [(view.name, view.source) for view in views] == [
        ("fruit/pear", "fruit/pear/1.png"),
        ("fruit/pear", "fruit/pear/2.png"),
    ]
    picture = cv2.imread(views[0].path)
    height, width = picture.shape[:2]
    assert width == 12 and height in (13, 14)
    rows, columns = np.nonzero(picture[:, :, 0])
    assert set(columns) == {5, 6} and set(rows) <= {5, 6, 7, 8} and len(set(rows)) == 2


class Halving:
    """A matcher that finds, in the middle of a picture, something with half the sides of the largest reference."""

    def describe(self, picture, _name):
        return SimpleNamespace(wh=np.array(picture.shape[1::-1]), embedding=None)

    def search(self, picture, objects, early_no):
        assert not early_no
        centre, half = np.array(picture.shape[1::-1]) / 2, max(view.wh.max() for view in objects[0]) / 4
        return [[SimpleNamespace(box_px=(*(centre - half), *(centre + half)), embedding=None)]]

    def distance(self, _embedding, _other):
        return 0.0


def test_pictures_are_searched_again_for_what_was_cut_out_of_the_others(tmp_path, monkeypatch):
    """80 pixels: half of that after one round, a quarter after two."""
    monkeypatch.setattr(references, "open_matcher", lambda model, kinds: Halving())
    for name in ("cup/1.png", "cup/2.png"):
        write(tmp_path / name, np.zeros((80, 80, 3), np.uint8))
    views = cut_references(tmp_path, ["cup/1.png", "cup/2.png"], None, tmp_path / "cut")
    assert [cv2.imread(view.path).shape for view in views] == [(20, 20, 3)] * 2


def test_a_class_of_many_gives_a_few_evenly_spread(tmp_path, job):
    things = {f"cup/{n:02d}.png": "upper_left" for n in range(21)}
    views = cut(job, tmp_path / "cut", things)
    assert [view.source for view in views] == [f"cup/{n:02d}.png" for n in (0, 5, 10, 15, 20)]
    assert len(views) == PER_CLASS


def test_a_damaged_picture_is_stood_in_for(tmp_path, job):
    things = {f"cup/{n}.png": "upper_left" for n in range(5)}
    write_scenes(pathlib.Path(job.root), things)
    (pathlib.Path(job.root) / "cup" / "0.png").write_bytes(b"damaged")
    views = cut_references(job.root, sorted(things), job.model, tmp_path / "cut")
    assert [view.source for view in views] == [f"cup/{n}.png" for n in (1, 2, 3, 4)]


def test_a_class_of_one_picture_is_one_line(tmp_path, job):
    with pytest.raises(InputError, match=r"pen.*found 1") as caught:
        cut(
            job,
            tmp_path / "cut",
            {"cup/1.png": "upper_left", "cup/2.png": "upper_left", "pen/1.png": "upper_left"},
        )
    assert one_line(caught.value)


def test_blank_pictures_are_no_views_and_a_class_of_them_is_one_line(tmp_path, job):
    black = np.zeros((24, 40, 3), np.uint8)
    things = {f"cup/{n}.png": "upper_left" for n in range(2)}
    for n in range(2, 6):
        write(pathlib.Path(job.root) / "cup" / f"{n}.png", black)
    views = cut_references(
        write_scenes(pathlib.Path(job.root), things),
        [f"cup/{n}.png" for n in range(6)],
        job.model,
        tmp_path / "cut",
    )
    assert [view.source for view in views] == list(things)
    with pytest.raises(InputError, match="found 0") as caught:
        cut_references(job.root, [f"cup/{n}.png" for n in range(2, 6)], job.model, tmp_path / "cut")
    assert one_line(caught.value)


def test_a_picture_beside_the_class_folders_is_one_line(tmp_path, job):
    with pytest.raises(InputError, match=r"stray.png") as caught:
        cut(
            job,
            tmp_path / "cut",
            {"cup/1.png": "upper_left", "cup/2.png": "upper_left", "stray.png": "upper_left"},
        )
    assert one_line(caught.value)
