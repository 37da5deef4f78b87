"""Regions that our own localiser proposes, in the place of a network for proposals: the target areas of parts of the picture.

Every square of a coarse grid is shown to the model as a reference, and the model looks in the picture for what it shows: it answers
with the box of the thing that the square is a part of, or holds.
"""

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.geometry import overlaps
from getnet_tf.retrieval.regions.squares import Squares

LEVELS = 3
ONE = 0.7  # IoU from which on two areas are one


class Areas:
    """Proposes target areas.

    Args:
        matcher: `edge_demo.model.matcher.Matcher` of a model that is guided by a reference.
        name: by which two such models are told apart.

    Call arguments:
        picture_rgb_u8: (H, W, 3) uint8.

    Returns:
        (R, 4) float32, edges (xmin, ymin, xmax, ymax) in pixels; no two of them one. R depends on the picture, and is 0 of a blank one.

    Source: proposals in the place of the rigid grid as in Gordo et al. 2016 (arXiv:1604.01325), section 3.3; the localiser is GetNet's.
    """

    def __init__(self, matcher, name):
        self.matcher, self.fingerprint = matcher, f"areas {name}"
        self.squares = Squares((LEVELS * 4, LEVELS * 4), LEVELS)

    def __call__(self, picture_rgb_u8):
        picture_bgr_u8 = np.ascontiguousarray(picture_rgb_u8[:, :, ::-1])
        shown = [
            self._described(picture_bgr_u8, box) for box in np.rint(self.squares(picture_rgb_u8)).astype(int)
        ]
        found = self.matcher.search(
            picture_bgr_u8, [[one] for one in shown if one is not None], early_no=False
        )
        height, width = picture_rgb_u8.shape[:2]
        boxes = np.array([views[0].box_px for views in found], np.float32).reshape(-1, 4)
        boxes = np.clip(boxes, 0, [width, height] * 2)
        return apart(boxes[np.all(boxes[:, 2:] > boxes[:, :2], axis=1)])

    def _described(self, picture_bgr_u8, box):
        left, top, right, bottom = box
        try:
            return self.matcher.describe(picture_bgr_u8[top:bottom, left:right], "part")
        except EdgeError:  # blank, so nothing lies there
            return None


def apart(boxes):
    """Of boxes (R, 4) the first of all that are one: (R', 4)."""
    kept = []
    for box in boxes:
        if not kept or overlaps(np.array(kept), np.tile(box, (len(kept), 1)))[:, 0].max() < ONE:
            kept.append(box)
    return np.array(kept, np.float32).reshape(-1, 4)
