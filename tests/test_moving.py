"""getnet_tf.data.moving and preview: scenes and contact sheets of real digits."""

import cv2
import numpy as np
import pytest
from checks import line_of, one_line, room_for

from getnet_tf.data import moving, preview
from getnet_tf.data.digits import Digits


def test_the_path_stays_inside_and_moves_less_than_two_pixels_a_frame():
    path = moving.positions(540, 32)
    assert path.min() >= 0 and path.max() <= 32
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 2


def test_without_noise_a_frame_holds_the_digits_ink_and_nothing_else(few_digits):
    """Bilinear sampling between pixels spreads the ink but keeps its sum."""
    picture = few_digits[0][0]
    first = next(moving.frames(picture[None], 0.0, np.random.default_rng(0)))
    assert abs(first.astype(float).sum() / picture.astype(float).sum() - 1) < 0.01


def test_digits_follow_one_another(few_digits):
    black, digit = np.zeros((1, 28, 28), np.uint8), few_digits[0][:1]
    brightness = [
        f.sum() > 0 for f in moving.frames(np.concatenate([digit, black]), 0.0, np.random.default_rng(0))
    ]
    assert brightness == [True] * 60 + [False] * 60


def test_a_scene_pixel_becomes_a_square_of_screen_pixels():
    frame = moving.enlarged(np.array([[0, 255]], np.uint8))
    assert frame.shape == (8, 16, 3)
    assert (frame[:, :8] == 0).all() and (frame[:, 8:] == 255).all()


def test_the_command_writes_a_video_that_plays_and_a_reference(tmp_path, digits_file):
    out = tmp_path / "scene"
    assert moving.main(["--out", str(out), "--data", str(digits_file), "--digit", "4"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["digit-4.png", "scene.mp4"]
    video = cv2.VideoCapture(str(out / "scene.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 9 * 60
    assert video.read()[1].shape == (480, 480, 3)
    reference = cv2.imread(str(out / "digit-4.png"))
    assert 8 * 12 <= reference.shape[0] <= 8 * 24  # a digit fills 20 px, and a pixel on each side


def test_a_digit_that_the_data_lack_is_one_line(tmp_path, digits_file, capsys):
    assert moving.main(["--out", str(tmp_path), "--data", str(digits_file), "--digit", "9"]) == 2
    assert "0 pictures of digit 9" in capsys.readouterr().err


def test_six_pictures_of_the_wanted_digit_suffice(tmp_path, few_digits):
    images, labels = few_digits
    six = Digits(np.concatenate([images[:6], images[80:90]]), np.concatenate([labels[:6], labels[80:90]]))
    moving.write(tmp_path, six, 0, 0.0)  # six pictures suffice: one is the reference, five are shown
    assert (tmp_path / "scene.mp4").stat().st_size > 10_000


def test_a_contact_sheet_is_written(tmp_path, digits_file, capsys):
    out = tmp_path / "sheet.png"
    assert (
        preview.main(
            ["--out", str(out), "--data", str(digits_file), "--variant", "cluttered", "--pairs", "4"]
        )
        == 0
    )
    assert cv2.imread(str(out)).std() > 10


@pytest.mark.parametrize(
    ("command", "argv", "message"),
    [
        (preview, ["--noise", "2"], "Invalid `noise`"),
        (preview, ["--out", "{}/sheet.xyz"], "--out: expected FILE.png, received"),
        (moving, ["--seed", "-1"], "Invalid `seed`"),
        (moving, ["--noise", "2"], "Invalid `noise`"),
        (moving, ["--data", "nowhere/"], "No such data"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(command, argv, message, tmp_path, digits_file, capsys):
    argv = [argument.format(tmp_path) for argument in argv]
    assert command.main(["--out", str(tmp_path / "out"), "--data", str(digits_file), *argv]) == 2
    error = capsys.readouterr().err.rstrip("\n")
    assert message in error and one_line(error)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("command", "argv"), [(moving, []), (preview, ["--pairs", "4"])])
def test_what_finds_no_room_is_one_line_and_not_there(
    command, argv, tmp_path, digits_file, monkeypatch, capsys
):
    monkeypatch.setattr(moving, "FRAMES_PER_SECOND", 3)
    with room_for(30_000):
        assert command.main(["--out", str(tmp_path / "a.png"), "--data", str(digits_file), *argv]) == 2
    assert line_of(capsys).startswith("error: ")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
