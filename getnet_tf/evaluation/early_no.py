"""Below which signs an object need not be looked at closely: chosen so that hardly a match is lost."""

import numpy as np

from getnet_tf.data.picture import as_reference, frame_of

KEPT = 0.995  # least share of the matches that both signs together let through
FIRST = 0.3  # share of the others that the first sign may cost: it is the weaker one, but saves the second
LEAST_MATCHES = 200  # one of which is the half percent


def levels(parts, heat):
    """Levels for the signs of `edge_demo.model.early_no`.

    Args:
        parts, heat: (N,) signs of searches that found what they searched for.

    Returns:
        dict "parts", "heat": what is below either is refused, at most 1 - `KEPT` of these. None of fewer than `LEAST_MATCHES`
        matches, from which nothing can be said about so few.
    """
    parts, heat = np.asarray(parts, float), np.asarray(heat, float)
    if len(parts) < LEAST_MATCHES:
        return None
    lost = int(len(parts) * (1 - KEPT) + 1e-9)
    first = int(lost * FIRST)
    level = np.sort(parts)[first]
    rest = np.sort(heat[parts >= level])
    return {"parts": float(level), "heat": float(rest[lost - first])}


def refused(parts, heat, early_no):
    """Which searches with these signs (N,) get an early no: (N,) bool."""
    return (np.asarray(parts) < early_no["parts"]) | (np.asarray(heat) < early_no["heat"])


def early_no_of(matcher, batches):
    """Levels for a model file.

    Args:
        matcher: `Matcher` of the file, with its threshold.
        batches: iterable of dicts as `Pairs.batch` gives them. Of pairs of the same thing, each picture is searched for what the
            other one shows.

    Returns:
        as `levels`; None also of a model that can't say no early.
    """
    if matcher.metadata.descriptor_shape is None:
        return None
    signs = []
    for batch in batches:
        for image0, image1 in ((batch["image0"], batch["image1"]), (batch["image1"], batch["image0"])):
            same = np.flatnonzero(batch["label"] == 1)
            for image, shown in zip(image0[same], image1[same], strict=True):
                frame, reference = frame_of(image), _described(matcher, shown)
                if (found := matcher.signs(frame, reference)) is None:
                    return None
                if matcher.compared(matcher.find(frame, reference), reference).match:
                    signs.append((found["parts"], found["heat"]))
    return levels(*np.transpose(signs)) if signs else None


def _described(matcher, image):
    (reference,) = as_reference(image[None], matcher.metadata.crop_hw)
    return matcher.reference_of(reference)
