"""Pieces of flat things and far scenes, seen again from elsewhere, against pictures of other ones."""

import numpy as np
from frozen_scenes import bgr

from getnet_tf.alignment.planes import outline_in, picked_boxes, plane_pairs
from getnet_tf.errors import InputError
from this_thing_sets.trial import Trial, picked


def trials(data, limit):
    """At most `limit` pieces, of all pairs."""
    pairs = list(plane_pairs(data / "planes"))
    if len(pairs) < 2:
        raise InputError(
            f"Expected planes/ with two pairs of pictures or more in {data}, found {len(pairs)}."
        )
    found = []
    for number, (_, picture0, picture1, homography) in enumerate(pairs):
        seen, others = bgr(picture1), [bgr(pair[2]) for place, pair in enumerate(pairs) if place != number]
        for place, box in enumerate(picked_boxes(picture0.shape[:2], picture1.shape[:2], homography)):
            xmin, ymin, xmax, ymax = box
            box_px = np.array(outline_in(box, homography)[1])
            reference = bgr(picture0[ymin:ymax, xmin:xmax])
            found.append(Trial("planes", reference, seen, box_px, others[place % len(others)]))
    return picked(found, limit)
