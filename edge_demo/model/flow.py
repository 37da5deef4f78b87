"""Carries what was found from frame to frame without the network, for as long as that is sure.

Points on the thing are followed by sparse optical flow and have to come back to where they were; a similarity that most of them agree
on says how the thing has moved since the frame before; and what it shows must still resemble what it showed when it was looked at.
Otherwise the trail is lost, and somebody has to look.

Source: Lucas and Kanade 1981, in pyramids (Bouguet 2001); forward and backward, Kalal et al. 2010, "Forward-backward error".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np

from edge_demo.model.object_match import Box

MOST_PX = 640  # of the picture's longer side, in which is followed
MOST_POINTS = 40  # of a thing
LEAST_POINTS = 6  # fewer tell no motion from chance
WITHIN = 0.8  # of the half axes: corners of a box seldom show the thing
BACK_PX = 1.0  # that a point may be off when it has been followed there and back
AGREE_PX = 2.0  # that a point may be off where the similarity takes it
SHARE = 0.5  # of the points, that must have come back and agree
PATCH_PX = 24  # a side of what is compared
LIKE = 0.6  # correlation of it, at least
_LUCAS_KANADE = {"winSize": (15, 15), "maxLevel": 3}


@dataclasses.dataclass(frozen=True, eq=False)
class Trail:
    """How a thing has moved since it was looked at; in pixels of the small picture."""

    points: np.ndarray  # (N, 2) float32, where those are by now that are still followed
    patch: np.ndarray  # (24, 24) float32, what the box showed
    box: Box  # then
    motion: np.ndarray  # (2, 3) float, a similarity: where something was then -> where it is now


class Flow:
    """Follows trails through a film; give it every frame, in order."""

    def __init__(self):
        self._before: np.ndarray | None = None
        self._now: np.ndarray | None = None
        self._scale = 1.0  # small picture's pixels per pixel of the frame

    def see(self, frame_bgr_u8: np.ndarray) -> None:
        """The next frame, (H, W, 3) uint8, of the size of those before."""
        height, width = frame_bgr_u8.shape[:2]
        self._scale = min(MOST_PX / max(height, width), 1.0)
        if self._scale < 1:
            wh = (max(round(width * self._scale), 1), max(round(height * self._scale), 1))
            frame_bgr_u8 = cv2.resize(frame_bgr_u8, wh, interpolation=cv2.INTER_AREA)
        self._before, self._now = self._now, cv2.cvtColor(frame_bgr_u8, cv2.COLOR_BGR2GRAY)

    def begin(self, box_px: Box) -> Trail | None:
        """The trail of what was found in this frame; None where there is nothing to hold on to."""
        box = tuple(edge * self._scale for edge in box_px)
        points = _points_in(self._now, box)
        if len(points) < LEAST_POINTS:
            return None
        patch = _patch(self._now, box, np.eye(2, 3))
        return Trail(points, patch, box, np.eye(2, 3))

    def follow(self, trails: Sequence[Trail | None]) -> list[Trail | None]:
        """Trails of the frame before, in this one; None where one is lost."""
        going = [trail for trail in trails if trail is not None]
        if not going or self._before is None:
            return [None] * len(trails)
        points = np.concatenate([trail.points for trail in going])
        there, found, _ = cv2.calcOpticalFlowPyrLK(self._before, self._now, points, None, **_LUCAS_KANADE)
        back, returned, _ = cv2.calcOpticalFlowPyrLK(self._now, self._before, there, None, **_LUCAS_KANADE)
        kept = (found & returned).ravel().astype(bool) & (np.abs(back - points).max(axis=1) <= BACK_PX)
        ends = np.cumsum([len(trail.points) for trail in going])[:-1]
        parts = zip(going, np.split(there, ends), np.split(kept, ends), strict=True)
        moved = iter([self._moved(*part) for part in parts])
        return [None if trail is None else next(moved) for trail in trails]

    def _moved(self, trail: Trail, points: np.ndarray, kept: np.ndarray) -> Trail | None:
        if kept.sum() < LEAST_POINTS:
            return None
        step, agree = cv2.estimateAffinePartial2D(
            trail.points[kept], points[kept], ransacReprojThreshold=AGREE_PX
        )
        if step is None or agree.sum() < max(SHARE * len(points), LEAST_POINTS):
            return None
        motion = step @ np.vstack([trail.motion, [0, 0, 1]])
        if np.vdot(_patch(self._now, trail.box, motion), trail.patch) < LIKE:
            return None
        points = points[kept][agree.ravel().astype(bool)]
        return dataclasses.replace(trail, points=points, motion=motion)

    def motion_px(self, trail: Trail) -> np.ndarray:
        """Its motion in pixels of the frame: (2, 3)."""
        return trail.motion / [1, 1, self._scale]


def turn_of(motion: np.ndarray) -> tuple[float, float]:
    """(factor, angle clockwise as seen, degrees) of a similarity (2, 3)."""
    cos, sin = motion[0, 0], motion[1, 0]
    return float(np.hypot(cos, sin)), float(np.rad2deg(np.arctan2(sin, cos)))


def carried_box(box_px: Box, motion: np.ndarray) -> Box:
    """A box that moves and grows by a similarity (2, 3); it stays upright."""
    low, high = np.array(box_px[:2]), np.array(box_px[2:])
    middle = motion @ [*(low + high) / 2, 1.0]
    half = (high - low) / 2 * turn_of(motion)[0]
    return tuple(map(float, (*(middle - half), *(middle + half))))


def _points_in(gray: np.ndarray, box: Box) -> np.ndarray:
    """Corners, (N, 2) float32, of what lies in the ellipse that nearly fills a box."""
    height, width = gray.shape
    xmin, ymin = (max(int(np.floor(edge)), 0) for edge in box[:2])
    xmax, ymax = (min(int(np.ceil(edge)), most) for edge, most in zip(box[2:], (width, height), strict=True))
    part = gray[ymin:ymax, xmin:xmax]
    if min(part.shape) < 3:  # what a corner is told by
        return np.zeros((0, 2), np.float32)
    y, x = np.ogrid[: part.shape[0], : part.shape[1]]
    right, down = ((np.array(part.shape[::-1]) / 2) * WITHIN).tolist()
    inside = ((x + 0.5 - part.shape[1] / 2) / right) ** 2 + ((y + 0.5 - part.shape[0] / 2) / down) ** 2 <= 1
    apart = max(np.sqrt(part.size / MOST_POINTS) / 2, 1.0)
    corners = cv2.goodFeaturesToTrack(part, MOST_POINTS, 0.01, apart, mask=inside.astype(np.uint8))
    if corners is None:
        return np.zeros((0, 2), np.float32)
    return corners.reshape(-1, 2) + np.float32([xmin, ymin])


def _patch(gray: np.ndarray, box: Box, motion: np.ndarray) -> np.ndarray:
    """What a box shows after a motion (2, 3), in 24 x 24 pixels less their mean and of length 1."""
    xmin, ymin, xmax, ymax = box
    scale = np.array([xmax - xmin, ymax - ymin]) / PATCH_PX
    # OpenCV has pixel centres at integers, boxes are edges.
    to_box = np.array(
        [[scale[0], 0, xmin + scale[0] / 2 - 0.5], [0, scale[1], ymin + scale[1] / 2 - 0.5], [0, 0, 1]]
    )
    patch = cv2.warpAffine(
        gray,
        motion @ to_box,
        (PATCH_PX, PATCH_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32)
    patch -= patch.mean()
    return patch / max(float(np.linalg.norm(patch)), 1e-6)
