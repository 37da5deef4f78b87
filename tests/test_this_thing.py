"""benchmarks/this_thing.py: scores worked out by hand, sets of things made here, and methods on pictures that a person can judge."""

import pathlib

import bench
import cv2
import numpy as np
import pytest
import this_thing
import this_thing_methods as methods
from boxes3d import box_mesh
from frozen_scenes import frozen_scenes
from this_thing_scores import Answer, scores_of
from this_thing_sets import films, planes, rendered, sets_of, turns
from this_thing_sets.trial import Trial, in_turns, picked

from getnet_tf.data.cameras import looking_from
from getnet_tf.data.cutouts import Cutouts
from getnet_tf.data.renders import Render
from getnet_tf.data.scans import TEST
from getnet_tf.errors import InputError

FRAME = np.zeros((50, 100, 3), np.uint8)
BOX = np.array([10.0, 10, 30, 30])
HALF = (10, 10, 20, 30)  # an IoU of 0.5 with it
WRONG = (60, 10, 80, 30)


def trials_of(count, box=BOX):
    return [Trial("row", FRAME, FRAME, box, FRAME)] * count


def noise(hw, seed=0):
    """A picture (H, W, 3) uint8 of blocks of 6 pixels, each hw a multiple of 6."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (hw[0] // 6, hw[1] // 6, 3), dtype=np.uint8)
    return blocks.repeat(6, axis=0).repeat(6, axis=1)


def test_scores_of_four_trials_by_hand():
    """Boxes: 1, 0.5 (right), 0 and none. With the thing 4, 3, 2, 1, without it 0, 3, 0, 0. Pairs of which the one with it is higher: 4 + 3.5
    + 3 + 3 of 16. At 1 % of four none may score as high: the second does not count, for one without it has 3, too."""
    present = [Answer(tuple(BOX), 4, 1), Answer(HALF, 3, 2), Answer(WRONG, 2, 3), Answer(None, 1, 10)]
    absent = [Answer(WRONG, score, 4) for score in (0, 3, 0, 0)]
    scores = scores_of(trials_of(4), present, absent)
    assert scores["trials"] == 4 and scores["ms"] == 4
    assert scores["corloc"] == 0.5
    assert scores["mean_iou"] == pytest.approx(1.5 / 4)
    assert scores["auc"] == pytest.approx(13.5 / 16)
    assert scores["right"] == 0.25
    assert scores["right_low"] <= 0.25 <= scores["right_high"]


def test_one_of_a_hundred_pictures_without_the_thing_may_score_as_high():
    right = [Answer(tuple(BOX), 1, 1)] * 100
    for loud, expected in ((1, 1.0), (2, 0.0)):
        absent = [Answer(None, 2, 1)] * loud + [Answer(None, 0, 1)] * (100 - loud)
        assert scores_of(trials_of(100), right, absent)["right"] == expected


def test_where_the_thing_fills_the_picture_no_box_is_wrong():
    scores = scores_of(trials_of(1, box=None), [Answer(None, 1, 1)], [Answer(None, 0, 1)])
    assert scores["corloc"] is None and scores["mean_iou"] is None
    assert scores["right"] == 1 and scores["auc"] == 1
    assert "| - | - | 1.000" in this_thing.markdown({"rows": [{"row": "whole", "method": "ours", **scores}]})


def test_few_of_many_are_picked_evenly_and_few_take_turns():
    assert picked(list(range(9)), 3) == [0, 4, 8] and picked([1, 2], 5) == [1, 2]
    assert in_turns([1, 2], 5) == [1, 2, 1, 2, 1] and in_turns([1, 2, 3], 2) == [1, 3]


def test_what_is_reported_on_only_cannot_be_chosen_by():
    assert set(sets_of("val")) == {"rendered", "turns", "grocery", "kinds"}
    assert set(sets_of("test")) - set(sets_of("val")) == {"cards", "films", "cup", "planes"}


def test_films_are_held_against_each_other(tmp_path):
    """The first frame shows the thing, and does not count."""
    for name, grey in (("a", 50), ("b", 150)):
        folder = tmp_path / "films" / name
        folder.mkdir(parents=True)
        for number in range(3):
            cv2.imwrite(str(folder / f"{number}.png"), np.full((40, 60, 3), grey + number, np.uint8))
        lines = ["image,xmin_px,ymin_px,xmax_px,ymax_px", *(f"{n}.png,{n},5,{n + 20},25" for n in range(3))]
        (folder / "boxes.csv").write_text("\n".join(lines))
    trials = films.trials(tmp_path, 4)
    assert len(trials) == 4
    assert [trial.present[0, 0, 0] for trial in trials] == [51, 52, 151, 152]
    assert [trial.absent[0, 0, 0] // 100 for trial in trials] == [1, 1, 0, 0]
    assert trials[0].reference.shape == (20, 20, 3) and trials[1].box_px.tolist() == [2, 5, 22, 25]
    assert trials[0].reference is trials[1].reference


def test_a_piece_of_a_plane_is_where_the_homography_says(tmp_path):
    """The second picture is the first, moved by (6, 12)."""
    folder = tmp_path / "planes"
    folder.mkdir()
    for seed, name in enumerate(("one", "two")):
        picture = noise((240, 300), seed)
        cv2.imwrite(str(folder / f"{name}0.png"), picture)
        cv2.imwrite(str(folder / f"{name}1.png"), np.roll(picture, (12, 6), axis=(0, 1)))
        (folder / f"{name}_homography.txt").write_text("1 0 6\n0 1 12\n0 0 1\n")
    trials = planes.trials(tmp_path, 100)
    assert len(trials) == 20
    for trial in trials:
        xmin, ymin, xmax, ymax = trial.box_px.round().astype(int)
        assert (trial.present[ymin:ymax, xmin:xmax] == trial.reference).all()
        assert trial.absent.shape == trial.present.shape and (trial.absent != trial.present).any()


@pytest.mark.parametrize("present", [True, False])
def test_frozen_scenes_hold_the_kind_or_do_not(present):
    """Kinds are red, green and blue: where a colour's own channel is twice the others, the kind is there."""
    kinds = np.eye(3, dtype=np.uint8).repeat(2, axis=0) * 200 + 20
    images = [np.full((40, 60, 3), colour, np.uint8) for colour in kinds]
    photos = Cutouts(images, np.arange(6) // 2, [None] * 6)
    for scene in frozen_scenes(
        photos, [np.full((90, 90, 3), 128, np.uint8)], "rectangles", 4, present=present
    ):
        kind = scene["reference"].mean(axis=(0, 1)).argmax()
        others = np.delete(scene["frame"].astype(int), kind, axis=-1).max(axis=-1)
        assert (scene["frame"][..., kind] > 2 * others).any() == present
        assert scene["box"].any() == present


def test_the_nearest_is_another_one():
    assert rendered.nearest([(0, 0), (5, 5), (0, 1), (6, 5)]) == [2, 3, 0, 1]


def test_things_are_alike_by_form_rather_than_by_colour():
    """The same box in two colours is nearer than a flat one of the same colour."""
    red, blue = (np.full((4, 4, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 0, 200)))
    meshes = [box_mesh(texture=red), box_mesh(texture=blue), box_mesh((1, 1, 0.1), texture=red)]
    assert rendered.nearest([rendered.form_and_colour(mesh) for mesh in meshes])[0] == 1


@pytest.mark.parametrize("most", [0, 60])
def test_views_are_no_farther_apart_than_asked(most):
    rotation = looking_from((1, 2, 3))
    other = rendered.turned_anyhow(most, rotation, np.random.default_rng(0))
    assert other[2] @ rotation[2] >= np.cos(np.deg2rad(most)) - 1e-9


class Painter:
    """Draws as `Renderer` does, but every mesh as an ellipse of its own colour: no graphics library is asked."""

    def draw(self, mesh, camera, light, paint):
        alpha = np.zeros(camera.image_hw, np.float32)
        height, width = camera.image_hw
        cv2.ellipse(alpha, (width // 2, height // 2), (width // 3, height // 5), 0, 0, 360, 1.0, -1)
        colour = np.clip(paint.mixing @ (mesh.texture[0, 0] / 255) + paint.offset, 0, 1) * 255
        picture = np.full((*camera.image_hw, 3), np.rint(colour), np.uint8)
        return Render(picture, alpha, np.full((*camera.image_hw, 3), np.nan, np.float32))


@pytest.fixture
def studio(tmp_path):
    """Six grey-free boxes as test things."""
    folder = tmp_path / "objects"
    folder.mkdir()
    backgrounds = tmp_path / "caltech101" / "BACKGROUND_Google"
    backgrounds.mkdir(parents=True)
    for number in range(8):
        cv2.imwrite(str(backgrounds / f"{number}.jpg"), noise((240, 300), seed=number))
    mesh = box_mesh()
    for number, name in enumerate(TEST[:6]):
        np.savez(folder / f"{name}.npz", vertices=mesh.vertices, uv=mesh.uv, faces=mesh.faces)
        colour = 255 * np.array([number & 1, number >> 1 & 1, number >> 2 & 1])
        cv2.imwrite(str(folder / f"{name}.jpg"), np.full((16, 16, 3), colour, np.uint8))
    return rendered.Studio(tmp_path, "test", Painter())


def test_a_rendered_trial_holds_its_thing_and_is_a_function_of_its_seed(studio):
    def again(rotation, rng):
        return rotation

    trials = [rendered.trial(studio, "row", (1, number), number, again) for number in (2, 2, 3)]
    first, same, other = trials
    assert (first.present == same.present).all() and (first.absent == same.absent).all()
    assert (first.present != other.present).any()
    for trial in trials:
        assert trial.present.shape == trial.absent.shape == (640, 640, 3)
        longer = max(trial.reference.shape) / rendered.REFERENCE_PX  # the thing, and a margin on either side
        assert (
            1 - rendered.MARGIN - 0.01 <= longer <= (1 - rendered.MARGIN) * (1 + 2 * rendered.MARGIN) + 0.01
        )
        wh = trial.box_px[2:] - trial.box_px[:2]
        assert (wh > 0).all() and np.sqrt(wh.prod()) <= 0.62 * 640


def test_every_thing_has_look_alikes_of_all_kinds(studio):
    rng, mesh = np.random.default_rng(0), studio.meshes[1]
    painted, same_form, near = (studio.look_alike(1, kind, rng) for kind in range(3))
    assert painted.mesh is mesh and not np.allclose(painted.paint.mixing, np.eye(3))
    assert (same_form.mesh.vertices == mesh.vertices).all() and (same_form.mesh.texture != mesh.texture).any()
    assert near.mesh is not mesh and near.mesh in studio.meshes


def test_too_few_things_are_one_line(tmp_path):
    (tmp_path / "objects").mkdir()
    with pytest.raises(InputError, match="No scan in"):
        rendered.Studio(tmp_path, "test", Painter())


def test_sift_finds_a_cut_out_where_it_was_cut_and_nothing_in_a_blank():
    picture = noise((240, 300))
    sift = methods.Sift()
    shown = sift.describe(picture[60:180, 90:240])
    box, score = sift.find(shown, picture)
    np.testing.assert_allclose(box, (90, 60, 240, 180), atol=1.0)
    assert score > 20
    assert sift.find(shown, np.zeros((240, 300, 3), np.uint8)) == (None, 0.0)


class Counting(methods.Method):
    """Scores a frame by its first pixel."""

    name = "counting"

    def __init__(self):
        self.described = 0

    def describe(self, reference):
        self.described += 1
        return self.described

    def find(self, shown, frame):
        return None, float(frame[0, 0, 0])


def test_a_reference_is_described_once_and_both_pictures_are_asked():
    reference, other = FRAME + 1, FRAME + 2
    trials = [Trial("row", of, FRAME + 7, BOX, FRAME + 5) for of in (reference, other, reference)]
    method = Counting()
    present, absent = methods.answers(method, trials)
    assert method.described == 2
    assert [answer.score for answer in present] == [7] * 3 and [answer.score for answer in absent] == [5] * 3


def test_the_worst_angle_of_every_method_is_named():
    rows = [
        {"row": row, "method": method, "corloc": corloc}
        for row, method, corloc in (
            (f"{turns.TURNED}0°", "a", 0.9),
            (f"{turns.TURNED}90°", "a", 0.2),
            (f"{turns.TURNED}90°", "b", 0.8),
            ("cup", "b", 0.0),
        )
    ]
    assert [(row["row"], row["method"]) for row in this_thing.worst_turns(rows)] == [
        ("worst angle, 90°", "a"),
        ("worst angle, 90°", "b"),
    ]


def test_trials_are_made_once_and_kept(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(
        this_thing,
        "sets_of",
        lambda part: {"cup": lambda data, limit: made.append(limit) or trials_of(limit)},
    )
    options = type("Options", (), {"part": "test", "cache": tmp_path / "kept", "data": tmp_path, "limit": 3})
    for _ in range(2):
        trials = this_thing.trials_of("cup", options)
        assert len(trials) == 3 and trials[0].reference is trials[2].reference
    assert made == [3]
    options.cache = None
    this_thing.trials_of("cup", options)
    assert made == [3, 3]


def test_an_unknown_set_is_one_line(tmp_path, capsys):
    told = ["--data", str(tmp_path), "--part", "val", "--sets", "cup"]
    code = bench.main("", this_thing.arguments, this_thing.measure, this_thing.markdown, told)
    assert code == 2
    assert (
        "No such set: cup. Expected of rendered, turns, grocery, kinds (part val)" in capsys.readouterr().err
    )


def test_xfeat_without_an_interpreter_is_one_line():
    with pytest.raises(InputError, match="No such interpreter: nowhere"):
        methods.XFeat(pathlib.Path("nowhere"))
