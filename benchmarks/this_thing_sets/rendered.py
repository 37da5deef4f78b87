"""Scanned things that nothing was trained on, among others on real backgrounds, one of these a look-alike.

Every thing has three look-alikes: itself in other colours, itself with the texture of another thing, and the thing nearest to it by form
and colour. They take turns. The picture without the thing shows the look-alike among the same others. The reference is another view on
another background: seen from a direction within 60 degrees of it, or from anywhere; in the frame the thing is turned by any angle.
"""

import dataclasses
import functools

import cv2
import numpy as np
from frozen_scenes import backgrounds_of, bgr

from getnet_tf.data.appearance import relit
from getnet_tf.data.cameras import another_side, drawn_direction, looking_from, rolled
from getnet_tf.data.clutter import piece_of
from getnet_tf.data.cutout import tight_crop
from getnet_tf.data.matched_views import FOCALS, seen_from
from getnet_tf.data.meshes import Mesh, read_scan
from getnet_tf.data.renders import AS_IT_IS, Paint, Renderer, drawn_light, drawn_paint
from getnet_tf.data.scans import scan_names
from getnet_tf.data.scenes import SceneConfig, compose
from getnet_tf.errors import InputError
from this_thing_sets.trial import Trial

SCENE = SceneConfig(
    side=640,
    share=(0.06, 0.6),
    stretch=1.0,
    mask_share=1,
    most_hidden=0.4,
    occlusion=0.3,
    distractors=(0, 2),
    turn_deg=0,  # the camera was turned already
    feather_px=(0.3, 0.8),
    harmony=0.2,
    light=0.3,
    blur=0.2,
    grain=0.3,
)
OTHERS = (2, 4)  # things beside the one wanted, the look-alike among them
RENDER_PX = 416  # as large as a thing gets in a frame, about
REFERENCE_PX = 224  # longer side of a reference, about
MARGIN = 0.08  # of a reference's sides, at most, on every side of the thing
LIGHT = 0.3  # strength of the changes of a reference's light
WITHIN_DEG = 60
ROWS = {f"rendered, within {WITHIN_DEG}°": WITHIN_DEG, "rendered, from anywhere": None}
SEED = 11


@dataclasses.dataclass(frozen=True, eq=False)
class Thing:
    """A mesh as it is to be drawn."""

    mesh: Mesh
    paint: Paint = AS_IT_IS


class Studio:
    """What scenes are made of: the things of a part, their look-alikes, backgrounds, and who draws.

    Args:
        data: folder with objects/ and caltech101/.
        part: "train", "val" or "test".
        renderer: `Renderer`.
        things: folder of scans; None: objects/.

    Raises:
        InputError: if there are too few things.
    """

    def __init__(self, data, part, renderer, things=None):
        folder = things or data / "objects"
        names = scan_names(folder)
        own = names.pop(part)
        self.meshes = [read_scan(folder, name) for name in own]
        # The nearest thing may be of any part; only the one wanted is always of this one.
        every = self.meshes + [read_scan(folder, name) for other in names.values() for name in other]
        if len(self.meshes) <= OTHERS[1]:
            raise InputError(
                f"Expected more than {OTHERS[1]} scans of the part {part!r} in {folder}, found {len(self.meshes)}."
            )
        self.backgrounds, self.renderer = backgrounds_of(data, part), renderer
        alike = nearest([form_and_colour(mesh) for mesh in every])
        self._nearest = [every[alike[number]] for number in range(len(self.meshes))]
        self._same_form = [
            dataclasses.replace(mesh, texture=self.meshes[number - 1].texture)
            for number, mesh in enumerate(self.meshes)
        ]

    def look_alike(self, wanted, number, rng):
        """A `Thing` that is easily taken for the mesh of number `wanted`; its kinds take turns, `number` by number."""
        kind = number % 3
        if kind == 0:
            return Thing(self.meshes[wanted], drawn_paint(rng))
        return Thing((self._same_form if kind == 1 else self._nearest)[wanted])

    def drawn(self, thing, rotation, rng, side=RENDER_PX):
        """(picture, alpha) of a `Thing`."""
        lens, light = rng.uniform(*FOCALS), drawn_light(rng)
        view = seen_from(self.renderer, thing.mesh, rotation, lens, side, light, thing.paint)
        return view.render.picture, view.render.alpha

    def reference(self, thing, rotation, rng):
        """A picture (h, w, 3) uint8 of a thing on a background, cut close around it."""
        picture, alpha = tight_crop(*self.drawn(thing, rotation, rng))
        factor = REFERENCE_PX * (1 - MARGIN) / max(alpha.shape)
        wh = tuple(max(round(length * factor), 8) for length in alpha.shape[::-1])
        picture, alpha = (cv2.resize(part, wh, interpolation=cv2.INTER_AREA) for part in (picture, alpha))
        edges = [round(n) for n in rng.uniform(0, MARGIN, 4) * np.repeat(wh[::-1], 2)]
        picture = cv2.copyMakeBorder(picture, *edges, cv2.BORDER_REPLICATE)
        alpha = cv2.copyMakeBorder(alpha, *edges, cv2.BORDER_CONSTANT)[..., None]
        behind = piece_of(
            self.backgrounds[rng.integers(len(self.backgrounds))], 0.5, picture.shape[1::-1], rng
        )
        return relit(
            np.rint(behind + alpha * (picture.astype(np.float32) - behind)).astype(np.uint8), LIGHT, rng
        )

    def scene(self, things, place, rng):
        """(frame, box of the thing of number `place`) of (picture, alpha)."""
        scene = compose(self.backgrounds[rng.integers(len(self.backgrounds))], things, SCENE, rng)
        return scene.image, scene.boxes[place]


