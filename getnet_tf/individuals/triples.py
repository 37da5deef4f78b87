"""A thing, another view of it, and its look-alike, drawn: every cell of the view knows where in the reference its point is.

The look-alike stands exactly as the reference does, so only what is on the thing tells the two apart: it has other colours, or the
texture of another thing.
"""

import dataclasses
import functools
import threading

import cv2
import numpy as np

from getnet_tf.data import appearance, clutter
from getnet_tf.data.cutout import alpha_box
from getnet_tf.data.cutouts import MAX_SIDE
from getnet_tf.data.matched_views import STRIDE, carried, cell_middles, drawn_views
from getnet_tf.data.meshes import read_scan
from getnet_tf.data.picture import read_rgb
from getnet_tf.data.renders import AS_IT_IS, KEPT, Renderer, drawn_light, drawn_paint

ROLES = 3  # pictures of a triple: the reference, the view, the look-alike
RENDER_PX = 320
ASIDE_DEG, FROM_ANYWHERE = 75.0, 0.15  # between the two cameras, and the share of pairs without that bound
ROLL_DEG = 35.0  # half an eighth of a circle would do, as references are tried in eight turns
PAINTED = 0.3  # of the things, those that have other colours than their scan, in reference and view alike
REPAINTED = 0.5  # of the look-alikes; the others have another thing's texture
REFERENCE_MARGINS, VIEW_MARGINS = (0.0, 0.1), (0.0, 0.3)  # of the thing's sides, at each of the four
STRETCH = 1.5  # a picture is a square: so much is a side of what it shows stretched at most
LIGHT, BLUR, GRAIN = 0.4, 0.3, 0.3
FEATHER_PX = 0.7


class Triples:
    """Triples as pictures for a cache: picture r of triple n is number n * ROLES + r. The things take turns. Use it in a `with`.

    Args:
        folder: of the scans.
        names: of those that are drawn, two at least.
        backgrounds: paths of pictures to draw on.
        hw: (h, w) of every picture, pixels; a square.
        seed: draws everything.
    """

    def __init__(self, folder, names, backgrounds, hw, seed):
        self.folder, self.names, self.backgrounds = folder, names, backgrounds
        self.hw, self.seed = tuple(hw), seed
        self._mesh = functools.lru_cache(maxsize=KEPT)(lambda number: read_scan(folder, names[number]))
        # The pictures of a triple are asked for one after the other, by several threads; one draws.
        self._triple, self._drawing, self._renderer = (
            functools.lru_cache(16)(self._made),
            threading.Lock(),
            None,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._renderer is not None:
            self._renderer.close()

    def __call__(self, number):
        """{"image": (h, w, 3) uint8, "places": (h / 16, w / 16, 2) float32, "seen": (h / 16, w / 16) bool}

        The facts are those of the triple: where the middle of each cell of the view lies in the reference, normalized, and whether
        both show the thing there.
        """
        triple, role = divmod(number, ROLES)
        pictures, facts = self._triple(triple)
        return {"image": pictures[role], **facts}

    def _made(self, number):
        rng = np.random.default_rng([self.seed, number])
        with self._drawing:
            if self._renderer is None:  # where all is cached already nothing draws
                self._renderer = Renderer()
            a, b, alike = self._drawn(number, rng)
        to_reference, to_view = (
            placing(view.render.alpha, self.hw, margins, rng)
            for view, margins in ((a, REFERENCE_MARGINS), (b, VIEW_MARGINS))
        )
        pictures = [
            self._composed(render, to_px, rng)
            for render, to_px in ((a.render, to_reference), (b.render, to_view), (alike, to_reference))
        ]
        scale, shift = to_view
        places, on_thing, seen = carried((cell_middles(self.hw, STRIDE) - shift) / scale, b, a)
        scale, shift = to_reference
        norm = (places * scale + shift) * 2 / (np.array(self.hw[::-1]) - 1) - 1
        return pictures, {"places": norm.astype(np.float32), "seen": on_thing & seen}

    def _drawn(self, number, rng):
        """Two `Seen` of a thing, and the `Render` of its look-alike."""
        which = number % len(self.names)
        mesh, paint = self._mesh(which), drawn_paint(rng) if rng.random() < PAINTED else AS_IT_IS
        aside = None if rng.random() < FROM_ANYWHERE else ASIDE_DEG
        a, b = drawn_views(self._renderer, mesh, rng, RENDER_PX, aside, ROLL_DEG, paint)
        if rng.random() < REPAINTED:
            return a, b, self._renderer.draw(mesh, a.camera, drawn_light(rng), drawn_paint(rng))
        other = self._mesh((which + rng.integers(1, len(self.names))) % len(self.names))
        other = dataclasses.replace(mesh, texture=other.texture)
        return a, b, self._renderer.draw(other, a.camera, drawn_light(rng))

    def _composed(self, render, to_px, rng):
        """The thing before a piece of some picture: (h, w, 3) uint8."""
        scale, shift = to_px
        wh, matrix = self.hw[::-1], np.column_stack([np.diag(scale), shift])
        thing = cv2.warpAffine(render.picture, matrix, wh, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
        alpha = cv2.GaussianBlur(cv2.warpAffine(render.alpha, matrix, wh), (0, 0), FEATHER_PX)[..., None]
        other = read_rgb(self.backgrounds[rng.integers(len(self.backgrounds))], MAX_SIDE)
        behind = clutter.piece_of(other, 0.5, wh, rng)
        picture = np.rint(behind + alpha * (thing - behind)).astype(np.uint8)
        lit = appearance.relit(picture, LIGHT, rng)
        return appearance.grainy(appearance.blurred(lit, BLUR, rng), GRAIN, rng)


def placing(alpha, hw, margins, rng):
    """How a render becomes a picture that shows the thing with a margin, stretched to a square, though not by much.

    Args:
        alpha: (H, W) float, of the render.
        hw: (h, w) of the picture, pixels.
        margins: (least, most), of the thing's sides, at each of the four.
        rng: `numpy.random.Generator`.

    Returns:
        scale (2,) and shift (2,): a pixel p of the render is pixel scale * p + shift of the picture.
    """
    box = alpha_box(alpha)
    low, high = box[:2].astype(float), box[2:].astype(float)
    margin = rng.uniform(*margins, (2, 2)) * (high - low)
    low, high = low - margin[0], high + margin[1]
    sides = np.maximum(high - low, (high - low).max() / STRETCH)
    scale = np.array(hw[::-1]) / sides
    # Edges of the area become edges of the picture, half a pixel outside of their pixels' centres.
    return scale, (0.5 - (low + high - sides) / 2) * scale - 0.5
