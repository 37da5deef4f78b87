"""getnet_tf.data.scenes: boxes to the pixel, hidden areas counted by hand, and frames that hold the object once."""

import dataclasses
import hashlib

import numpy as np
import pytest

from getnet_tf.data import appearance, clutter
from getnet_tf.data.cutouts import Cutouts
from getnet_tf.data.pasting import piece
from getnet_tf.data.references import reference_of
from getnet_tf.data.scenes import SceneConfig, compose, scene_batch

SIDE = 96
SMALL = SceneConfig(side=SIDE, reference_side=40)
# Nothing but resizing and placing: colours arrive as they are.
PLAIN = dataclasses.replace(
    SMALL,
    outside=0.0,
    occlusion=0.0,
    distractors=(0, 0),
    turn_deg=0.0,
    feather_px=(0, 0),
    harmony=0.0,
    light=0.0,
    blur=0.0,
    grain=0.0,
)
BLACK = np.zeros((50, 70, 3), np.uint8)
COLOURS = np.array([(250, 20, 20), (20, 250, 20), (20, 20, 250), (250, 250, 20)], np.uint8)


def flat(colour, height=40, width=30):
    return np.full((height, width, 3), colour, np.uint8)


def disk_mask(height=60, width=80, radius=20):
    y, x = np.indices((height, width))
    return ((x - 35) ** 2 + (y - 30) ** 2 <= radius**2).astype(np.float32)


def disk_picture(inside, outside):
    """The picture (60, 80, 3) of a grey disk, where `disk_mask` has it."""
    return np.where(disk_mask()[..., None] > 0, np.uint8(inside), np.uint8(outside)) * np.ones(3, np.uint8)


def composed(objects, config, seed):
    """A scene of (picture, mask) objects on black."""
    return compose(BLACK, objects, config, np.random.default_rng(seed))


