"""getnet_tf.alignment.warps and .finds: pictures whose theta is known, because we chose it."""

import cv2
import numpy as np
import pytest
from photo_files import colours, write_picture

from edge_demo.model.alignment.affine import after, inverse
from edge_demo.model.alignment.turns import TURNS, turn_theta
from getnet_tf.alignment.affine_maps import IDENTITY
from getnet_tf.alignment.finds import (
    AREAS,
    MOST_HIDDEN,
    ROLES,
    Finds,
    angle_deg,
    area_map,
    near_map,
    read_px,
    reference_map,
    turned_theta,
)
from getnet_tf.alignment.warps import Views, random_affine, random_spline, read_picture_at
from getnet_tf.data.cutouts import Cutouts

HW = (32, 32)


def smooth(seed, hw=(60, 80)):
    return cv2.GaussianBlur(colours(seed, hw), (0, 0), 2)


def test_the_identity_reads_the_picture_and_a_shift_reads_further_right():
    """A shift of 2 * 3 / (W - 1) reads three pixels further right: the content moves left."""
    picture = colours(0, (9, 13))
    np.testing.assert_array_equal(read_picture_at(picture, IDENTITY, "affine", (9, 13)), picture)
    shifted = read_picture_at(picture, IDENTITY + np.float32([0, 0, 0.5, 0, 0, 0]), "affine", (9, 13))
    np.testing.assert_allclose(shifted[:, :10].astype(int), picture[:, 3:], atol=1)


def test_beyond_its_edge_a_picture_is_mirrored():
    """Shifted by its whole side, it reads the columns behind the last one: the mirrored picture."""
    picture = colours(0, (9, 13))
    beyond = read_picture_at(picture, IDENTITY + np.float32([0, 0, 2, 0, 0, 0]), "affine", (9, 13))
    np.testing.assert_allclose(beyond.astype(int), picture[:, ::-1], atol=1)


def test_a_part_reads_the_middle():
    picture = colours(0, (9, 13))
    np.testing.assert_array_equal(
        read_picture_at(picture, IDENTITY, "affine", (5, 7), part=0.5), picture[2:7, 3:10]
    )


def test_random_maps_stay_within_their_bounds():
    rng = np.random.default_rng(0)
    affine = np.array([random_affine(rng) for _ in range(500)]).reshape(-1, 2, 3)
    assert np.abs(affine[:, :, 2]).max() <= 0.25
    sizes = np.linalg.svd(affine[:, :, :2], compute_uv=False)
    assert sizes.min() >= 0.75 and sizes.max() <= 1.25
    assert (
        np.abs(angle_deg(affine.reshape(-1, 6))).max() <= 15.001
    )  # R(f)^T D R(f) is symmetric and turns nothing
    splines = np.array([random_spline(rng) for _ in range(500)])
    assert 0.39 < np.abs(splines).max() <= 0.4


@pytest.mark.parametrize("kind", ["affine", "tps"])
def test_a_view_depends_on_its_number_and_the_seed_alone(kind, tmp_path):
    paths = [write_picture(tmp_path / f"{n}.png", n, (40, 60)) for n in range(3)]
    views = Views(paths, 2, kind, HW, seed=0)
    again, other = views(3), Views(paths, 2, kind, HW, seed=1)(3)
    for name, value in views(3).items():
        np.testing.assert_array_equal(value, again[name])
    assert again["image"].shape == (*HW, 3)
    assert np.any(other["theta"] != again["theta"]) and np.any(views(4)["image"] != again["image"])


def test_two_views_of_a_picture_lie_on_each_other_as_their_thetas_say(tmp_path, monkeypatch):
    """View 1 read at the inverse of its theta is view 0 wherever view 1 shows it, but for the light, which is left out."""
    monkeypatch.setattr("getnet_tf.alignment.warps.LIGHT", 0.0)
    monkeypatch.setattr("getnet_tf.alignment.warps.BLUR", 0.0)
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), smooth(5))
    views = Views([str(path)], 2, "affine", (48, 48), seed=2)
    plain, warped = views(0), views(1)
    np.testing.assert_array_equal(plain["theta"], IDENTITY)
    back = read_picture_at(warped["image"], inverse(warped["theta"][None])[0], "affine", (48, 48))
    shown = read_picture_at(
        np.ones((48, 48), np.float32),
        inverse(warped["theta"][None])[0],
        "affine",
        (48, 48),
        border=cv2.BORDER_CONSTANT,
    )
    apart = np.abs(back.astype(int) - plain["image"])[shown > 0.99]
    assert len(apart) > 500 and apart.mean() < 2


def things():
    """Three dark squares on white, a texture of its own in each; of the last nothing is cut out."""
    images = []
    for n in range(3):
        picture = np.full((80, 100, 3), 255, np.uint8)
        picture[20:60, 30:75] = smooth(n, (40, 45)) // 2
        images.append(picture)
    photos = Cutouts.cut(images, np.arange(3))
    return Cutouts(photos.images, photos.labels, [*photos.masks[:2], None])