def trials(data, part, limit):
    """`limit` trials with the views within `WITHIN_DEG`, and as many from anywhere."""
    with Renderer() as renderer:
        studio = Studio(data, part, renderer)
        return [
            trial(studio, row, (SEED, line, number), number, functools.partial(turned_anyhow, most_deg))
            for line, (row, most_deg) in enumerate(ROWS.items())
            for number in range(limit)
        ]


def turned_anyhow(most_deg, rotation, rng):
    """The rotation of a camera that is at most so far from another one (None: any), turned by any angle."""
    return rolled(another_side(rotation, most_deg, rng), rng.uniform(0, 360))


def trial(studio, row, seed, number, seen_again):
    """One `Trial`, a function of its arguments.

    Args:
        studio: `Studio`.
        row: of the table.
        seed: ints, draw everything.
        number: of the trial: things and kinds of look-alikes take turns.
        seen_again: function of the rotation of the reference's camera and of rng, which gives that of the frame's.
    """
    rng = np.random.default_rng(seed)
    wanted = number % len(studio.meshes)
    thing = Thing(studio.meshes[wanted])
    alike = studio.look_alike(wanted, number + number // len(studio.meshes), rng)
    shown = looking_from(drawn_direction(rng))
    reference = studio.reference(thing, shown, rng)
    strangers = [mesh for mesh in studio.meshes if mesh not in (thing.mesh, alike.mesh)]
    count = rng.integers(OTHERS[0], OTHERS[1] + 1) - 1
    others = [
        studio.drawn(Thing(strangers[i]), looking_from(drawn_direction(rng), rng.uniform(0, 360)), rng)
        for i in rng.choice(len(strangers), count, replace=False)
    ]
    others.insert(rng.integers(count + 1), studio.drawn(alike, seen_again(shown, rng), rng))
    place = rng.integers(len(others) + 1)
    things = [*others[:place], studio.drawn(thing, seen_again(shown, rng), rng), *others[place:]]
    present, box = studio.scene(things, place, rng)
    absent, _ = studio.scene(others, 0, rng)
    return Trial(row, bgr(reference), bgr(present), box, bgr(absent))


def form_and_colour(mesh):
    """What makes things look alike: (14,) float, how far apart its points are, the sides of its box, and, a little, its mean colour.

    Source: for form, Osada et al. 2002, "Shape Distributions" (D2).
    """
    drawn = np.random.default_rng(0).integers(len(mesh.vertices), size=(2, 4000))
    apart = np.linalg.norm(mesh.vertices[drawn[0]] - mesh.vertices[drawn[1]], axis=1)
    sides = np.sort(np.ptp(mesh.vertices, axis=0))
    hw = np.array(mesh.texture.shape[:2])
    x, y = np.moveaxis(mesh.uv * (1, -1) % 1 * (hw[::-1] - 1), -1, 0).astype(int)
    colours = cv2.cvtColor(mesh.texture[y, x][None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0]
    return np.concatenate([np.quantile(apart, np.linspace(0.1, 0.9, 8)), sides, colours.mean(axis=0) / 500])


def nearest(features):
    """Of every one of (N, F) the number of the nearest other one."""
    features = np.asarray(features)
    distance = np.linalg.norm(features[:, None] - features[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return [int(i) for i in distance.argmin(axis=1)]
