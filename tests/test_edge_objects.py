"""What references stand for, and the window's scenes on top of them, with a window made of lists."""

import dataclasses

import cv2
import numpy as np
import pytest
from edge_model import write_centroid

from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.objects import Objects, named_pictures
from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.still import Still
from edge_demo.model.matcher import Matcher, MatchResult, ObjectMatch
from edge_demo.outputs.snapshots import Snapshots
from edge_demo.screen.orders import Order
from edge_demo.screen.scene import Scene
from edge_demo.window import panel, window
from edge_demo.window.controls import Controls
from edge_demo.window.window import Window


@pytest.fixture(scope="session")
def matcher(tmp_path_factory):
    return Matcher(write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite"))


@pytest.fixture
def folder(tmp_path):
    """Two pictures, two views of a cup, an empty folder, and files that are no pictures."""
    for name in ("pen.png", "ball.jpg", "cup/side.png", "cup/top.png"):
        path = tmp_path / "things" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture())
    (tmp_path / "things" / "empty").mkdir()
    (tmp_path / "things" / "note.txt").write_text("")
    (tmp_path / "things" / ".hidden.png").write_text("")
    return tmp_path / "things"


def picture():
    bgr_u8 = np.zeros((48, 64, 3), np.uint8)
    bgr_u8[:24, :32] = 200
    return bgr_u8


def test_a_file_is_an_object_and_a_folder_holds_objects_and_folders_of_views(folder):
    found = named_pictures([folder / "pen.png"])
    assert found == [("pen", [folder / "pen.png"], True)]
    assert named_pictures([folder]) == [
        ("ball", [folder / "ball.jpg"], False),
        ("pen", [folder / "pen.png"], False),
        ("cup", [folder / "cup" / "side.png", folder / "cup" / "top.png"], False),
    ]


def test_two_objects_of_one_name_and_a_folder_without_pictures_are_refused(folder):
    with pytest.raises(EdgeError, match="share a name"):
        named_pictures([folder, folder / "pen.png"])
    with pytest.raises(EdgeError, match="expected pictures"):
        named_pictures([folder / "empty"])


def test_a_damaged_picture_of_a_folder_is_left_out_and_a_damaged_file_is_an_error(matcher, folder, capfd):
    (folder / "cup" / "top.png").write_bytes(b"none")
    objects = Objects(matcher)
    objects.add_files([folder])
    assert {known.name: len(known.views) for known in objects.known} == {"ball": 1, "pen": 1, "cup": 1}
    assert capfd.readouterr().err.count("\n") == 1
    with pytest.raises(EdgeError, match=r"top\.png"):
        Objects(matcher).add_files([folder / "cup" / "top.png"])
    (folder / "cup" / "side.png").write_bytes(b"none")
    with pytest.raises(EdgeError, match="pictures of cup"):
        Objects(matcher).add_files([folder])


def test_without_a_gallery_objects_last_for_the_run(matcher, tmp_path):
    objects = Objects(matcher)
    objects.add("cup", picture())
    objects.add("pen", picture())
    objects.add("cup", picture()[:, ::-1].copy())
    assert [(known.name, len(known.views), known.color) for known in objects.known] == [
        ("cup", 2, COLORS[0]),
        ("pen", 1, COLORS[1]),
    ]
    objects.delete("cup")
    assert [known.name for known in objects.known] == ["pen"]
    with pytest.raises(EdgeError, match="at least 8x8 pixels"):
        objects.add("strip", picture()[:4])
    assert list(tmp_path.iterdir()) == []


WHOLE_PX = (0.0, 0.0, 64.0, 48.0)


def scene_of(objects, box_px=WHOLE_PX):
    result = MatchResult(5.0, [ObjectMatch(known.name, 0.9, True, box_px, 0.1) for known in objects.known])
    return Scene(picture(), result, objects)


