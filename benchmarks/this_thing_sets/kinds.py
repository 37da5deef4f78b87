"""The frozen scenes: another picture of the kind, against scenes without the kind. What knows things must still know kinds."""

from frozen_scenes import KINDS, bgr, frozen_scenes, held_out

from this_thing_sets.trial import Trial


def trials(data, part, limit):
    """`limit` scenes of rectangles, and as many of masks."""
    photos, backgrounds = held_out(data, part)
    found = []
    for kind in KINDS:
        both = (frozen_scenes(photos, backgrounds, kind, limit, present=present) for present in (True, False))
        found += [
            Trial(f"kinds, {kind}", bgr(a["reference"]), bgr(a["frame"]), a["box"], bgr(b["frame"]))
            for a, b in zip(*both, strict=True)
        ]
    return found
