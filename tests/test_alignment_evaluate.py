"""`python -m getnet_tf.alignment.evaluate` from folders to scores, with an aligner whose outcomes can be told by hand."""

import json

import cv2
import numpy as np
import pytest
from alignment_pairs import HEADER, Aligner, Bend, write_keyed, write_plane
from checks import run_python

from edge_demo.model.alignment.placement import outline_of
from edge_demo.model.thetas import KINDS
from getnet_tf.alignment import evaluate
from getnet_tf.alignment.outlines import outline_scores
from getnet_tf.alignment.overlays import laid_over
from getnet_tf.alignment.placement import placements
from getnet_tf.alignment.planes import Piece

BOX = np.array([(10, 10), (40, 10), (10, 30), (40, 30)])  # 30 wide: 3 pixels count as near
SHIFT = 2 / 59  # normalized, of one pixel of the network's 60
LIFT = 2 * 2 / 39  # of two of its 40 rows
ONCE = (1, 0, 5 * SHIFT, 0, 1, 0)  # an affine that reads five pixels further right


@pytest.fixture
def ends(monkeypatch, tmp_path, capsys):
    """Runs the command with an aligner; returns its exit code, the scores and what it printed."""
    monkeypatch.setitem(KINDS, "tps", Bend())

    def run(aligner, *argv):
        monkeypatch.setattr(evaluate, "open_aligner", lambda path: aligner)
        path = tmp_path / "scores.json"
        code = evaluate.main(["--model", "align", "--json", str(path), *map(str, argv)])
        return code, json.loads(path.read_text()) if path.exists() else None, capsys.readouterr()

    return run


@pytest.fixture
def keyed(tmp_path):
    """Two cars, the second's points five pixels further left; two ducks with the same points."""
    folder = tmp_path / "keyed"
    for name, points in (("car/a", BOX), ("car/b", BOX - (5, 0)), ("duck/c", BOX), ("duck/d", BOX)):
        write_keyed(folder / f"{name}.jpg", points)
    return folder


def test_of_two_directions_the_one_is_carried(ends, keyed):
    """(a, b): b's points read five further right are a's: right. (b, a): ten off; ducks: five off, both ways. By the identity the
    ducks are right, and the cars five off. The spline lifts by two pixels, which is near enough, and so does the cascade."""
    code, scores, printed = ends(Aligner(ONCE, (0, -LIFT), alone=(0, -LIFT)), "--data", keyed)
    assert code == 0 and scores["pairs"] == 4 and scores["alpha"] == 0.1 and scores["confident"] == 1
    assert (scores["pck_affine"], scores["pck_tps"], scores["pck_cascade"]) == (0.25, 0.5, 0.25)
    assert scores["subclasses"]["car"] == {"pck_affine": 0.5, "pck_tps": 0.0, "pck_cascade": 0.5}
    assert printed.out.splitlines() == [
        "| | affine | spline | affine, then spline |",
        "|---|---|---|---|",
        "| PCK@0.1, %: car | 50.0 | 0.0 | 50.0 |",
        "| PCK@0.1, %: duck | 0.0 | 100.0 | 0.0 |",
        "| PCK@0.1, %: all 4 pairs | 25.0 | 50.0 | 25.0 |",
    ]


def test_alpha_says_how_far_a_point_may_be_off(ends, keyed):
    """A fifth of 30 is six pixels: five off is near."""
    _, scores, printed = ends(Aligner(ONCE), "--data", keyed, "--alpha", "0.2")
    assert (scores["pck_affine"], scores["pck_tps"]) == (0.75, 1.0)
    assert "PCK@0.2" in printed.out


def test_outlines_are_found_in_their_areas(ends, tmp_path):
    """Of two equal pictures of 150 x 100 an inner piece fills 4/5 of either side of its area, which is centred there: an affine that
    reads 5/4 as wide and high finds it. The identity finds the area instead, (4/5)^2 of which is the piece."""
    write_plane(tmp_path / "planes")
    wide = 1.25 * np.array([1, 0, 0, 0, 1, 0])
    _, scores, printed = ends(Aligner(wide), "--planes", tmp_path / "planes")
    planes = scores["planes"]
    assert planes["outlines"] == 10 and "pairs" not in scores
    assert planes["tps"]["outline_right"] == 0.0 and planes["tps"]["outline_iou"] > 0.6
    assert planes["affine"]["outline_iou"] > planes["tps"]["outline_iou"]
    assert planes["cascade"]["outline_iou"] == pytest.approx(planes["affine"]["outline_iou"])
    assert printed.out.splitlines()[2].startswith("| outlines with IoU > 0.8, % |")


