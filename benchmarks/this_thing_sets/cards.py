"""Photos of one playing card: another card of the rank, against cards of other ranks."""

import boxed_sets
import numpy as np

from edge_demo.model.preprocess import read_picture
from this_thing_sets.trial import Trial, picked


def trials(data, limit):
    """At most `limit` photos; the first photo of each rank gives the reference, and does not count."""
    rng, photos, references = np.random.default_rng(0), [], {}
    for path, rank, box in boxed_sets.single_cards(data):
        picture = read_picture(path)
        if rank in references:
            photos.append((picture, rank, box))
        else:
            references[rank] = boxed_sets.cut(picture, box)
    found = []
    for picture, rank, box in picked(photos, limit):
        others = [other for other, its_rank, _ in photos if its_rank != rank]
        found.append(Trial("cards", references[rank], picture, box, others[rng.integers(len(others))]))
    return found
