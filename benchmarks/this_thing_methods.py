"""Who answers the trials of `this_thing.py`. A new method is a class as these, and a line in `opened`.

A method has a `name`; `describe(reference_bgr)`, called once for every reference; `find(shown, frame_bgr)`, which gives a box
(xmin, ymin, xmax, ymax) in pixels of the frame, or None, and a score, the higher the more it is there; and `close()`.
"""

import os
import pathlib
import pickle
import subprocess
import time

import alignment
import bench
import cv2
import numpy as np
from this_thing_scores import Answer

from edge_demo.effort import THOROUGH
from edge_demo.gallery.palette import COLORS
from edge_demo.gallery.still import Still
from edge_demo.gallery.views import KnownObject, outlined, search_objects
from edge_demo.model.alignment.outline import OFF
from edge_demo.model.matcher import Matcher
from edge_demo.model.this_one import looked
from getnet_tf.alignment.planes import moved
from getnet_tf.errors import InputError

HERE = pathlib.Path(__file__).parent
LEAST_MATCHES = 4  # of a homography


def score_of(found):
    """What an `ObjectMatch` is ranked by: the score of this one, or minus the distance, which unlike the calibrated score has no ends."""
    return -found.distance if found.same is None else found.score


class Method:
    """What has nothing to close."""

    def close(self):
        """Nothing."""


class OursByKind(Method):
    """A model, as the camera program asks it for one of the kind."""

    name = "ours, by kind"

    def __init__(self, matcher):
        self._matcher = matcher

    def describe(self, reference_bgr):
        """The object, of one view."""
        return KnownObject("thing", COLORS[0], (self._matcher.describe(reference_bgr, "thing"),))

    def find(self, shown, frame_bgr):
        """One look at the whole frame. The score is minus the distance, which unlike the calibrated one has no ends."""
        (kind,) = search_objects(self._matcher, frame_bgr, [shown], early_no=False)
        return kind.box_px, -kind.distance


class Ours(OursByKind):
    """The same for this one, where the model can tell: what the look found is looked at, be it of the kind or not."""

    name = "ours"

    def find(self, shown, frame_bgr):
        """The score is that of this one, or minus the distance to the kind."""
        found = self._looked(shown, frame_bgr)
        return found.box_px, score_of(found)

    def _looked(self, shown, frame_bgr):
        (kind,) = search_objects(self._matcher, frame_bgr, [shown], early_no=False)
        if self._matcher.layout is None:
            return kind
        return looked(self._matcher.layout, frame_bgr, shown.views, kind)


class OursOutlined(Ours):
    """The same, and of what matches the box round its outline."""

    name = "ours, box round the outline"

    def find(self, shown, frame_bgr):
        """The box of the search where there is no outline."""
        found = outlined(self._matcher, frame_bgr, shown, self._looked(shown, frame_bgr))
        if found.outline_px is None:
            return found.box_px, score_of(found)
        outline = np.array(found.outline_px)
        return (*outline.min(axis=0), *outline.max(axis=0)), score_of(found)


class OursCloser(Ours):
    """The same with the search of a single picture: everywhere for this one, or by many looks for its kind."""

    name = "ours, closer looks"

    def __init__(self, matcher):
        super().__init__(matcher)
        self._scan = Still(matcher, THOROUGH)

    def find(self, shown, frame_bgr):
        """As `--source` searches a picture of a folder."""
        (found,) = self._scan.match(frame_bgr, [shown]).objects
        return found.box_px, score_of(found)


class Sift(Method):
    """SIFT with Lowe's ratio test, and the homography that most matches agree on."""

    name = alignment.SIFT

    def __init__(self):
        self._detector = cv2.SIFT_create(alignment.FEATURES)

    def describe(self, reference_bgr):
        """Its features, and its (width, height)."""
        return self._features(reference_bgr), reference_bgr.shape[1::-1]

    def find(self, shown, frame_bgr):
        """The box round the reference's outline; the score is the number of matches that agree."""
        features, wh = shown
        return placed(*alignment.ratio_matches(features, self._features(frame_bgr)), wh)

    def _features(self, picture_bgr):
        return self._detector.detectAndCompute(cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY), None)


class XFeat(Method):
    """XFeat's mutual nearest neighbours, in a process of its own (`this_thing_xfeat.py`), and the homography as for SIFT."""

    name = alignment.XFEAT

    def __init__(self, python, threads=1):
        if not python.is_file():
            raise InputError(f"No such interpreter: {python}. Make one with {alignment.XFEAT_ENVIRONMENT}.")
        command = [str(python), str(HERE / "this_thing_xfeat.py")]
        pipe = subprocess.PIPE
        # Beside other work PyTorch's threads wait for each other.
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
        self._asked({"describe": np.zeros((64, 64, 3), np.uint8)})  # so that what is missing is said at once

    def describe(self, reference_bgr):
        """The number that the process knows it by, and its (width, height)."""
        return self._asked({"describe": reference_bgr}), reference_bgr.shape[1::-1]

    def find(self, shown, frame_bgr):
        """As SIFT's."""
        number, wh = shown
        return placed(*self._asked({"reference": number, "frame": frame_bgr}), wh)

    def close(self):
        """Ends the process."""
        self._process.communicate()

    def _asked(self, question):
        try:
            pickle.dump(question, self._process.stdin)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (BrokenPipeError, EOFError):
            error = self._process.stderr.read().decode(errors="replace").strip()
            last = (error.splitlines() or ["no message"])[-1]
            raise InputError(
                f"The XFeat process ended early: {last}. Make its interpreter with {alignment.XFEAT_ENVIRONMENT}."
            ) from None


def placed(points_reference, points_frame, reference_wh):
    """(box round the reference's outline in the frame, number of matches that agree on the homography), (None, 0) without one."""
    if len(points_reference) < LEAST_MATCHES:
        return None, 0.0
    homography, agree = cv2.findHomography(
        points_reference, points_frame, cv2.USAC_MAGSAC, alignment.REPROJECTION_PX
    )
    if homography is None:
        return None, 0.0
    width, height = reference_wh
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)]) - 0.5
    outline = moved(corners, homography) + 0.5
    if not np.isfinite(outline).all():
        return None, float(agree.sum())
    return (*outline.min(axis=0), *outline.max(axis=0)), float(agree.sum())


def opened(options):
    """The methods that a command line asks for.

    Args:
        options: `model`, `threads`, `outline`, `scan`, `sift`, `xfeat_python`.

    Returns:
        list of methods.
    """
    matcher = bench.open_model(options.model, options.threads)
    methods = [Ours(matcher)]
    if matcher.layout is not None:
        methods.append(OursByKind(matcher))
    if options.outline != OFF:
        methods.append(OursOutlined(Matcher(options.model, options.threads, options.outline)))
    if options.scan:
        methods.append(OursCloser(matcher))
    if options.sift:
        methods.append(Sift())
    if options.xfeat_python:
        methods.append(XFeat(options.xfeat_python, options.threads))
    return methods


def answers(method, trials):
    """What a method says of all pictures: two lists of `Answer`, to those with and those without the thing.

    Describing a reference is not timed; it happens once.
    """
    described, found = {}, ([], [])
    for trial in trials:
        key = id(trial.reference)
        if key not in described:
            described[key] = method.describe(trial.reference)
        for own, frame in zip(found, (trial.present, trial.absent), strict=True):
            begun = time.perf_counter()
            box_px, score = method.find(described[key], frame)
            own.append(Answer(box_px, score, (time.perf_counter() - begun) * 1000))
    return found
