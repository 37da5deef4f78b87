"""What one would take without any training: local features of OpenCV, and RANSAC to see whether they agree."""

import dataclasses
import time

import cv2
import numpy as np

from getnet_tf.evaluation import metrics

PAIRS = 300  # at most, of which each takes a while
FEATURES = 2000
RATIO = (
    0.75  # of the distances of the best and the second-best match, below which the best counts (Lowe 2004)
)
REPROJECTION_PX = 5.0
LEAST = 4  # matches that a homography takes


@dataclasses.dataclass(frozen=True)
class Rival:
    """A detector of local features, "ORB" or "SIFT"."""

    name: str

    def find(self, frame, reference):
        """Looks for a reference in a frame, both (H, W, 3) or (H, W, 1) uint8.

        Returns:
            int, the matches that agree on one homography; and the box (4,) float of the reference's corners under it, in
            pixels of the frame, or None.
        """
        (points0, about0), (points1, about1) = (self._features(image) for image in (reference, frame))
        if about0 is None or about1 is None or len(about1) < 2:
            return 0, None
        norm = cv2.NORM_HAMMING if self.name == "ORB" else cv2.NORM_L2
        matches = cv2.BFMatcher(norm).knnMatch(about0, about1, k=2)
        good = [m[0] for m in matches if len(m) == 2 and m[0].distance < RATIO * m[1].distance]
        if len(good) < LEAST:
            return 0, None
        source = np.float32([points0[m.queryIdx].pt for m in good])
        target = np.float32([points1[m.trainIdx].pt for m in good])
        homography, agree = cv2.findHomography(source, target, cv2.RANSAC, REPROJECTION_PX)
        if homography is None:
            return 0, None
        height, width = reference.shape[:2]
        corners = np.float32([[[0, 0]], [[width, 0]], [[0, height]], [[width, height]]])
        seen = cv2.perspectiveTransform(corners, homography)[:, 0]
        limit = np.array(frame.shape[1::-1], float)
        low, high = np.clip(seen.min(axis=0), 0, limit), np.clip(seen.max(axis=0), 0, limit)
        return int(agree.sum()), np.concatenate([low, high])

    def _features(self, image):
        gray = image[..., 0] if image.shape[-1] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        create = cv2.ORB_create if self.name == "ORB" else cv2.SIFT_create
        return create(nfeatures=FEATURES).detectAndCompute(np.ascontiguousarray(gray), None)


RIVALS = (Rival("ORB"), Rival("SIFT"))


def rival_row(rival, pairs, count):
    """ORB or SIFT on pairs: image0 is searched for what image1 shows; the threshold is the best for these very pairs."""
    label, distance, overlap, times = [], [], [], []
    for batch in pairs.once(min(count, PAIRS)):
        images = [np.round(np.asarray(batch[name]) * 255).astype(np.uint8) for name in ("image0", "image1")]
        for number, (frame, reference) in enumerate(zip(*images, strict=True)):
            begun = time.perf_counter()
            agree, box = rival.find(frame, reference)
            times.append(time.perf_counter() - begun)
            label.append(batch["label"][number])
            distance.append(-agree)
            if "box0" in batch and batch["label"][number] == 1:
                found = np.zeros(4) if box is None else box
                true = batch["box0"][number]
                overlap.append(metrics.iou(found[None], true[None], frame.shape[:2])[0])
    label, distance = np.array(label), np.array(distance, float)
    return {
        "pair_accuracy": metrics.pair_accuracy(label, distance, metrics.best_threshold(label, distance)),
        "auc": metrics.roc_auc(label, distance),
        "mean_iou": float(np.mean(overlap)) if overlap else None,
        "ms": 1000 * float(np.median(times)),
        "pairs": len(label),
    }
