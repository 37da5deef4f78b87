"""The clip of a cup that a hand moves, against a street without one. The reference is its box in one frame."""

import boxed_sets

from this_thing_sets.trial import Trial, in_turns, picked


def trials(data, limit):
    """At most `limit` of the labelled frames."""
    items = picked(boxed_sets.cup_set(data), limit)
    others = in_turns(boxed_sets.frames_of(boxed_sets.street_path(data)), len(items))
    return [
        Trial("cup", reference, frame, box, other)
        for (frame, reference, box), other in zip(items, others, strict=True)
    ]
