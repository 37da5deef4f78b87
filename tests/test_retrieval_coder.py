"""The coder, with a see-through in the place of a model: its map is the picture, averaged."""

import cv2
import numpy as np
import pytest
from checks import run_python
from photo_files import write_picture

from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError
from getnet_tf.retrieval import whiten
from getnet_tf.retrieval.coder import Coder, open_coder
from getnet_tf.retrieval.recipe import Recipe
from getnet_tf.retrieval.regions.squares import Squares
from getnet_tf.retrieval.whitening import Whitening

SIDE = 128


class Through:
    """Cells of 32 px, each with the mean colour there."""

    image_hw, channels, fingerprint = (SIDE, SIDE), 3, "through"

    def __call__(self, images):
        return np.stack([cv2.resize(image, (4, 4), interpolation=cv2.INTER_AREA) for image in images])


@pytest.fixture
def folder(tmp_path):
    """Pictures of noise: 12 each of two kinds."""
    for number in range(24):
        write_picture(tmp_path / "photos" / f"{number % 2}" / f"{number}.png", number, (40, 50))
    return tmp_path / "photos"


def picture():
    """Red, but the last quarter of each side, which is green."""
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, :, 0] = 255
    picture[48:, 96:] = (0, 255, 0)
    return picture


def test_the_code_of_the_whole_is_its_heads():
    """15 red cells and a green one. GeM: the cube roots of 15 / 16 and 1 / 16 are 0.978717 and 0.396850, of length 1.056110."""
    codes = Coder(Through(), Recipe("gem"))(picture())
    assert np.allclose(codes.whole, [0.926719, 0.375766, 0], atol=1e-5)
    assert codes.regions.shape == (0, 3) and codes.boxes_px.shape == (0, 4)


def test_a_small_thing_has_a_region_of_its_own():
    """Squares of 2 cells, the last of which is green in a quarter, and of 1 cell, green altogether."""
    coder = Coder(Through(), Recipe("mac"), Squares((4, 4), 4))
    codes = coder(picture())
    assert codes.boxes_px[-1].tolist() == [96, 48, 128, 64]
    assert np.allclose(codes.regions[-1], [0, 1, 0])
    assert np.allclose(codes.regions[0], [1, 0, 0])
    assert len(codes.regions) == len(codes.boxes_px) == 4 + 9 + 16


def test_a_whitened_code_is_as_long_as_its_projection():
    """(0.926719, 0.375766, 0), its green alone: 1 at length 1, and minus 1 where the mean has more of it."""
    for mean, expected in ((0, 1), (0.9, -1)):
        whitening = Whitening(np.array([0, mean, 0], np.float32), np.array([[0], [1], [0]], np.float32))
        coder = Coder(Through(), Recipe(whitening=whitening))
        assert coder.dim == 1
        assert np.allclose(coder(picture()).whole, [expected])


def test_coders_that_cannot_be_compared_have_other_fingerprints():
    shifted = Whitening(np.ones(3, np.float32), np.eye(3, dtype=np.float32))
    coders = [
        Coder(Through()),
        Coder(Through(), Recipe("mac")),
        Coder(Through(), Recipe(weights={"power": 2.0})),
        Coder(Through(), regions=Squares((4, 4))),
        Coder(Through(), regions=Squares((4, 4), 3)),
        Coder(Through(), Recipe(whitening=shifted)),
    ]
    assert len({coder.fingerprint for coder in coders}) == len(coders)
    assert Coder(Through()).fingerprint == coders[0].fingerprint


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="Received: max"):
        open_coder(head="max")
    with pytest.raises(InputError, match="codes of 2 numbers, the model makes 3"):
        Coder(Through(), Recipe(whitening=Whitening(np.zeros(2), np.eye(2))))
    with pytest.raises(InputError, match="found no such file"):
        open_coder("none.tflite")


def test_the_shipped_model_has_no_codes_which_is_one_line_without_tensorflow(folder, tmp_path):
    said = run_python(
        f"""
        import contextlib, io, sys
        from edge_demo.model.shipped import SHIPPED_MODEL
        from getnet_tf.retrieval.__main__ import main
        with contextlib.redirect_stderr(io.StringIO()) as errors:
            code = main(["index", {str(folder)!r}, "--out", {str(tmp_path / "index")!r}, "--model", str(SHIPPED_MODEL)])
        print(code, errors.getvalue())
        assert not {{"tensorflow", "keras"}} & set(sys.modules)
        """
    )
    code, line = said.strip().split(" ", 1)
    assert code == "2" and len(line.splitlines()) == 1
    assert "expected the signature `code`, found align" in line


def test_the_command_writes_a_whitening_that_its_coder_takes(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(whiten, "open_coder", lambda model, head: Coder(Through(), Recipe(head)))
    out = tmp_path / "white.npz"
    assert whiten.main([str(folder), "--out", str(out), "--dim", "2", "--head", "mac"]) == 0
    assert capsys.readouterr().out == f"wrote {out}: 2 numbers of 24 pictures\n"
    recipe = Recipe.load(out)
    assert recipe.head == "mac"
    codes = Coder(Through(), recipe)(read_rgb(folder / "0" / "0.png"))
    assert codes.whole.shape == (2,) and np.linalg.norm(codes.whole) == pytest.approx(1)
    with pytest.raises(InputError, match=r"is of mac codes, and those of gem were asked for"):
        open_coder(head="gem", whitening=out)


def test_a_whitening_that_has_no_place_is_one_line(folder, capsys):
    assert whiten.main([str(folder), "--out", "nowhere/white.npz"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "No such folder: nowhere." in line
