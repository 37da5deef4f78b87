"""A trained model as evaluation sees it: pictures in, target areas and distances out; a checkpoint or a `.tflite`."""

import dataclasses
import pathlib

import numpy as np

from getnet_tf.console import start_tensorflow
from getnet_tf.data.picture import as_reference, frame_of, with_references

PIXELS_AT_ONCE = 2**21  # of one side of the pairs: what a batch of photos costs is memory


@dataclasses.dataclass(frozen=True)
class Predictions:
    """What a model said about N pairs, and the truth beside it."""

    label: np.ndarray  # (N,) 1 = same, 0 = different
    distance: np.ndarray  # (N,)
    theta: np.ndarray | None  # (2, N, P), of image0 and image1; None without a localiser
    boxes: (
        np.ndarray | None
    )  # (2, N, 4) target areas in pixels of the network's image; None without a localiser
    true_boxes: np.ndarray | None  # (2, N, 4) in pixels; None where nobody knows them
    score: np.ndarray | None = None  # (N,) calibrated chance of "same"; None from a model without calibration


class KerasPredictor:
    """Predicts with a `GetNet`.

    Args:
        network: `GetNet`.
        calibration: `Calibration`, which makes scores of distances; None while the network still learns.
    """

    def __init__(self, network, calibration=None):
        import tensorflow as tf

        self.network, self.calibration = network, calibration
        self.config = network.config
        # (h, w) of a picture that `describe` takes, pixels
        self.described_hw = self.config.area_hw

        def pictures(hw):
            return tf.TensorSpec((None, *hw, self.config.channels), tf.float32)

        # Batches of any size by one trace: a deep network's takes longer than what it computes.
        pair = {f"image{i}": pictures(self.config.image_hw) for i in (0, 1)}
        if self.config.takes_reference:
            pair |= {f"reference{i}": pictures(self.config.crop_hw) for i in (0, 1)}
        self._find = tf.function(
            lambda pair: network(pair, training=False), input_signature=[pair], autograph=False
        )
        self._describe = tf.function(
            lambda area: network.branch.embedding_of(area),
            input_signature=[pictures(self.described_hw)],
            autograph=False,
        )

    def predict(self, image0, image1):
        """Pairs (B, H, W, C) float32 -> distance (B,), theta (2, B, P) or None, boxes (2, B, 4) or None.

        Guided, each image is searched for what the other one shows as a whole, and the distance is the mean of both.
        """
        height, width = self.config.image_hw
        size = max(1, PIXELS_AT_ONCE // (height * width))
        parts = [
            self._find_pairs(image0[i : i + size], image1[i : i + size]) for i in range(0, len(image0), size)
        ]
        distance, theta = ([part[name] for part in parts if name in part] for name in ("distance", "theta"))
        distance = np.concatenate(distance)
        if not theta:
            return distance, None, None
        theta = np.concatenate(theta, axis=1)
        return distance, theta, np.stack([np.asarray(self.network.branch.boxes(side)) for side in theta])

    def _find_pairs(self, image0, image1):
        result = self._find(with_references({"image0": image0, "image1": image1}, self.config))
        found = {"distance": np.asarray(result["distance"])}
        return found | (
            {"theta": np.stack([result["theta0"], result["theta1"]])} if "theta0" in result else {}
        )

    def describe(self, images):
        """Pictures whose whole area is the target, (B, h, w, C) float32 of `described_hw` -> embeddings (B, E)."""
        return np.asarray(self._describe(images))

    def score(self, distance):
        """Distances (N,) -> scores (N,) in [0, 1], 0.5 at the threshold; None without a calibration."""
        return None if self.calibration is None else self.calibration.score(distance)


class TFLitePredictor:
    """Predicts with an exported file, by kind, through the edge's own matcher; needs no TensorFlow.

    Args:
        path: a `.tflite` file of ours.
        num_threads: threads of the interpreter.
    """

    def __init__(self, path, num_threads=2):
        from edge_demo.model.matcher import Matcher

        self.matcher = Matcher(path, num_threads=num_threads, kinds=True)
        self.config = self.matcher.metadata
        self.described_hw = self.config.crop_hw  # (h, w) of a picture that `describe` takes, pixels

    def predict(self, image0, image1):
        """As `KerasPredictor.predict`."""
        from edge_demo.model.geometry import box_from_theta

        if self.config.descriptor_shape is not None:
            found, distance = self._guided(image0, image1)
        else:
            found = [[self.matcher.find_array(image) for image in images] for images in (image0, image1)]
            distance = [self.matcher.distance(e0, e1) for (_, e0), (_, e1) in zip(*found, strict=True)]
        if self.config.theta_kind is None:
            return np.array(distance), None, None
        theta = np.array([[t for t, _ in side] for side in found])
        kind, (height, width) = self.config.theta_kind, self.config.image_hw
        boxes = [[box_from_theta(t, kind, (height, width), (width, height)) for t in side] for side in theta]
        return np.array(distance), theta, np.array(boxes)

    def _guided(self, image0, image1):
        """What is found in image0 and image1, two lists of (theta, embedding), and the distances: as the demo does it."""
        found, distances = [], []
        for images, others in ((image0, image1), (image1, image0)):
            shown = [self.matcher.reference_of(image) for image in as_reference(others, self.config.crop_hw)]
            places = [self.matcher.find(frame_of(image), s) for image, s in zip(images, shown, strict=True)]
            found.append([(place.theta, place.embedding) for place in places])
            distances.append(
                [self.matcher.distance(e, s.embedding) for (_, e), s in zip(found[-1], shown, strict=True)]
            )
        return found, np.mean(distances, axis=0)

    def describe(self, images):
        """Pictures whose whole area is the target, (B, h, w, C) float32 of `described_hw` -> embeddings (B, E)."""
        return np.stack([self.matcher.describe_array(image) for image in images])

    def score(self, distance):
        """Distances (N,) -> scores (N,) in [0, 1], by the curve in the file."""
        return np.array([self.matcher.score(d) for d in distance])


def open_model(path):
    """Opens a checkpoint or a `.tflite`.

    Returns:
        (predictor, threshold, `RunConfig` or None): the threshold is the one stored in the file; a `.tflite` has no
        `RunConfig`.

    Raises:
        InputError or EdgeError: if there is no such file or it is neither.
    """
    if pathlib.Path(path).suffix == ".tflite":
        predictor = TFLitePredictor(path)
        return predictor, predictor.matcher.metadata.threshold, None
    start_tensorflow()
    from getnet_tf import checkpoint

    network, card = checkpoint.load(path)
    return KerasPredictor(network, card.calibration), card.calibration.threshold, card.config


def predict_pairs(predictor, batches):
    """Runs a predictor over batches of pairs.

    Args:
        predictor: has `predict(image0, image1)` and `score(distance)`.
        batches: iterable of dicts as `Pairs.batch` gives them.

    Returns:
        `Predictions`.
    """
    label, distance, theta, boxes, true_boxes = [], [], [], [], []
    for batch in batches:
        d, t, b = predictor.predict(batch["image0"], batch["image1"])
        label.append(batch["label"])
        distance.append(d)
        theta.append(t)
        boxes.append(b)
        true_boxes.append(np.stack([batch["box0"], batch["box1"]]) if "box0" in batch else None)
    located, distance = theta[0] is not None, np.concatenate(distance)
    return Predictions(
        label=np.concatenate(label),
        distance=distance,
        theta=np.concatenate(theta, axis=1) if located else None,
        boxes=np.concatenate(boxes, axis=1) if located else None,
        true_boxes=np.concatenate(true_boxes, axis=1) if true_boxes[0] is not None else None,
        score=predictor.score(distance),
    )
