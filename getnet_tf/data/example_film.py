"""Makes the film and the pictures that the package ships to be tried on: all drawn here, so that nobody's rights are in them.

    python -m getnet_tf.data.example_film --out edge_demo/examples        # half a minute; needs the extra "render"

A mug with a printed band stands on a desk beside a second mug of the same form with another print, a box and a ball. The camera moves;
the mug is carried through the picture, out of it, and comes back.
"""

import argparse
import pathlib
import sys

import cv2
import numpy as np

from edge_demo.whole_file import write_whole
from getnet_tf.data.cameras import camera_at, looking_from
from getnet_tf.data.film import write_film
from getnet_tf.data.meshes import Mesh
from getnet_tf.data.renders import Light, Renderer
from getnet_tf.errors import report_errors

WH, FPS, SECONDS = (640, 480), 15, 5
DRAWN = 3  # times finer than it is shown, so that outlines are smooth
LIGHT = Light((-0.4, 0.9, 1.0), 0.55)
WALL, DESK = (196, 203, 205), np.array([120, 160, 196], np.float32)  # BGR
HORIZON = 200  # row where the desk begins


def turned_on_a_lathe(profile, around=64):
    """A surface of revolution: vertices (V, 3), uv (V, 2) and faces (F, 3) of a profile (N, 2) of radii and heights."""
    angle = np.linspace(0, 2 * np.pi, around + 1)
    profile = np.asarray(profile, float)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(profile, axis=0), axis=1))])
    along /= along[-1]
    vertices = np.stack(
        [
            profile[:, None, 0] * np.cos(angle),
            profile[:, None, 0] * np.sin(angle),
            np.broadcast_to(profile[:, None, 1], (len(profile), around + 1)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    uv = np.stack(np.broadcast_arrays(angle / (2 * np.pi), along[:, None]), axis=-1).reshape(-1, 2)
    return vertices, uv, grid_faces(len(profile), around + 1)


def grid_faces(rows, columns):
    """Two triangles for each square of a grid of vertices, row by row."""
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    return np.concatenate(
        [
            np.stack([first, first + 1, first + columns + 1], 1),
            np.stack([first, first + columns + 1, first + columns], 1),
        ]
    )


def mug(texture):
    """A mug with a handle; the picture goes once round its wall, the handle has the picture's first colour."""
    # Outside from the bottom to the rim, over it, and down inside: 0.44 of the way is the wall that is printed.
    wall, wall_uv, wall_faces = turned_on_a_lathe(
        [(0.02, -0.5), (0.36, -0.5), (0.38, -0.48), (0.4, 0.5), (0.37, 0.5), (0.35, -0.44), (0.02, -0.44)]
    )
    bend, ring = np.meshgrid(np.linspace(-1.45, 1.45, 24), np.linspace(0, 2 * np.pi, 13), indexing="ij")
    reach = 0.27 + 0.055 * np.cos(ring)
    handle = np.stack([0.36 + reach * np.cos(bend), 0.055 * np.sin(ring), reach * np.sin(bend)], -1).reshape(
        -1, 3
    )
    faces = np.concatenate([wall_faces, grid_faces(24, 13) + len(wall)])
    uv = np.concatenate([wall_uv, np.full((len(handle), 2), 0.005)])
    vertices = np.concatenate([wall, handle])
    return Mesh("mug", np.float32(vertices / 1.4), np.float32(uv), faces.astype(np.uint32), texture)


def ball(texture):
    """A ball."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 33)
    vertices, uv, faces = turned_on_a_lathe(np.stack([0.5 * np.cos(angle), 0.5 * np.sin(angle)], 1))
    return Mesh("ball", np.float32(vertices), np.float32(uv), faces.astype(np.uint32), texture)


def box(texture):
    """A box; every side shows the picture, and none as in a mirror."""
    vertices, uv, faces = [], [], []
    for axis in range(3):
        for side in (-1, 1):
            corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], float)
            faces += [[len(vertices) + i for i in three] for three in ((0, 1, 2), (0, 2, 3))]
            vertices += list(np.insert(corners, axis, side, axis=1) * (0.32, 0.2, 0.42))
            # Seen from outside, the first of the other two axes goes to the right on these sides, and to the left on the rest.
            left = 0 if side == (1, -1, 1)[axis] else 1
            uv += [[left, 0], [1 - left, 0], [1 - left, 1], [left, 1]]
    return Mesh("box", np.float32(vertices), np.float32(uv), np.array(faces, np.uint32), texture)


def mug_print(ground, band, ink, word, sign):
    """The picture that goes round a mug, (512, 1024, 3) uint8: a band with a word and a sign, twice round."""
    picture = np.full((512, 1024, 3), ground, np.uint8)
    picture[260:400] = band  # lower in the picture is nearer to the mug's bottom
    picture[248:254] = picture[406:412] = band
    for left in (60, 572):
        cv2.putText(picture, word, (left, 352), cv2.FONT_HERSHEY_DUPLEX, 2.4, ink, 6, cv2.LINE_AA)
        if sign == "sun":
            cv2.circle(picture, (left + 340, 330), 30, ink, -1, cv2.LINE_AA)
            for turn in np.arange(0, 2 * np.pi, np.pi / 4):
                ends = [(left + 340 + r * np.cos(turn), 330 + r * np.sin(turn)) for r in (40, 56)]
                cv2.line(picture, *(tuple(map(round, end)) for end in ends), ink, 6, cv2.LINE_AA)
        else:
            cv2.rectangle(picture, (left + 300, 290), (left + 380, 370), ink, 8, cv2.LINE_AA)
            cv2.line(picture, (left + 300, 290), (left + 380, 370), ink, 8, cv2.LINE_AA)
    return picture


def textures():
    """The four things' pictures, RGB."""
    tea = np.full((400, 320, 3), (214, 70, 52), np.uint8)
    tea[40:140] = (250, 240, 214)
    cv2.putText(tea, "TEA", (70, 120), cv2.FONT_HERSHEY_TRIPLEX, 3, (60, 40, 40), 6, cv2.LINE_AA)
    for x in range(20, 320, 40):
        cv2.circle(tea, (x, 270 + 30 * (x // 40 % 2)), 12, (250, 214, 120), -1, cv2.LINE_AA)
    stripes = np.full((128, 256, 3), (240, 240, 235), np.uint8)
    for left in range(0, 256, 64):
        stripes[:, left : left + 32] = (60, 140, 90)
    return {
        "mug": mug_print((238, 236, 228), (32, 96, 160), (250, 214, 90), "GetNet", "sun"),
        "other": mug_print((172, 48, 44), (140, 34, 34), (240, 240, 240), "Coffee", "square"),
        "box": tea,
        "ball": stripes,
    }


def desk(rng):
    """A wall and a wooden desk, (H, W, 3) uint8, larger than a frame so that the camera may move."""
    width, height = WH[0] + 80, WH[1] + 60
    grain = cv2.resize(
        rng.normal(size=(height // 3, 12)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.GaussianBlur(
        rng.normal(size=(height, width)).astype(np.float32), (0, 0), sigmaX=25, sigmaY=0.8
    )
    wood = DESK + (9 * grain + 60 * fine)[..., None] * (1, 1.1, 1.2)
    wood *= np.linspace(0.8, 1.1, height)[:, None, None]
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = WALL
    picture *= np.linspace(0.95, 1.03, width)[None, :, None]
    picture[HORIZON:] = wood[HORIZON:]
    picture = cv2.GaussianBlur(picture, (0, 0), 1.2)
    return np.clip(picture, 0, 255).astype(np.uint8)


class Table:
    """Puts drawn things on the desk."""

    def __init__(self, renderer, rng):
        self.renderer, self.background, self.rng = renderer, desk(rng), rng

    def drawn(self, mesh, turn_deg, height_px, above=0.35, roll_deg=0.0):
        """(picture BGR, alpha) of a thing that fills a square of so many pixels."""
        angle = np.deg2rad(turn_deg)
        rotation = looking_from((np.cos(angle), np.sin(angle), above), roll_deg)
        side = DRAWN * height_px
        render = self.renderer.draw(
            mesh, camera_at(mesh.vertices, rotation, 2.2, (side, side), fill=1.0), LIGHT
        )
        small = [
            cv2.resize(part, (height_px, height_px), interpolation=cv2.INTER_AREA)
            for part in (render.picture[..., ::-1].copy(), render.alpha)
        ]
        return small

    def put(self, frame, thing, middle):
        """Puts one into a frame (float32), with a soft shadow below it."""
        picture, alpha = thing
        side = len(alpha)
        matrix = np.float32([[1, 0, middle[0] - side / 2], [0, 1, middle[1] - side / 2]])
        wh = frame.shape[1::-1]
        moved = cv2.warpAffine(picture, matrix, wh, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        cover = cv2.warpAffine(alpha, matrix, wh)[..., None]
        shadow = np.zeros(wh[::-1], np.float32)
        foot = (round(middle[0] + 0.1 * side), round(middle[1] + 0.42 * side))
        cv2.ellipse(shadow, foot, (round(0.42 * side), round(0.1 * side)), 0, 0, 360, 0.45, -1)
        frame *= 1 - cv2.GaussianBlur(shadow, (0, 0), 0.06 * side)[..., None]
        frame += cover * (moved - frame)

    def finished(self, frame):
        """A frame as a camera gives it: a little noise."""
        return np.clip(frame + self.rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8)


def mug_at(second):
    """(x, y) of the mug's middle, its turn in degrees and its size in pixels; it is away from 2.6 to 3.6 seconds."""
    if second < 2.6:
        part = second / 2.6
        return (
            (150 + 640 * max(part - 0.45, 0) ** 1.0 * 1.6, 330 - 60 * np.sin(np.pi * part)),
            20 + 70 * part,
            170,
        )
    part = np.clip((second - 3.6) / 0.8, 0, 1)
    return (790 - 330 * part, 350 + 10 * part), 60 - 30 * part, 190


def film(table, things):
    """The frames, (H, W, 3) uint8."""
    for number in range(FPS * SECONDS):
        second = number / FPS
        left, top = (round(40 + 30 * np.sin(0.9 * second)), round(30 + 20 * np.sin(1.3 * second + 1)))
        frame = table.background[top : top + WH[1], left : left + WH[0]].astype(np.float32)
        still = np.array([40 - left, 30 - top])
        table.put(frame, table.drawn(things["box"], 205, 190), np.add(still, (440, 210)))
        table.put(frame, table.drawn(things["other"], 320, 150), np.add(still, (300, 250)))
        table.put(frame, table.drawn(things["ball"], 40, 90), np.add(still, (560, 330)))
        place, turn, size = mug_at(second)
        table.put(frame, table.drawn(things["mug"], turn, size), place + still)
        yield table.finished(frame)


def write(out):
    """Writes mug.png and desk.mp4 into a folder. Raises InputError if there is no room for them."""
    out.mkdir(parents=True, exist_ok=True)
    made, pictures = {"box": box, "ball": ball}, textures()
    things = {name: made.get(name, mug)(picture) for name, picture in pictures.items()}
    with Renderer() as renderer:
        table = Table(renderer, np.random.default_rng(0))
        reference = table.background[260:480, 100:320].astype(np.float32)
        table.put(reference, table.drawn(things["mug"], 45, 200), (110, 110))
        write_whole(out / "mug.png", cv2.imencode(".png", table.finished(reference))[1].tobytes())
        write_film(out / "desk.mp4", film(table, things), FPS, WH)


def main(argv=None):
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.data.example_film",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR")
    return report_errors(lambda: write(parser.parse_args(argv).out))


if __name__ == "__main__":
    sys.exit(main())