def extent(inside):
    """(xmin, ymin, xmax, ymax) of a (H, W) bool, as edges."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def photos_of_colours():
    """Four classes of three photos: each class a colour, each of its photos a shade of it; no masks."""
    images = [
        flat(np.maximum(colour, 20 + shade) - shade, 30 + 5 * shade, 40)
        for colour in COLOURS
        for shade in range(3)
    ]
    return Cutouts(images, np.repeat(np.arange(4), 3), [None] * 12)


# Boxes and areas


@pytest.mark.parametrize("seed", range(12))
def test_the_box_holds_the_pasted_rectangle_to_the_pixel(seed):
    config = dataclasses.replace(PLAIN, outside=0.15 * (seed % 2))
    scene = composed([(flat(COLOURS[0]), None)], config, seed)
    assert scene.image.shape == (SIDE, SIDE, 3) and scene.image.dtype == np.uint8
    assert (
        scene.boxes.shape == (1, 4) and scene.boxes.dtype == np.float32 and scene.visible.dtype == np.float32
    )
    assert list(scene.boxes[0]) == extent(scene.image.any(axis=-1))


@pytest.mark.parametrize("seed", range(12))
def test_the_box_holds_the_pasted_mask_to_the_pixel(seed):
    """Red on black in the frame is alpha: where it exceeds half, there is the object. Half of them are turned."""
    config = dataclasses.replace(PLAIN, mask_share=1.0, turn_deg=20.0 * (seed % 2), outside=0.1)
    picture = flat((250, 0, 0), 60, 80)
    scene = composed([(picture, disk_mask())], config, seed)
    assert list(scene.boxes[0]) == extent(scene.image[..., 0] > 125)


def test_a_mask_pasted_as_a_rectangle_is_cropped_close_to_its_object():
    """The disk of 41 px and a margin of 1 px in a picture of 80 x 60: hardly any of its surroundings arrive."""
    picture = disk_picture(250, 90)
    config = dataclasses.replace(PLAIN, mask_share=0.0, stretch=1.0)
    scene = composed([(picture, disk_mask())], config, 0)
    xmin, ymin, xmax, ymax = scene.boxes[0].astype(int)
    inside = scene.image[ymin:ymax, xmin:xmax]
    assert inside.min() >= 85, "the corners show the picture, not the frame"
    assert np.mean(inside > 170) == pytest.approx(np.pi * 20**2 / 43**2, abs=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_visible_shares_are_those_counted_in_the_frame(seed):
    objects = [(flat(colour), None) for colour in COLOURS]
    scene = composed(objects, PLAIN, seed)
    for colour, (xmin, ymin, xmax, ymax), visible in zip(COLOURS, scene.boxes, scene.visible, strict=True):
        seen = np.count_nonzero((scene.image == colour).all(axis=-1))
        assert visible == pytest.approx(seen / ((xmax - xmin) * (ymax - ymin)))
    assert scene.visible.min() >= 1 - PLAIN.most_hidden and scene.visible[-1] == 1


def test_no_object_is_hidden_more_than_the_limit_and_some_nearly_as_much():
    config = dataclasses.replace(SMALL, occlusion=1.0, distractors=(3, 3), most_hidden=0.3, objects=(3, 3))
    visible, reached = [], []
    for seed in range(40):
        objects = [(flat(colour, 60, 80), disk_mask()) for colour in COLOURS[:3]]
        scene = composed(objects, config, seed)
        visible.append(scene.visible)
        reached.append([scene.boxes[:, :2].min(), scene.boxes[:, 2:].max()])
        assert scene.boxes.min() >= 0 and scene.boxes.max() <= SIDE
    assert 0.7 <= np.min(visible) < 0.75 and np.mean(visible) < 0.95
    assert np.min(reached) == 0 and np.max(reached) == SIDE


def test_objects_stick_out_of_the_frame_by_no_more_than_they_may():
    config = dataclasses.replace(PLAIN, outside=0.15)
    visible = [composed([(flat(COLOURS[0]), None)], config, seed).visible[0] for seed in range(200)]
    assert 0.85 <= min(visible) < 0.88 and 0.3 < np.mean(np.equal(visible, 1)) < 0.9


def test_sizes_and_aspects_fill_their_ranges():
    """A square object: share 0.18 ... 0.62 of the side, aspect 1:1.6 ... 1.6:1; a pixel of rounding in 96."""
    config = dataclasses.replace(PLAIN, stretch=1.6)
    boxes = np.array([composed([(flat(9, 40, 40), None)], config, seed).boxes[0] for seed in range(300)])
    wh = boxes[:, 2:] - boxes[:, :2]
    share, aspect = np.sqrt(wh.prod(axis=1)) / SIDE, wh[:, 0] / wh[:, 1]
    assert 0.17 < share.min() < 0.2 and 0.6 < share.max() < 0.63
    assert 0.58 < aspect.min() < 0.68 and 1.5 < aspect.max() < 1.72
    assert share.mean() == pytest.approx(0.4, abs=0.03)


def test_long_objects_become_no_longer_than_they_may_unless_they_are_so_by_nature():
    config = dataclasses.replace(PLAIN, stretch=2.0, longest=1.5, share=(0.2, 0.3))
    aspects = {}
    for wh in ((40, 40), (20, 60)):
        boxes = [composed([(flat(9, *wh[::-1]), None)], config, seed).boxes[0] for seed in range(200)]
        aspects[wh] = [(box[2] - box[0]) / (box[3] - box[1]) for box in boxes]
    assert 0.6 < min(aspects[40, 40]) < 0.7 and 1.4 < max(aspects[40, 40]) < 1.65
    assert 0.29 < min(aspects[20, 60]) < 0.37 and 0.6 < max(aspects[20, 60]) < 0.72


def test_objects_without_room_say_so():
    config = dataclasses.replace(PLAIN, share=(0.6, 0.62), most_hidden=0.1)
    with pytest.raises(ValueError, match=r"no room for 6 objects of at least 0\.6"):
        composed([(flat(COLOURS[0]), None)] * 6, config, 0)


@pytest.mark.parametrize("hw", [(1, 1), (1, 60), (3, 400), (2000, 1500), (24, 24)])
def test_pictures_of_any_size_can_be_object_background_and_reference(hw, rng):
    picture = rng.integers(0, 256, (*hw, 3)).astype(np.uint8)
    grey = np.repeat(picture[..., :1], 3, axis=-1)
    for alpha in (None, np.ones(hw, np.float32)):
        scene = compose(picture, [(picture, alpha), (grey, None)], SMALL, rng)
        assert np.all(scene.boxes[:, 2:] - scene.boxes[:, :2] >= 1) and scene.image.std() > 0
        assert reference_of(picture, alpha, SMALL, rng).shape == (40, 40, 3)


def test_a_frame_without_objects_is_possible(rng):
    scene = compose(BLACK, [], SMALL, rng)
    assert scene.boxes.shape == (0, 4) and scene.visible.shape == (0,)


@pytest.mark.parametrize("wrong", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.float32)])
def test_what_is_no_picture_says_so(wrong, rng):
    for call in (
        lambda: compose(wrong, [], SMALL, rng),
        lambda: compose(BLACK, [(wrong, None)], SMALL, rng),
        lambda: reference_of(wrong, None, SMALL, rng),
        lambda: Cutouts([wrong, BLACK], np.array([0, 1]), [None, None]),
    ):
        with pytest.raises(ValueError, match=r"Expected \(H, W, 3\) uint8 RGB"):
            call()


def test_an_empty_mask_says_so(rng):
    for call in (compose, lambda _, objects, *rest: reference_of(*objects[0], *rest)):
        with pytest.raises(ValueError, match=r"nowhere exceeds 0\.5"):
            call(BLACK, [(BLACK, np.zeros((50, 70), np.float32))], SMALL, rng)


# Batches


def test_a_positive_frame_holds_the_object_once_and_a_negative_one_not_at_all():
    """Colours are classes: the reference's colour is in the frame inside the box, or nowhere."""
    photos = photos_of_colours()
    config = dataclasses.replace(PLAIN, negative_share=0.5)
    batch = scene_batch(photos, [BLACK], config, seed=3, step=0, size=60)
    assert batch["frame"].shape == (60, SIDE, SIDE, 3) and batch["frame"].dtype == np.uint8
    assert batch["reference"].shape == (60, 40, 40, 3) and batch["reference"].dtype == np.uint8
    assert batch["box"].shape == (60, 4) and batch["box"].dtype == np.float32
    assert batch["label"].dtype == np.float32 and 15 <= batch["label"].sum() <= 45
    for frame, reference, box, label in zip(
        *(batch[name] for name in ("frame", "reference", "box", "label")), strict=True
    ):
        same = (np.abs(frame.astype(int) - reference[20, 20]) < 20).all(axis=-1)
        assert same.any() == label
        if label:
            xmin, ymin, xmax, ymax = box.astype(int)
            inside = same[ymin:ymax, xmin:xmax]
            assert same.sum() == inside.sum() >= (1 - config.most_hidden) * inside.size
        else:
            assert not box.any()
        others = frame.any(axis=-1).sum() - same.sum()
        assert others > 0, "other objects are in every frame"