def test_orders_change_the_gallery_and_what_cannot_be_done_is_said(matcher, tmp_path):
    objects = Objects(matcher, Gallery(tmp_path / "things", matcher, "a"))
    scene = scene_of(objects)
    assert scene.facts().names == () and scene.facts().proposed_px is None
    assert scene.obey(Order("remember", "cup", (-3.0, 0.0, 40.2, 90.0))) == "Remembered cup, 1 view"
    kept = cv2.imread(str(tmp_path / "things" / "cup" / "view-1.png"))
    np.testing.assert_array_equal(kept, picture()[:, :40])
    assert scene.obey(Order("remember", "cup", (0.0, 0.0, 64.0, 48.0))) == "Remembered cup, 2 views"
    assert scene.facts().names == ("cup",)
    assert "blank" in scene.obey(Order("remember", "wall", (40.0, 30.0, 60.0, 45.0)))
    assert scene.obey(Order("delete", "cup")) == "Deleted cup"
    assert "expected the name" in scene.obey(Order("delete", "cup"))


def test_what_a_person_says_is_not_it_is_not_it_any_more(matcher):
    """To the model the right half, which is a fifth as bright, is of another direction than the whole, and nearer to itself."""
    objects = Objects(matcher, search=Still(matcher))
    objects.add("cup", picture())
    frame_bgr_u8 = cv2.addWeighted(picture(), 1.0, cv2.flip(picture(), 1), 0.2, 0)
    (before,) = objects.match(frame_bgr_u8).objects
    assert before.match and before.same is None
    scene = Scene(frame_bgr_u8, MatchResult(5.0, [dataclasses.replace(before, box_px=WHOLE_PX)]), objects)
    assert scene.facts().matching == ("cup",)
    assert scene.obey(Order("not this", "cup")) == "Not cup: 1 counter-example"
    (after,) = objects.match(frame_bgr_u8).objects
    assert (after.match, after.verdict, after.is_like) == (False, "one like it", True)
    assert after.score == pytest.approx(0, abs=1e-3) and after.kind_score == before.kind_score
    assert objects.match(picture()).objects[0].match
    absent = Scene(frame_bgr_u8, MatchResult(5.0, [after]), objects)
    assert "to be a match" in absent.obey(Order("not this", "cup"))
    with pytest.raises(EdgeError, match="name of an object"):
        objects.not_this("pen", picture())


def test_what_is_not_there_cannot_be_deleted_without_a_gallery_either(matcher):
    objects = Objects(matcher)
    objects.add("cup", picture())
    scene = scene_of(objects)
    assert scene.obey(Order("delete", "cup")) == "Deleted cup"
    with pytest.raises(EdgeError, match=r"\(none\), received: 'cup'"):
        scene.carry_out(Order("delete", "cup"))


def test_without_a_gallery_too_a_deletion_is_undone_and_a_name_changed(matcher):
    objects = Objects(matcher)
    for name in ("cup", "pen"):
        objects.add(name, picture())
    scene = scene_of(objects)
    assert scene.obey(Order("rename", "cup", other="mug")) == "cup is now mug"
    assert "free" in scene.obey(Order("rename", "mug", other="Pen"))
    assert scene.obey(Order("put aside", "mug")) == "Deleted mug"
    assert [known.name for known in objects.known] == ["pen"]
    assert scene.obey(Order("put back")) == "mug is back"
    assert scene.obey(Order("put back")) == "Nothing to undo"
    mug = next(known for known in objects.known if known.name == "mug")
    assert (mug.color, mug.views[0].name) == (COLORS[0], "mug") and mug.portrait.startswith(b"\xff\xd8")


@pytest.mark.parametrize("mode", ["watch", "pause", "box", "name", "delete"])
def test_every_mode_can_be_drawn_on_a_frame_that_stays_as_it_is(matcher, mode):
    objects = Objects(matcher)
    for number in range(20):
        objects.add(f"thing {number}", picture())
    frame_bgr_u8 = picture()
    scene = Scene(frame_bgr_u8, MatchResult(5.0, []), objects, 12.5)
    for extra in (
        {"drag_px": (50.0, 40.0, 5.0, 5.0)},
        {"box_px": (1.0, 1.0, 9.0, 9.0)},
        {"notice": "Deleted"},
    ):
        drawn = panel.drawn(scene, Controls(0.5, mode, True, 19, **extra))
        assert drawn.shape == frame_bgr_u8.shape
    np.testing.assert_array_equal(frame_bgr_u8, picture())


