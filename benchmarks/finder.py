"""A model as a user meets it, one reference and one frame at a time: a `.tflite` through the edge, or a checkpoint."""

import pathlib

import numpy as np

from edge_demo.model.matcher import Matcher
from getnet_tf.data.picture import stretch


class EdgeFinder:
    """An exported file. Pictures are (H, W, 3) uint8, BGR, as a camera gives them."""

    def __init__(self, path, num_threads=1):
        self.matcher = Matcher(path, num_threads)

    def describe(self, picture):
        """A reference, for `find`."""
        return self.matcher.describe(picture, "reference")

    def find(self, frame, reference):
        """box (4,) in pixels of the frame, and the distance."""
        found = self.matcher.compared(self.matcher.find(frame, reference), reference)
        return np.array(found.box_px), found.distance

    def distance(self, reference0, reference1):
        """Of two references as wholes: the Siamese comparison."""
        return self.matcher.distance(reference0.embedding, reference1.embedding)


class KerasFinder:
    """A checkpoint."""

    def __init__(self, path):
        import tensorflow as tf

        from getnet_tf import checkpoint
        from getnet_tf.training.losses import euclidean_distance

        self.network, _ = checkpoint.load(path)
        network, config = self.network, self.network.config
        guided = config.localiser == "guided"

        @tf.function
        def describe(area):
            if not guided:
                return network.describe(area), tf.zeros(())
            maps = network.maps(area)
            return network.embed(maps[1]), network.descriptor(maps)

        @tf.function
        def find(image, embedding, descriptor):
            theta, found = network.find(
                image, descriptor=descriptor if guided else None, wanted=embedding if guided else None
            )
            return network.boxes(theta)[0], euclidean_distance(found, embedding)[0]

        self._describe, self._find = describe, find

    def describe(self, picture):
        """A reference, for `find`."""
        return self._describe(_input(picture, self.network.config.crop_hw))

    def find(self, frame, reference):
        """box (4,) in pixels of the frame, and the distance."""
        image_hw = self.network.config.image_hw
        box, distance = self._find(_input(frame, image_hw), *reference)
        scale = np.array(frame.shape[1::-1]) / np.array(image_hw[::-1])
        height, width = frame.shape[:2]
        return np.clip(np.asarray(box) * np.tile(scale, 2), 0, [width, height] * 2), float(distance)

    def distance(self, reference0, reference1):
        """Of two references as wholes: the Siamese comparison."""
        return float(np.linalg.norm(reference0[0] - reference1[0]))


def open_finder(path):
    """Opens a `.tflite` or a checkpoint."""
    return EdgeFinder(path) if pathlib.Path(path).suffix == ".tflite" else KerasFinder(path)


def _input(picture_bgr, hw):
    return np.ascontiguousarray(stretch(picture_bgr, hw)[None, :, :, ::-1]).astype(np.float32) / 255