@pytest.mark.parametrize(("share", "own"), [(0.0, False), (1.0, True)])
def test_the_reference_is_the_object_itself_or_another_picture_of_its_class(share, own):
    """Each photo has a shade of its own."""
    config = dataclasses.replace(PLAIN, own_reference_share=share, negative_share=0.0)
    batch = scene_batch(photos_of_colours(), [BLACK], config, seed=0, step=0, size=30)
    for frame, reference in zip(batch["frame"], batch["reference"], strict=True):
        assert (frame == reference[20, 20]).all(axis=-1).any() == own


def test_a_class_of_a_single_photo_shows_that_photo():
    photos = Cutouts([flat(COLOURS[0]), flat(COLOURS[1])], [5, 9], [None, None])
    config = dataclasses.replace(PLAIN, own_reference_share=0.0, negative_share=0.0)
    batch = scene_batch(photos, [BLACK], config, seed=0, step=0, size=4)
    for frame, reference in zip(batch["frame"], batch["reference"], strict=True):
        assert (frame == reference[20, 20]).all(axis=-1).any()


def test_all_classes_and_object_counts_come_up():
    config = dataclasses.replace(PLAIN, objects=(1, 3), negative_share=0.0)
    batch = scene_batch(photos_of_colours(), [BLACK], config, seed=1, step=0, size=80)
    shown = [
        np.abs(batch["reference"][:, 20, 20].astype(int) - colour).max(axis=-1) < 20 for colour in COLOURS
    ]
    assert np.min(np.sum(shown, axis=1)) >= 8
    counts = [
        sum((np.abs(frame.astype(int) - colour) < 20).all(axis=-1).any() for colour in COLOURS)
        for frame in batch["frame"]
    ]
    assert set(counts) == {1, 2, 3}


def digest(batch):
    return hashlib.sha256(b"".join(batch[name].tobytes() for name in sorted(batch))).hexdigest()


