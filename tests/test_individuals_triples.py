"""getnet_tf.individuals.triples: a box with six different sides, drawn, where drawing is possible; and how a render becomes a picture."""

import cv2
import numpy as np
import pytest
from boxes3d import write_scan
from photo_files import write_picture

from getnet_tf.data.renders import Renderer
from getnet_tf.errors import InputError
from getnet_tf.individuals.encoded import things_of
from getnet_tf.individuals.places import middles_norm
from getnet_tf.individuals.triples import ROLES, Triples, placing

HW = (128, 128)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """(scans, paths of backgrounds)"""
    root = tmp_path_factory.mktemp("things")
    for number in range(3):
        write_scan(root / "scans", f"box{number}", number)
    return root / "scans", [write_picture(root / "places" / f"{n}.png", n, (60, 80)) for n in range(3)]


@pytest.fixture(scope="module")
def triples(folders):
    try:
        Renderer().close()
    except InputError as error:
        pytest.skip(str(error))
    scans, backgrounds = folders
    with Triples(scans, ["box0", "box1", "box2"], backgrounds, HW, seed=3) as made:
        yield made


def shown(triples, number):
    """Pictures (3, h, w, 3) of a triple, float, and its facts."""
    items = [triples(number * ROLES + role) for role in range(ROLES)]
    return np.float32([item["image"] for item in items]), items[1]


def at(picture, places):
    """Colours of a picture, a little smoothed, at places (N, 2), normalized, without their brightness."""
    px = ((places + 1) / 2 * (np.array(picture.shape[1::-1]) - 1)).astype(np.float32)
    smooth = cv2.blur(picture, (5, 5))
    colours = cv2.remap(smooth, px[None], None, cv2.INTER_LINEAR)[0]
    return colours / np.linalg.norm(colours, axis=1, keepdims=True)


def test_a_cell_and_its_place_have_one_colour_and_the_look_alike_has_another(triples):
    """Over many triples: light and lens differ, sides of a box have sharp edges, so on the average."""
    middles, same, alike = middles_norm(HW), [], []
    for number in range(12):
        (reference, view, other), facts = shown(triples, number)
        seen, places = facts["seen"].ravel(), facts["places"].reshape(-1, 2)[facts["seen"].ravel()]
        if not seen.any():  # the two look at opposite sides
            continue
        assert np.abs(places).max() <= 1
        cells = at(view, middles[seen])
        same.extend((cells * at(reference, places)).sum(axis=1))
        alike.extend((cells * at(other, places)).sum(axis=1))
    assert len(same) > 100
    assert np.mean(same) > 0.97 and np.mean(alike) < 0.93


def test_a_triple_is_a_function_of_its_number(triples, folders):
    scans, backgrounds = folders
    with Triples(scans, ["box0", "box1", "box2"], backgrounds, HW, seed=3) as again:
        one, other = again(7), triples(7)  # whoever asks, and for what before
    assert set(one) == {"image", "places", "seen"}
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])
    assert one["image"].shape == (*HW, 3) and one["places"].shape == (8, 8, 2) and one["seen"].any()


def test_nothing_draws_before_a_picture_is_asked_for(folders):
    scans, backgrounds = folders
    with Triples(scans, ["box0", "box1"], backgrounds, HW, seed=3) as made:
        assert made._renderer is None


def test_a_render_fills_its_picture_to_the_edges_without_a_margin(rng):
    """Pixels 20 to 59 by 10 to 39, so edges at 20, 60 and 10, 40: 40 x 30 become 120 x 120."""
    alpha = np.zeros((50, 80), np.float32)
    alpha[10:40, 20:60] = 1
    scale, shift = placing(alpha, (120, 120), (0.0, 0.0), rng)
    np.testing.assert_allclose(scale, (3, 4))
    # The centre of the first pixel is half a pixel of the render from the edge, half a pixel of the picture less.
    np.testing.assert_allclose(scale * (20, 10) + shift, (1.0, 1.5))
    np.testing.assert_allclose(scale * (59, 39) + shift, (118.0, 117.5))


def test_a_narrow_thing_is_stretched_by_half_at_most_and_stays_in_the_middle(rng):
    """10 x 90: its width is taken as 60, the longer side's share, 25 to the left and to the right of it."""
    alpha = np.zeros((100, 100), np.float32)
    alpha[5:95, 40:50] = 1
    scale, shift = placing(alpha, (90, 90), (0.0, 0.0), rng)
    np.testing.assert_allclose(scale, (1.5, 1))
    np.testing.assert_allclose(scale * (44.5, 49.5) + shift, (44.5, 44.5))


def test_of_things_that_nobody_has_split_every_fifth_is_watched(tmp_path):
    for number in range(7):
        write_scan(tmp_path, f"thing{number}", number)
    assert things_of(tmp_path) == {
        False: ["thing1", "thing2", "thing3", "thing4", "thing6"],
        True: ["thing0", "thing5"],
    }


def test_things_that_are_tested_on_are_in_neither_part(tmp_path):
    for name in ("026_sponge", "055_baseball", "017_orange", "a", "b"):
        write_scan(tmp_path, name, 0)
    assert things_of(tmp_path) == {False: ["a", "b"], True: ["026_sponge", "055_baseball"]}


def test_too_few_things_are_one_line(tmp_path):
    write_scan(tmp_path, "only", 0)
    with pytest.raises(InputError, match=r"at least 2 things to learn from and 2 to watch, found 0 and 1"):
        things_of(tmp_path)
    with pytest.raises(InputError, match=r"No scan in"):
        things_of(tmp_path / "nowhere")