def test_a_find_knows_how_its_reference_lies_in_the_area(monkeypatch):
    """Where nothing lies in front or shines through and the light is one, the area shows the reference read at theta, but for rounding."""
    for name in ("LIGHT", "BLUR", "GRAIN", "HARMONY", "IN_FRONT_SHARE", "MASK_SHARE"):
        monkeypatch.setattr(f"getnet_tf.alignment.finds.{name}", 0.0)
    finds = Finds(things(), (64, 64), seed=0)
    for number in range(12):
        reference = finds(number * ROLES)
        areas = [finds(number * ROLES + TURNS + place)["image"] for place in range(AREAS)]
        near = finds(number * ROLES + ROLES - 1)["image"]

        def laid(image, theta):
            return read_picture_at(image, theta, "affine", (64, 64), border=cv2.BORDER_CONSTANT)

        shown = [laid(reference["image"], theta) for theta in reference["theta"]]
        # `near` was read out of the same reference: laid back it is the reference, laid on the first area.
        both = [*zip(areas, shown, strict=True), (laid(near, reference["near"]), shown[0])]
        for image, expected in both:
            dark = ((expected.max(axis=-1) < 128) & (expected.min(axis=-1) > 0)).astype(np.uint8)
            inside = cv2.erode(dark, np.ones((5, 5), np.uint8)) > 0
            assert inside.sum() > 30
            assert np.median(np.abs(image.astype(int) - expected)[inside]) <= 3


def test_something_may_lie_in_front_but_hides_no_more_than_its_share(monkeypatch):
    """The same finds with something in front and without differ where it lies: in some, and never in most of the thing."""
    for name in ("LIGHT", "BLUR", "GRAIN", "HARMONY"):
        monkeypatch.setattr(f"getnet_tf.alignment.finds.{name}", 0.0)
    photos, areas = things(), []
    photos = Cutouts(photos.images[:2], photos.labels[:2], photos.masks[:2])
    for share in (0.0, 1.0):
        monkeypatch.setattr("getnet_tf.alignment.finds.IN_FRONT_SHARE", share)
        finds = Finds(photos, (64, 64), seed=0)
        areas.append([finds(number * ROLES + TURNS) for number in range(20)])
    hidden = []
    for free, covered in zip(*areas, strict=True):
        changed = np.any(free["image"] != covered["image"], axis=-1)
        reference = np.zeros((64, 64), np.float32)
        reference[8:-8, 8:-8] = 1  # margins are up to 12 %: this is thing
        thing = (
            read_picture_at(reference, free["theta"][0], "affine", (64, 64), border=cv2.BORDER_CONSTANT) > 0.5
        )
        hidden.append(changed[thing].mean())
    assert np.mean(np.array(hidden) > 0.05) > 0.3
    # All of what is hidden may lie in the part that is looked at here, which is 75 % by 75 % of it or more.
    assert max(hidden) <= MOST_HIDDEN / 0.75**2


def test_the_reference_comes_in_all_turns_and_facts_are_the_finds():
    finds = Finds(things(), HW, seed=0)
    shown = [finds(ROLES + role) for role in range(ROLES)]
    for quarter in range(4):
        image = shown[2 * quarter]["image"]
        np.testing.assert_array_equal(image, np.rot90(shown[0]["image"], quarter))
    for role in range(ROLES):
        np.testing.assert_array_equal(shown[role]["theta"], shown[0]["theta"])
    again = Finds(things(), HW, seed=0)(ROLES + TURNS)
    np.testing.assert_array_equal(again["image"], shown[TURNS]["image"])


def test_things_lie_at_every_angle_and_wholly_in_their_area(rng):
    box, angles = np.array([10, 20, 50, 40]), []
    for _ in range(200):
        theta = after(inverse(reference_map(box, rng)), area_map(box, rng))
        angles.append(angle_deg(theta)[0])
        to_area = inverse(area_map(box, rng))
        corners = np.array([[[10, 20], [49, 20], [49, 39], [10, 39]]]) + 0.0
        in_area = corners @ to_area.reshape(2, 3)[:, :2].T + to_area.reshape(2, 3)[:, 2]
        assert np.abs(in_area).max() <= 1 + 1e-9
    assert np.histogram(angles, 4, (-180, 180))[0].min() > 25


def test_a_map_in_pixels_reads_those_pixels():
    """-1 ... +1 to the columns 2 ... 8 and the rows 1 ... 5."""
    picture = colours(0, (9, 13))
    to_px = np.array([[3.0, 0, 5, 0, 2, 3]])
    np.testing.assert_array_equal(read_px(picture, to_px, (5, 7), cv2.BORDER_CONSTANT), picture[1:6, 2:9])


def test_turned_with_the_reference_theta_reads_the_same(rng):
    """Where the turned reference shows it: one that stands on a corner has lost its own corners, and is seen coarser."""
    reference, theta = smooth(3, (65, 65)), near_map(rng)
    laid = read_picture_at(reference, theta[0], "affine", (65, 65))
    for number in range(TURNS):
        turned = read_picture_at(
            reference, turn_theta(number), "affine", (65, 65), border=cv2.BORDER_CONSTANT
        )
        numbered = turned_theta(theta, [number])
        again = read_picture_at(turned, numbered[0], "affine", (65, 65))
        middle = np.s_[20:45, 20:45]
        assert np.abs(again.astype(int) - laid)[middle].max() <= (6 if number % 2 else 2)
    np.testing.assert_allclose(angle_deg(np.stack([turn_theta(n) for n in (1, 2, 7)])), [45, 90, -45])
