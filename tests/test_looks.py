"""The colours of our pages: enough contrast by day and by night, as WCAG 2.2 defines it."""

import re

import pytest

from getnet_tf.looks import looks

GROUNDS = ("ground", "panel", "raised")
TEXT = [(name, ground) for name in ("ink", "soft", "bad", "good", "focus") for ground in GROUNDS]
TEXT += [("accent-ink", "accent"), ("on-strong", "focus"), ("on-strong", "bad")]
EDGES = [(name, ground) for name in ("edge", "accent-edge", "focus") for ground in GROUNDS]


def colours(scheme):
    """Name -> "#rrggbb"; what the night doesn't change is as by day."""
    day, night = re.findall(r":root \{(.*?)\}", looks(), re.DOTALL)
    found = dict(re.findall(r"--([\w-]+): (#\w+)", day))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+): (#\w+)", night))


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_by_hand():
    """Black on white is (1 + 0.05) / 0.05; #777 on white is known as just too little for text."""
    assert contrast("#000", "#fff") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_edges_have_enough_contrast(scheme):
    found = colours(scheme)
    low = {pair: contrast(*(found[name] for name in pair)) for pair in TEXT}
    assert {pair: value for pair, value in low.items() if value < 4.5} == {}
    low = {pair: contrast(*(found[name] for name in pair)) for pair in EDGES}
    assert {pair: value for pair, value in low.items() if value < 3} == {}
