"""What is put into a gallery is there after a restart, and nothing else is touched."""

import json

import cv2
import numpy as np
import pytest
from edge_layout import frame, reddish, write_twins
from edge_model import write_centroid

from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.palette import COLORS
from edge_demo.model.matcher import Matcher


@pytest.fixture(scope="session")
def matcher(tmp_path_factory):
    return Matcher(write_centroid(tmp_path_factory.mktemp("model") / "centroid.tflite"))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "things"


def picture(quadrant=0):
    """Bright in one quadrant alone: a unit vector for its embedding."""
    bgr_u8 = np.zeros((48, 64, 3), np.uint8)
    x, y = 32 * (quadrant % 2), 24 * (quadrant // 2)
    bgr_u8[y : y + 24, x : x + 32] = 200
    return bgr_u8


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_object_survives_a_restart(matcher, folder, capfd):
    gallery = Gallery(folder, matcher, "a")
    gallery.add("cup", picture(0))
    gallery.add("cup", picture(1))
    gallery.add("pen", picture(3))
    again = Gallery(folder, matcher, "a")
    assert [known.name for known in again.objects] == ["cup", "pen"]
    assert [len(known.views) for known in again.objects] == [2, 1]
    assert [known.color for known in again.objects] == list(COLORS[:2])
    np.testing.assert_allclose([view.embedding for view in again.objects[0].views], np.eye(4)[:2], atol=1e-6)
    assert [view.name for view in again.objects[0].views] == ["cup", "cup"]
    assert files(folder) == sorted(
        [f"cup/view-{n}.{kind}" for n in (1, 2) for kind in ("npz", "png")]
        + ["cup/object.json", "pen/object.json", "pen/view-1.npz", "pen/view-1.png"]
    )
    assert capfd.readouterr() == ("", "")


def test_a_gallery_that_is_not_there_yet_is_empty_and_makes_no_folder(matcher, folder):
    assert Gallery(folder, matcher, "a").objects == []
    assert not folder.exists()


def test_a_picture_that_it_has_is_not_doubled(matcher, folder):
    gallery = Gallery(folder, matcher, "a")
    gallery.add("cup", picture())
    assert len(gallery.add("Cup", picture()).views) == 1  # some file systems hold the two names for one
    assert files(folder) == ["cup/object.json", "cup/view-1.npz", "cup/view-1.png"]


def test_colours_stay_when_others_go_and_the_free_one_is_given_again(matcher, folder):
    gallery = Gallery(folder, matcher, "a")
    for number, name in enumerate("abc"):
        gallery.add(name, picture(number))
    gallery.delete("b")
    again = Gallery(folder, matcher, "a")
    assert {known.name: known.color for known in again.objects} == {"a": COLORS[0], "c": COLORS[2]}
    assert again.add("d", picture()).color == COLORS[1]


def test_counter_examples_stay_with_their_object_and_go_with_it(matcher, folder, capfd):
    gallery = Gallery(folder, matcher, "a")
    gallery.add("cup", picture(0))
    assert gallery.not_this("cup", picture(1)).views[0].unlike[0].embedding == pytest.approx(np.eye(4)[1])
    assert files(folder / "cup" / "unlike") == ["view-1.npz", "view-1.png"]
    (folder / "cup" / "unlike" / "bad.png").write_bytes(b"no picture")
    (known,) = Gallery(folder, matcher, "a").objects
    assert [len(view.unlike) for view in known.views] == [1]
    assert "bad.png" in capfd.readouterr().err
    (folder / "cup" / "unlike" / "bad.png").unlink()
    (known,) = Gallery(folder, matcher, "another model").objects
    assert known.views[0].unlike[0].embedding == pytest.approx(np.eye(4)[1])
    with pytest.raises(EdgeError, match="at least 8x8 pixels, received 64x4"):
        gallery.not_this("cup", picture()[:4])
    with pytest.raises(EdgeError, match="name of an object"):
        gallery.not_this("pen", picture(1))
    gallery.delete("cup")
    assert files(folder) == []


def test_what_is_deleted_is_gone(matcher, folder):
    gallery = Gallery(folder, matcher, "a")
    gallery.add("cup", picture())
    gallery.delete("cup")
    assert gallery.objects == [] and list(folder.iterdir()) == []
    with pytest.raises(EdgeError, match=r"name of an object \(none\), received: 'cup'"):
        gallery.delete("cup")
    with pytest.raises(EdgeError):
        gallery.delete("../things")


class Counting:
    """A matcher that counts what it describes."""

    def __init__(self, matcher):
        self.metadata, self.outline, self.layout = matcher.metadata, matcher.outline, matcher.layout
        self._matcher, self.count = matcher, 0

    def describe(self, *arguments):
        self.count += 1
        return self._matcher.describe(*arguments)


def described(matcher, folder, model_hash="a"):
    counting = Counting(matcher)
    Gallery(folder, counting, model_hash)
    return counting.count


def test_a_picture_is_described_once_for_each_model(matcher, folder):
    Gallery(folder, matcher, "a").add("cup", picture())
    assert described(matcher, folder) == 0
    assert described(matcher, folder, "b") == 1
    assert described(matcher, folder, "b") == 0


def test_a_changed_picture_or_a_damaged_description_is_described_again(matcher, folder):
    Gallery(folder, matcher, "a").add("cup", picture())
    cv2.imwrite(str(folder / "cup" / "view-1.png"), picture(2))
    assert described(matcher, folder) == 1
    whole = (folder / "cup" / "view-1.npz").read_bytes()
    for content in (b"", b"no zip", whole[:100], whole[:-40]):
        (folder / "cup" / "view-1.npz").write_bytes(content)
        assert described(matcher, folder) == 1
        assert described(matcher, folder) == 0


def test_a_description_that_somebody_edited_is_described_again(matcher, folder):
    Gallery(folder, matcher, "a").add("cup", picture())
    path = folder / "cup" / "view-1.npz"
    with np.load(path) as file:
        whole = dict(file)
    for embedding in (
        whole["embedding"] * np.nan,
        whole["embedding"][:-1],
        whole["embedding"].astype(np.float64),
    ):
        np.savez(path, **(whole | {"embedding": embedding}))
        assert described(matcher, folder) == 1
        assert described(matcher, folder) == 0


def test_what_tells_a_thing_from_its_twin_survives_a_restart(tmp_path):
    """In numbers of 16 bits; where it was not asked for, it is made when it is. Apart from that, descriptions differ in nothing."""
    path = write_twins(tmp_path / "twins.tflite")
    matcher, kinds, folder = Matcher(path), Matcher(path, kinds=True), tmp_path / "things"
    Gallery(folder, kinds, "a").add("cup", reddish())
    assert described(kinds, folder) == 0
    assert described(matcher, folder) == 1
    assert described(matcher, folder) == described(kinds, folder) == 0
    (fresh,) = Gallery(tmp_path / "other", matcher, "a").add("cup", reddish()).views
    (kept,) = Gallery(folder, matcher, "a").objects[0].views
    scene = frame((reddish(), (160, 80)))
    found, expected = (matcher.match(scene, [view]).objects[0] for view in (kept, fresh))
    assert found.score == pytest.approx(expected.score, abs=1e-3) and found.same
    assert found.box_px == pytest.approx(expected.box_px, abs=0.1)
    assert (folder / "cup" / "view-1.npz").stat().st_size < 30_000  # 3 numbers a cell; a model has many more


def test_pictures_put_there_by_hand_are_views(matcher, folder):
    (folder / "my cup").mkdir(parents=True)
    for number in (10, 9):
        cv2.imwrite(str(folder / "my cup" / f"IMG_{number}.jpg"), picture(number - 9))
    (known,) = Gallery(folder, matcher, "a").objects
    assert known.name == "my cup"
    np.testing.assert_allclose(
        [view.embedding for view in known.views], np.eye(4)[:2], atol=0.02
    )  # 9, then 10
    assert json.loads((folder / "my cup" / "object.json").read_text()) == {"color": 0}


def test_what_is_damaged_is_named_in_one_line_and_the_rest_works(matcher, folder, capfd):
    gallery = Gallery(folder, matcher, "a")
    for name in ("cup", "pen", "toy"):
        gallery.add(name, picture())
    (folder / "cup" / "view-2.png").write_bytes(b"no picture")
    (folder / "pen" / "view-1.png").write_bytes((folder / "toy" / "view-1.png").read_bytes()[:60])
    (folder / "toy" / "object.json").write_text('{"color": -1}')
    (folder / "bare").mkdir()
    (folder / ".partial-mug").mkdir()
    (folder / "note.txt").write_text("mine")
    again = Gallery(folder, matcher, "a")
    assert [(known.name, len(known.views)) for known in again.objects] == [("cup", 1), ("toy", 1)]
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 5
    for line, said in zip(
        lines, ("toy/object.json", "bare", "cup/view-2.png", "pen/view-1.png", "pen"), strict=True
    ):
        assert said in line
    again.add("pen", picture(1))  # what is in the damaged folder stays
    assert "pen/view-1.png" in files(folder) and "pen/view-2.png" in files(folder)
    assert (folder / "note.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "..", "C:\\x", "a\x00b", "\n", "x" * 5000, "ü" * 500, ".hidden", "a "]
)
def test_a_name_never_leaves_the_gallery(matcher, tmp_path, folder, name):
    gallery = Gallery(folder, matcher, "a")
    try:
        gallery.add(name, picture())
    except EdgeError as error:
        assert name.strip(".") == "" and "\n" not in str(error)
    else:
        (made,) = folder.iterdir()
        assert not made.name.startswith(".") and len(made.name.encode()) <= 80
        assert [known.name for known in Gallery(folder, matcher, "a").objects] == [made.name]
    assert {path.name for path in tmp_path.iterdir()} <= {"things"}


def test_what_cannot_be_a_view_leaves_nothing_behind(matcher, folder):
    gallery = Gallery(folder, matcher, "a")
    with pytest.raises(EdgeError, match="blank"):
        gallery.add("wall", np.full((50, 50, 3), 99, np.uint8))
    with pytest.raises(EdgeError, match="at least 8x8 pixels, received 64x5"):
        gallery.add("strip", picture()[20:25])
    assert not folder.exists()


def test_a_gallery_that_cannot_be_written_says_so_in_one_line(matcher, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeError, match="expected to write a view"):
        Gallery(tmp_path / "file" / "things", matcher, "a").add("cup", picture())
    with pytest.raises(EdgeError, match="expected a folder of objects"):
        Gallery(tmp_path / "file", matcher, "a")


def test_a_write_that_fails_half_way_leaves_no_half_object(matcher, folder, monkeypatch):
    gallery = Gallery(folder, matcher, "a")

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edge_demo.gallery.gallery.write_whole", full)
    with pytest.raises(EdgeError, match="No space left"):
        gallery.add("cup", picture())
    assert not folder.exists() and gallery.objects == []


def test_what_is_put_aside_comes_back_as_it_was_and_is_gone_after_the_next(matcher, folder):
    gallery = Gallery(folder, matcher, "hash")
    cup, pen = gallery.add("cup", picture(0)), gallery.add("pen", picture(1))
    gallery.put_aside("cup")
    assert [known.name for known in gallery.objects] == ["pen"]
    assert [known.name for known in Gallery(folder, matcher, "hash").objects] == ["pen"]
    assert gallery.put_back() == cup and gallery.objects == [cup, pen]
    assert gallery.put_back() is None
    gallery.put_aside("cup")
    gallery.put_aside("pen")
    assert gallery.put_back() == pen and not (folder / ".deleted-cup").exists()


def test_what_is_aside_gives_way_to_a_new_object_of_its_name(matcher, folder):
    gallery = Gallery(folder, matcher, "hash")
    gallery.add("cup", picture(0))
    gallery.put_aside("cup")
    gallery.add("Cup", picture(1))
    with pytest.raises(EdgeError, match="free, received that of Cup"):
        gallery.put_back()
    gallery.clear()
    assert [path.name for path in folder.iterdir()] == ["Cup"]


def test_a_renamed_object_keeps_its_views_and_colour_after_a_restart(matcher, folder):
    gallery = Gallery(folder, matcher, "hash")
    gallery.add("cup", picture(0))
    gallery.add("pen", picture(1))
    color = gallery.objects[1].color
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert gallery.rename("pen", family).views[0].name == family
    again = Gallery(folder, matcher, "hash").objects
    assert [(known.name, known.color) for known in again][1] == (family, color)
    assert again[1].portrait == gallery.objects[1].portrait != b""
    with pytest.raises(EdgeError, match="free, received that of cup"):
        gallery.rename(family, "CUP")
    assert gallery.rename("cup", "Cup").name == "Cup"  # of its own name, another spelling


def test_links_that_lie_in_a_gallery_lead_no_writing_out_of_it(matcher, folder, tmp_path):
    (tmp_path / "precious").write_text("precious")
    (folder / "cup").mkdir(parents=True)
    cv2.imwrite(str(folder / "cup" / "view-1.png"), picture())
    for name in ("cup/.partial-view-1.npz", "cup/.partial-object.json", "cup/view-1.npz"):
        (folder / name).symlink_to(tmp_path / "precious")
    (tmp_path / "others").mkdir()
    (folder / ".partial-pen").symlink_to(tmp_path / "others")
    Gallery(folder, matcher, "a").add("pen", picture(1))
    assert (tmp_path / "precious").read_text() == "precious" and not any((tmp_path / "others").iterdir())
    assert files(folder / "cup") == ["object.json", "view-1.npz", "view-1.png"]
    assert files(folder / "pen") == ["object.json", "view-1.npz", "view-1.png"]


def test_an_object_that_is_a_link_is_forgotten_and_what_it_leads_to_stays(matcher, folder, tmp_path):
    Gallery(tmp_path / "others", matcher, "a").add("cup", picture())
    folder.mkdir()
    (folder / "cup").symlink_to(tmp_path / "others" / "cup")
    Gallery(folder, matcher, "a").delete("cup")
    assert not any(folder.iterdir()) and (tmp_path / "others" / "cup" / "view-1.png").is_file()