class FakeCv2:
    """OpenCV's window: keys come from a list, the mouse moves between them, pictures go into a list."""

    EVENT_LBUTTONDOWN, EVENT_MOUSEMOVE, EVENT_LBUTTONUP = 1, 0, 4

    def __init__(self, *inputs):
        self.inputs, self.shown = list(inputs), []

    def setMouseCallback(self, _title, callback):
        self.callback = callback

    def waitKey(self, _ms):
        if not self.inputs:
            return -1
        now = self.inputs.pop(0)
        if isinstance(now, tuple):
            self.callback(*now, 0, None)
            return -1
        return ord(now)

    def imshow(self, _title, picture):
        self.shown.append(picture)

    def getWindowProperty(self, *_arguments):
        return 1.0

    def __getattr__(self, name):
        return 0 if name.isupper() else lambda *_arguments: None


def shown(monkeypatch, objects, *inputs):
    fake = FakeCv2(*inputs)
    monkeypatch.setattr(window, "cv2", fake)
    monkeypatch.setattr(window, "_MOUSE", {1: "down", 0: "move", 4: "up"})
    with Window(0.5) as opened:
        go_on, held_s = opened.show(scene_of(objects), 0.0)
        return opened, fake, go_on, held_s


def test_a_frame_is_held_until_the_dragged_object_is_named(monkeypatch, matcher):
    objects = Objects(matcher)
    mouse = [(1, 4, 2), (0, 30, 20), (4, 44, 34)]
    opened, fake, go_on, held_s = shown(monkeypatch, objects, "r", *mouse, *"mug", "\r")
    assert go_on and held_s > 0
    assert [known.name for known in objects.known] == ["mug"]
    assert opened.controls == Controls(0.5, notice="Remembered mug, 1 view")
    assert len(fake.shown) == 1 + len(mouse) + 3 + 1  # once, and again before each further input


def test_quitting_works_while_a_frame_is_held(monkeypatch, matcher):
    assert shown(monkeypatch, Objects(matcher), " ", "q")[2] is False
    assert shown(monkeypatch, Objects(matcher), "q")[2:] == (False, 0.0)
    assert shown(monkeypatch, Objects(matcher))[2:] == (True, 0.0)


def test_deleting_in_the_window(monkeypatch, matcher):
    objects = Objects(matcher)
    objects.add("cup", picture())
    opened = shown(monkeypatch, objects, "g")[0]
    assert opened.controls.listing
    opened = shown(monkeypatch, objects, "d")[0]  # shows the list first
    assert objects.known
    monkeypatch.setattr(window, "cv2", FakeCv2("d", "y"))
    opened.show(scene_of(objects), 0.0)
    assert objects.known == []
    assert opened.controls.notice == "Deleted cup"


def test_a_snapshot_goes_where_snapshots_go_and_the_window_says_so(monkeypatch, matcher, tmp_path):
    monkeypatch.setattr(window, "cv2", FakeCv2("s"))
    objects = Objects(matcher)
    opened = Window(0.5)
    opened.save = Snapshots(tmp_path, 1_000_000, objects).save
    assert opened.show(scene_of(objects), 0.0)[0]
    (path,) = tmp_path.glob("*.jpg")
    assert path.name.endswith("Z-snapshot.jpg")
    assert opened.controls.notice == f"Saved {path}"
    (tmp_path / "gone").mkdir()
    opened.save = Snapshots(tmp_path / "gone", 500, objects).save  # bytes: nothing fits
    monkeypatch.setattr(window, "cv2", FakeCv2("s"))
    opened.show(scene_of(objects), 0.0)
    assert opened.controls.notice.startswith("Could not save")


def test_without_a_folder_for_them_a_snapshot_is_what_is_shown_in_the_present_folder(
    monkeypatch, matcher, tmp_path
):
    monkeypatch.chdir(tmp_path)
    opened, fake, *_ = shown(monkeypatch, Objects(matcher), "s")
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("snapshot-") and path.suffix == ".png"
    assert opened.controls.notice == f"Saved {path.name}"
    np.testing.assert_array_equal(cv2.imread(str(path)), fake.shown[0])
