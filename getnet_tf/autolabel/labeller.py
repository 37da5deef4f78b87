"""Labels one picture: the same function in this process, in others, and on other machines."""

import pathlib

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.views import joint_distance
from edge_demo.model.geometry import iou
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import read_picture
from edge_demo.model.regions import cut, to_frame
from edge_demo.model.this_one import is_same, places
from getnet_tf.autolabel.label import Candidate, Failure, Label
from getnet_tf.autolabel.search import SAME_THING, is_part, mirrored_back, search
from getnet_tf.data.picture import DamagedPicture, decode, read_content

SAME_PLACE = 0.5  # IoU from which two objects claim one place: the one that is more alike gets it


class Labeller:
    """A model and what it looks for.

    Args:
        job: `Job`.

    Raises:
        EdgeError, InputError: if the model or a view can't be used.
    """

    def __init__(self, job):
        self._job, self._matcher = job, open_matcher(job.model, job.kinds)
        self._views = [
            (view.name, view.source, self._matcher.describe(read_picture(view.path), view.name))
            for view in job.views
        ]

    def label(self, path):
        """What a picture shows.

        Args:
            path: relative to the job's root, with "/".

        Returns:
            `Label`, or `Failure` if the picture can't be used.
        """
        try:
            content = read_content(pathlib.Path(self._job.root) / path)
        except DamagedPicture as error:
            return Failure(path, str(error))
        return self.label_content(path, content)

    def label_content(self, path, content):
        """As `label`, of a picture whose bytes somebody else has read."""
        try:
            frame_rgb_u8 = decode(content)
        except DamagedPicture as error:
            return Failure(path, str(error))
        frame_bgr_u8, layout = cv2.cvtColor(frame_rgb_u8, cv2.COLOR_RGB2BGR), self._matcher.layout
        wanted, found = self._wanted(path), []
        try:
            seen = layout.see(frame_bgr_u8) if wanted and layout is not None else None
            for name, views in wanted.items():
                kinds = self._kinds(views, frame_bgr_u8)
                found += self._of_kind(name, kinds) if seen is None else self._these(name, views, seen, kinds)
        except EdgeError as error:  # a model may have no answer, such as where a black picture's light is
            return Failure(path, str(error))
        height, width = frame_bgr_u8.shape[:2]
        return Label(path, width, height, tuple(one_thing_a_place(found)))

    def _wanted(self, path):
        """What is looked for in a picture: dict name -> views, none of which was cut out of it."""
        wanted = {}
        for name, source, view in self._views:
            if source != path and (not self._job.by_folder or name == folder_of(path)):
                wanted.setdefault(name, []).append(view)
        return wanted

    def _kinds(self, views, frame_bgr_u8):
        """Where the object's kind may be: a list of `Place`, at least one."""
        frame_wh = frame_bgr_u8.shape[1::-1]

        def look_at(region, mirrored):
            part = cut(frame_bgr_u8, region)
            part_wh = part.shape[1::-1]
            box_px, distance = self._look(views, np.ascontiguousarray(part[:, ::-1]) if mirrored else part)
            box_px = mirrored_back(box_px, part_wh[0]) if mirrored else box_px
            return to_frame(box_px, region, part_wh, frame_wh), distance

        return search(look_at, frame_wh, self._job.effort, self._matcher.metadata.threshold)

    def _of_kind(self, name, kinds):
        """What may be one of the object's kind: a list of `Candidate`."""
        matcher, found = self._matcher, []
        for number, place in enumerate(kinds):
            # The folder says that one is there.
            kept = place.distance <= matcher.metadata.threshold or (self._job.by_folder and number == 0)
            score = round(matcher.score(place.distance), 4)
            found.append(Candidate(name, rounded(place.box_px), score, bool(kept), round(place.spread, 3)))
        return found

    def _these(self, name, views, seen, kinds):
        """What may be this very object: a list of `Candidate`, all that are it, or else the surest place.

        It is looked for in the whole picture, and besides wherever its kind may be. If the folder says that one is there and none is
        it, its kind is the answer.
        """
        found, _ = places(self._matcher.layout, seen, views, [place.box_px for place in kinds])
        these = [one for one in found if is_same(one)]
        if self._job.by_folder and not these:
            return self._of_kind(name, kinds)
        return [
            Candidate(
                name, rounded(one.box_px), round(one.score, 4), bool(these), spread_at(one.box_px, kinds)
            )
            for one in these or found[:1]
        ]

    def _look(self, views, part_bgr_u8):
        """One look at a part of a picture: box of the nearest view, and the distance of all together."""
        matcher = self._matcher
        (founds,) = matcher.search(part_bgr_u8, [views], early_no=False)
        distances = [
            matcher.distance(found.embedding, view.embedding)
            for found, view in zip(founds, views, strict=True)
        ]
        return founds[int(np.argmin(distances))].box_px, joint_distance(distances)


def open_matcher(path, kinds):
    """A `.tflite` by the edge's matcher, without TensorFlow; a checkpoint by Keras, which knows kinds alone."""
    if pathlib.Path(path).suffix == ".tflite":
        return Matcher(path, kinds=kinds)
    from getnet_tf.console import start_tensorflow
    from getnet_tf.evaluation.keras_matcher import KerasMatcher

    start_tensorflow()
    return KerasMatcher(path)


def spread_at(box_px, kinds):
    """How far looks at a place's kind are apart, to be kept beside it; 0 where it was not looked at."""
    spreads = (place.spread for place in kinds if iou(place.box_px, box_px) > SAME_THING)
    return round(max(spreads, default=0.0), 3)


def one_thing_a_place(candidates):
    """Candidates, the surest first, without what is at the place of a surer kept one, or a part of it under its own name."""
    chosen = []
    for candidate in sorted(candidates, key=lambda one: (-one.score, one.name, one.box_px)):
        if not any(one.kept and _one_thing(one, candidate) for one in chosen):
            chosen.append(candidate)
    return chosen


def _one_thing(one, other):
    """Whether two candidates have found one thing. A thing may be a part of another, such as a wheel of a car, but not of itself."""
    if iou(one.box_px, other.box_px) > SAME_PLACE:
        return True
    return one.name == other.name and is_part(one.box_px, other.box_px)


def folder_of(path):
    """The class of a picture that its folder names: "fruit/pear" of "fruit/pear/1.jpg", "." in the root itself."""
    return pathlib.PurePosixPath(path).parent.as_posix()


def rounded(box_px):
    """A box to a tenth of a pixel, so that labels do not differ by what no one sees."""
    return tuple(round(float(edge), 1) for edge in box_px)