def test_an_inner_piece_is_found_exactly():
    """100 x 60 pixels of 125 x 75, 15 and 10 from the upper left: its middle is 2.5 pixels further right and down than the area's.
    Of the image's 60 x 40 pixels that is 1.2 and 4/3, and a pixel is 2/59 across and 2/39 down. A is read 5/4 as wide round there.
    """
    outline_px = outline_of((60, 100)) + np.array([15, 10])
    piece = Piece("wall", np.zeros((60, 100, 3), np.uint8), np.zeros((75, 125, 3), np.uint8), outline_px)
    right, down = 1.2 * 2 / 59, 4 / 3 * 2 / 39
    every, _ = placements(
        Aligner((1.25, 0, -1.25 * right, 0, 1.25, -1.25 * down)), [(piece.reference, piece.area)]
    )
    scores = outline_scores([piece], every["affine"])
    assert scores["outline_iou"] == pytest.approx(1, abs=1e-5)
    assert scores["corner_error"] == pytest.approx(0, abs=1e-5)
    assert scores["outline_right"] == 1 and scores["pairs"] == {"wall": 1}


def test_pictures_of_pairs_and_of_pieces_are_written(ends, keyed, tmp_path):
    write_plane(tmp_path / "planes")
    folder = tmp_path / "new" / "pictures"
    code, _, printed = ends(Aligner(), "--data", keyed, "--planes", tmp_path / "planes", "--pictures", folder)
    assert code == 0 and printed.out.splitlines()[-1] == f"14 pictures: {folder}"
    names = sorted(path.name for path in folder.iterdir())
    assert names[:4] == ["car-a-b.jpg", "car-b-a.jpg", "duck-c-d.jpg", "duck-d-c.jpg"]
    assert names[4:] == sorted(f"wall-{i}.jpg" for i in range(10))
    assert cv2.imread(str(folder / "car-a-b.jpg")).shape == (320, 960, 3)


def test_a_is_laid_over_b_half_transparent_where_it_lies():
    """A is white, B black, both 60 x 40; read ten pixels further right, A ends ten pixels before B does."""
    white, black = np.full((40, 60, 3), 255, np.uint8), np.zeros((40, 60, 3), np.uint8)
    every, _ = placements(Aligner((1, 0, 10 * SHIFT, 0, 1, 0)), [(white, black)])
    mixed = laid_over(white, black, every["affine"][0])
    assert (mixed[:, :49] == 127).all() and (mixed[:, 51:] == 0).all()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([], "--data FOLDER, --planes FOLDER, or both"),
        (["--data", "none"], "No such folder: none"),
        (["--planes", "none"], "none: expected NAME0.jpg"),
        (["--data", "{keyed}", "--alpha", "0"], "above 0 and at most 1, received 0"),
        (["--data", "{keyed}", "--alpha", "inf"], "above 0 and at most 1, received inf"),
    ],
)
def test_what_cannot_be_evaluated_is_one_line(argv, said, ends, keyed):
    code, scores, printed = ends(Aligner(), *(word.format(keyed=keyed) for word in argv))
    assert code == 2 and scores is None
    assert printed.err.count("\n") == 1 and said in printed.err


def test_key_points_that_do_not_fit_end_with_2(ends, keyed):
    (keyed / "car" / "b.csv").write_text(HEADER + "1,2\n")
    code, scores, printed = ends(Aligner(), "--data", keyed)
    assert code == 2 and scores is None
    assert printed.err.count("\n") == 1 and "b.csv" in printed.err


@pytest.mark.parametrize(
    ("name", "said"), [("none", "No such model"), ("model.tflite", "expected a model that aligns")]
)
def test_a_model_that_cannot_be_opened_is_one_line(name, said, keyed, tmp_path, capsys):
    (tmp_path / "model.tflite").touch()
    assert evaluate.main(["--model", str(tmp_path / name), "--data", str(keyed)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and said in error


def test_help_needs_no_tensorflow():
    code = """
        import sys
        sys.modules["tensorflow"] = sys.modules["keras"] = None
        from getnet_tf.alignment import evaluate
        try:
            evaluate.main(["--help"])
        except SystemExit as end:
            print("ended", end.code)
    """
    printed = run_python(code)
    assert "--pictures" in printed and printed.strip().endswith("ended 0")
