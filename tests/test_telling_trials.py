"""benchmarks/telling_trials.py and its prints: look-alikes that differ where they should, and trials of a search whose answers are known."""

import edge_layout
import numpy as np
import pytest
import telling_trials
from this_thing_sets import prints
from this_thing_sets.trial import Trial

from edge_demo.model.matcher import Matcher
from getnet_tf.individuals.telling.trials import ROLES, read

BACKGROUND = np.full((200, 300, 3), 90, np.uint8)


def test_a_look_alike_differs_in_one_mark_alone():
    changed = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        own = prints.drawn_print(rng)
        alike = prints.with_another_mark(own, rng)
        others = [n for n, (a, b) in enumerate(zip(own.marks, alike.marks, strict=True)) if a != b]
        assert len(others) <= 1 and (own.paper, own.rim, own.wh) == (alike.paper, alike.rim, alike.wh)
        changed.append((prints.painted(own) != prints.painted(alike)).any())
    assert np.mean(changed) > 0.6  # another number changes no text, and some marks lie under others


def test_a_print_stands_as_it_is_where_nothing_moves_it():
    own = prints.drawn_print(np.random.default_rng(1))
    picture, alpha = prints.tilted(own, 0.0, 0.0, np.random.default_rng(2))
    w, h = own.wh
    assert np.abs(picture[:h, :w].astype(int) - prints.painted(own)).max() <= 1
    assert alpha[: h - 1, : w - 1].all() and abs(alpha.sum() - w * h) < 2 * (w + h)


def test_a_quarter_of_a_turn_turns_it_clockwise():
    own = prints.drawn_print(np.random.default_rng(1))
    picture, _ = prints.tilted(own, 0.0, 90.0, np.random.default_rng(2))
    w, h = own.wh
    expected = np.rot90(prints.painted(own), -1)
    assert np.abs(picture[:w, :h].astype(int) - expected)[4:-4, 4:-4].mean() < 2


def test_trials_of_prints_are_functions_of_their_seed():
    one, again, other = (prints.trial([BACKGROUND], (7, n)) for n in (0, 0, 1))
    assert np.array_equal(one.present, again.present) and np.array_equal(one.box_px, again.box_px)
    assert not np.array_equal(one.present, other.present)
    assert one.present.shape == (640, 640, 3) and (one.box_px[2:] > one.box_px[:2]).all()
    assert max(one.reference.shape) < 1.3 * prints.REFERENCE_PX


@pytest.fixture(scope="module")
def matcher(tmp_path_factory):
    return Matcher(edge_layout.write_twins(tmp_path_factory.mktemp("model") / "twins.tflite"))


def trial_of(box_px):
    """The thing, and its twin in the other picture, both (96, 64) to (256, 224)."""
    thing, twin = (edge_layout.frame((one(160), (96, 64))) for one in (edge_layout.reddish, edge_layout.twin))
    return Trial("twins", edge_layout.reddish(), thing, box_px, twin)


@pytest.mark.parametrize("box_px", [np.array([96.0, 64, 256, 224]), None])
def test_what_is_learned_is_the_thing_and_what_was_taken_for_it(matcher, box_px, tmp_path):
    """On their canvases thing and twin stand as the reference does, in RGB."""
    found = telling_trials.learned_from(matcher, trial_of(box_px))
    canvases = {role: canvas.astype(int) for role, canvas in found.canvases.items()}
    middle = np.s_[80:240, 80:240]
    shown, other = (
        np.abs(canvases[role] - canvases["reference"])[middle].mean() for role in ("shown", "other")
    )
    assert shown < 0.5 * other
    red, _, blue = canvases["shown"][middle].reshape(-1, 3).mean(axis=0)
    assert red > blue
    telling_trials.write(tmp_path / "one.npz", found)
    assert set(read(tmp_path / "one.npz").canvases) == set(ROLES)


def test_without_a_look_at_the_thing_there_is_no_trial(matcher):
    """A box that shows next to nothing of it: no look there has half of it."""
    assert telling_trials.learned_from(matcher, trial_of(np.array([0.0, 0, 319, 4]))) is None
