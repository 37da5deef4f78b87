"""getnet_tf.data.numbered: numbered pictures, functions of their number and a seed; boxes lie where the objects are."""

import dataclasses

import cv2
import numpy as np
import pytest
from photo_files import colours, write_picture
from test_scenes import BLACK, COLOURS, PLAIN, SMALL, extent, photos_of_colours

from getnet_tf.data.cutouts import Cutouts
from getnet_tf.data.numbered import CHANGES, MOST_OBJECTS, OF_ONE_THING, PhotoCopies, References, Scenes
from getnet_tf.data.picture import stretch

COUNT = 3


def photo_views(tmp_path, seed=0):
    return PhotoCopies([write_picture(tmp_path / f"{i}.png", i) for i in range(COUNT)], (16, 24), seed)


def references(tmp_path, seed=0, config=SMALL):
    return References(photos_of_colours(), config, seed)


def scenes(tmp_path, seed=0):
    return Scenes(photos_of_colours(), [BLACK], PLAIN, seed)


@pytest.mark.parametrize("make", [photo_views, references, scenes])
def test_a_picture_is_a_function_of_its_number_and_the_seed(make, tmp_path):
    views, again, other = make(tmp_path), make(tmp_path), make(tmp_path, seed=1)
    forwards = [views(number) for number in range(8)]
    backwards = [again(number) for number in reversed(range(8))][::-1]
    for item, same in zip(forwards, backwards, strict=True):
        assert item["image"].dtype == np.uint8
        for name in item:
            np.testing.assert_array_equal(item[name], same[name], err_msg=name)
    assert not np.array_equal(views(7)["image"], other(7)["image"])


def test_the_first_view_of_a_photo_is_the_photo_and_the_others_are_not(tmp_path):
    views = photo_views(tmp_path)
    for number in range(3 * COUNT):
        item = views(number)
        assert item["photo"] == number % COUNT and item["image"].shape == (16, 24, 3)
        as_it_is = np.array_equal(item["image"], stretch(colours(number % COUNT), (16, 24)))
        assert as_it_is == (number < COUNT)
    assert not np.array_equal(views(COUNT)["image"], views(2 * COUNT)["image"])


def dark_on_the_left(copies):
    """Of pictures that were dark on the left, which still are: list of bool."""
    pictures = [copies(number)["image"].astype(float) for number in range(1, 21)]
    return [picture[:, :10].mean() < picture[:, -10:].mean() for picture in pictures]


@pytest.mark.parametrize(("changes", "some"), [(CHANGES, True), (OF_ONE_THING, False)])
def test_no_copy_of_one_thing_is_mirrored(changes, some, tmp_path):
    path = tmp_path / "halves.png"
    cv2.imwrite(str(path), np.tile(np.repeat(np.uint8([40, 200]), 16)[:, None], (24, 1, 3)))
    kept = dark_on_the_left(PhotoCopies([str(path)], (24, 32), 0, changes))
    assert any(kept) and all(kept) != some


@pytest.mark.parametrize(("share", "some"), [(0.5, True), (0.0, False)])
def test_no_reference_of_one_thing_is_mirrored(share, some):
    halves = np.tile(np.repeat(np.uint8([40, 200]), 16)[:, None], (24, 1, 3))
    photos = Cutouts([halves, halves], np.array([0, 1]), [None, None])
    kept = dark_on_the_left(References(photos, dataclasses.replace(PLAIN, mirrored_share=share), 0))
    assert any(kept) and all(kept) != some


def test_a_reference_shows_its_photo(tmp_path):
    """Of one colour, with all changes of light switched off."""
    photos = photos_of_colours()
    for number in (0, 4, 11, 12, 23):
        item = references(tmp_path, config=PLAIN)(number)
        assert item["photo"] == number % 12 and item["image"].shape == (40, 40, 3)
        colour = photos.images[number % 12][0, 0].astype(int)
        assert np.abs(item["image"].astype(int) - colour).max() <= 1


@pytest.mark.parametrize("number", range(12))
def test_the_boxes_of_a_scene_are_where_its_objects_are(number, tmp_path):
    """Every photo has a colour of its own; what of it is not hidden under a later object fills its box to the pixel."""
    item, photos = scenes(tmp_path)(number), photos_of_colours()
    there = item["photo"] >= 0
    assert there.sum() in (1, 2, 3, 4) and len(set(photos.labels[item["photo"][there]])) == there.sum()
    for box, photo, visible in zip(item["box"], item["photo"], item["visible"], strict=True):
        if photo < 0:
            assert visible == 0 and not box.any()
            continue
        seen = (item["image"] == photos.images[photo][0, 0]).all(axis=-1)
        area = (box[2] - box[0]) * (box[3] - box[1])
        assert seen.sum() == pytest.approx(visible * area, abs=1)
        xmin, ymin, xmax, ymax = extent(seen)
        assert box[0] <= xmin and box[1] <= ymin and xmax <= box[2] and ymax <= box[3]
        if visible == 1:
            np.testing.assert_array_equal(box, [xmin, ymin, xmax, ymax])


def test_some_scenes_show_one_object_close_up(tmp_path):
    """About every fifth has a single object, of at least half the side; all others have two to four."""
    items = [scenes(tmp_path)(number) for number in range(60)]
    alone = [item for item in items if (item["photo"] >= 0).sum() == 1]
    assert 5 <= len(alone) <= 20
    side = len(alone[0]["image"])
    for item in alone:
        xmin, ymin, xmax, ymax = item["box"][0]
        assert np.sqrt((xmax - xmin) * (ymax - ymin)) > 0.4 * side  # of which part may be beyond the frame


def test_a_scene_has_no_more_objects_than_there_are_classes():
    """Two classes, and four objects asked for; a third class brings room for a third object."""
    images = [np.full((30, 30, 3), colour, np.uint8) for colour in COLOURS[:2]]
    four = dataclasses.replace(PLAIN, objects=(4, 4))
    views = Scenes(Cutouts(images, np.arange(2), [None] * 2), [BLACK], four, 0)
    item = next(item for item in map(views, range(20)) if (item["photo"] >= 0).sum() > 1)
    assert (item["photo"] >= 0).sum() == 2 and set(item["photo"][:2]) == {0, 1}
    assert item["box"].shape == (MOST_OBJECTS, 4) and item["visible"].shape == (MOST_OBJECTS,)
