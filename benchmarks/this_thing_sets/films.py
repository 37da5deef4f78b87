"""Films of small moving things, each shown by its box in the first frame, against the frames of the other films."""

import boxed_sets

from edge_demo.model.preprocess import read_picture
from getnet_tf.errors import InputError
from this_thing_sets.trial import Trial, in_turns, picked


def trials(data, limit):
    """At most `limit` frames of all films together, as many of each."""
    films = {path.parent.name: _film(path) for path in sorted((data / "films").glob("*/boxes.csv"))}
    if len(films) < 2:
        raise InputError(f"Expected films/NAME/boxes.csv of two films or more in {data}, found {len(films)}.")
    found = []
    for name, ((first, box), *later) in films.items():
        reference = boxed_sets.cut(first, box)
        later = picked(later, max(limit // len(films), 1))
        others = [frame for other, film in films.items() if other != name for frame, _ in film]
        found += [
            Trial("films", reference, frame, box, other)
            for (frame, box), other in zip(later, in_turns(others, len(later)), strict=True)
        ]
    return found


def _film(path):
    """(frame, box) of all labelled frames."""
    return [(read_picture(path.parent / name), box) for name, box in boxed_sets.boxes_in(path)]
