"""Shows what it does, on a film that comes along: no camera, no display and no picture of yours is needed.

    python -m edge_demo demo                     # ten seconds; writes getnet_demo.jpg
    python -m edge_demo demo --out found.jpg

It is shown one picture of a mug, and follows that mug through five seconds of film, in which it leaves and comes back, and in which
another mug of the same form stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge_demo.camera.sources import open_source
from edge_demo.errors import EdgeError
from edge_demo.finder import Finder
from edge_demo.model.preprocess import read_picture
from edge_demo.options import parser_of
from edge_demo.output_file import place_of
from edge_demo.screen.overlay import draw
from edge_demo.whole_file import write_whole

EXAMPLES = Path(__file__).parents[1] / "examples"
REFERENCE, FILM = EXAMPLES / "mug.png", EXAMPLES / "desk.mp4"
NEXT = """Now with a thing of yours; crop its picture close around it:
  python -m edge_demo match THING.jpg PICTURE.jpg
  python -m edge_demo --reference THING.jpg            # a camera and a window; with --web a page in the browser
  python -m edge_demo doctor                           # if something is missing here"""


def main(argv: Sequence[str]) -> int:
    """Runs `python -m edge_demo demo`; returns the exit code.

    Raises:
        EdgeError: if the picture can't be written.
    """
    parser = parser_of("python -m edge_demo demo", __doc__)
    parser.add_argument(
        "--out", type=Path, default=Path("getnet_demo.jpg"), help="the picture that it writes, JPEG or .png"
    )
    args = parser.parse_args(argv)
    out = place_of(args.out)
    finder = Finder(args.model, threads=args.threads)
    finder.add("mug", REFERENCE)
    with open_source(str(FILM)) as film:
        seen = list(finder.follow(film))
    found = [(frame, own) for frame, own in seen if own]
    print(
        f"It was shown {REFERENCE.name} once, and found the mug in {len(found)} of {len(seen)} frames of {FILM.name}."
    )
    if found:
        frame, own = max(found, key=lambda one: one[1][0].score)
        _write(out, beside(read_picture(REFERENCE), draw(frame, own, colors=finder.colors)))
        print(f"The surest find, beside what it was shown: {out}")
    print(NEXT)
    return 0


def beside(reference_bgr_u8: np.ndarray, frame_bgr_u8: np.ndarray) -> np.ndarray:
    """What was shown, on black to the left of the frame in which it was found: (H, W, 3) uint8."""
    height, width = reference_bgr_u8.shape[:2]
    canvas = np.zeros((max(frame_bgr_u8.shape[0], height), width, 3), np.uint8)
    top = (len(canvas) - height) // 2
    canvas[top : top + height] = reference_bgr_u8
    below = len(canvas) - frame_bgr_u8.shape[0]
    return np.concatenate([canvas, np.pad(frame_bgr_u8, ((0, below), (0, 0), (0, 0)))], axis=1)


def _write(path: Path, picture_bgr_u8: np.ndarray) -> None:
    try:
        form = ".png" if path.suffix.lower() == ".png" else ".jpg"
        write_whole(path, cv2.imencode(form, picture_bgr_u8)[1].tobytes())
    except OSError as error:
        raise EdgeError(
            f"{path}: expected to write a picture, received: {error.strerror}. Name another by --out."
        ) from None