def test_a_batch_is_a_function_of_seed_and_step_and_its_items_of_neither_size():
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (48, 64, 3)).astype(np.uint8) for _ in range(6)]
    mask = (disk_mask(48, 64, 14) * 255).astype(np.uint8)
    photos = Cutouts(images, np.arange(6) // 2, [mask, None] * 3)

    def draw(seed, step, size=5):
        return scene_batch(photos, images, SMALL, seed, step, size)

    before = [image.copy() for image in images]
    assert digest(draw(1, 2)) == digest(draw(1, 2))
    assert len({digest(draw(*which)) for which in ((1, 2), (1, 3), (2, 2), (2, 1))}) == 4
    for name, values in draw(1, 2, 3).items():
        np.testing.assert_array_equal(values, draw(1, 2)[name][:3])
    np.testing.assert_array_equal(before, images)


def test_photos_are_cut_once():
    """A disk on white gets a mask, a blank picture none."""
    picture = disk_picture(40, 255)
    photos = Cutouts.cut([picture, flat(7, 60, 80)], [0, 1])
    mask, none = photos.masks
    assert none is None and mask.dtype == np.uint8 and mask.shape == (60, 80)
    np.testing.assert_allclose(extent(mask > 127), [15, 10, 56, 51], atol=2)
    for mirrored in (False, True):
        shown, alpha = photos.thing(0, mirrored)
        back = (slice(None), slice(None, None, -1 if mirrored else 1))
        np.testing.assert_array_equal(shown[back], picture)
        np.testing.assert_allclose(alpha[back] * 255, mask, atol=1e-4)


@pytest.mark.parametrize(
    ("labels", "masks", "message"),
    [
        ([0], [None] * 2, "received .* for 2"),
        ([0, 1], [None], "received .* for 2"),
        ([4, 4], [None] * 2, "two classes, received 1"),
    ],
)
def test_photos_that_do_not_fit_together_say_so(labels, masks, message):
    with pytest.raises(ValueError, match=message):
        Cutouts([BLACK, BLACK], np.array(labels), masks)


# References, light, patches


def test_a_reference_is_its_object_filling_the_picture():
    """A disk of radius 20 in 80 x 60: with margins of up to 12 % it fills 0.51 to pi / 4 of the square, around the middle."""
    picture = disk_picture(250, 0)
    for seed in range(20):
        reference = reference_of(picture, disk_mask(), PLAIN, np.random.default_rng(seed))
        bright = reference[..., 0] > 125
        assert 0.45 < bright.mean() < 0.86
        y, x = np.nonzero(bright)
        assert abs(x.mean() - 19.5) < 5 and abs(y.mean() - 19.5) < 5


def test_changes_of_strength_zero_change_nothing_and_others_something(rng):
    picture = rng.integers(0, 256, (31, 43, 3)).astype(np.uint8)
    before = picture.copy()
    for change in (appearance.relit, appearance.blurred, appearance.grainy):
        np.testing.assert_array_equal(change(picture, 0.0, rng), picture)
        drawn = [change(picture, 1.0, rng) for _ in range(20)]
        assert all(one.shape == picture.shape and one.dtype == np.uint8 for one in drawn)
        assert any((one != picture).any() for one in drawn)
    np.testing.assert_array_equal(picture, before)


def test_harmony_moves_the_mean_towards_the_surroundings():
    """Half the way from 200 to 100 is 150; what lies outside the object does not count."""
    picture, solid = flat(200, 6, 8), np.zeros((6, 8), bool)
    solid[:, :5], picture[:, 5:] = True, 7
    moved = appearance.harmonised(picture, solid, flat(100, 4, 4), 0.5)
    np.testing.assert_allclose(moved[solid], 150, atol=1e-3)
    np.testing.assert_array_equal(appearance.harmonised(picture, solid, flat(100, 4, 4), 0), picture)


def test_patches_are_of_many_kinds_and_blobs_lie_inside_them(rng):
    drawn = [clutter.patch(BLACK, rng) for _ in range(60)]
    assert {picture.shape for picture, _ in drawn} == {(96, 96, 3)} and {p.dtype for p, _ in drawn} == {
        np.dtype(np.uint8)
    }
    blobs = [alpha for _, alpha in drawn if alpha is not None]
    assert 20 < len(blobs) < 50
    for alpha in blobs:
        assert alpha.dtype == np.float32 and set(np.unique(alpha)) == {0, 1} and 0.1 < alpha.mean() < 0.8
        assert alpha[48, 48] == 1


def test_a_feathered_border_keeps_the_box_of_a_rectangle():
    for feather in (0.0, 0.5, 1.5):
        thing = piece(flat(9), None, (23, 17), 0.0, feather)
        assert list(thing.box[2:] - thing.box[:2]) == [23, 17]


@pytest.mark.parametrize(
    "changed",
    [
        {"side": 3},
        {"share": (0.5, 0.2)},
        {"share": (0.2, 1.2)},
        {"share": (0, 0.5)},
        {"objects": (0, 2)},
        {"stretch": 0.5},
        {"longest": 0.5},
        {"light": 1.5},
        {"negative_share": -0.1},
        {"most_hidden": 0.05},
        {"distractors": (1, 2, 3)},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_say_which(changed):
    (name,) = changed
    with pytest.raises(ValueError, match=rf"Invalid `{name}`\. Expected .* Received: {name}="):
        SceneConfig(**changed)
