"""The comparison of two machines; that it runs at all takes an emulator and an hour."""

import os

import bench
import numpy as np
import pytest
import raspberry_pi
import raspberry_pi_root
from raspberry_pi_agreement import compare, missed


def results(embedding, theta, distance, frame_input=("a", "b", "c")):
    return {
        "reference_input": np.array(["x", "y", "z"]),
        "frame_input": np.array(frame_input),
        "reference_embedding": np.tile(np.float32([0, 2]), (3, 1)),
        "embedding": np.array(embedding, np.float32),
        "theta": np.array(theta, np.float32),
        "distance": np.array(distance),
    }


def test_the_comparison_has_the_values_worked_out_by_hand():
    """Cosines 1 (lengths do not count), 3/5, 1; decisions at 1.0: near, beyond, the same."""
    here = results([[1, 0], [1, 0], [0, 1]], [[0, 0.5], [0, 0.25], [0, 0]], [0.995, 0.5, 1.2])
    there = results([[2, 0], [3, 4], [0, 1]], [[0, 0.5], [-0.25, 0.5], [0.001, 0]], [1.005, 1.5, 1.25])
    found = compare(here, there, threshold=1.0)
    differ = found.pop("decisions_differ")
    assert found == {
        "pairs": 3,
        "inputs_equal": True,
        "reference_cosine": 1.0,
        "frame_cosine": pytest.approx(0.6),
        "median_frame_cosine": 1.0,
        "theta": 0.25,
        "moved": [1],
        "placed_theta": pytest.approx(0.001),
        "placed_cosine": 1.0,
        "distance": 1.0,
    }
    assert differ == [
        {"pair": 0, "here": 0.995, "there": 1.005, "near": True},
        {"pair": 1, "here": 0.5, "there": 1.5, "near": False},
    ]


def test_a_decision_counts_as_near_only_if_both_distances_are():
    here = results(np.ones((3, 2)), np.zeros((3, 4)), [0.999, 0.1, 0.1])
    there = results(np.ones((3, 2)), np.zeros((3, 4)), [1.011, 0.1, 0.1])
    assert not compare(here, there, 1.0)["decisions_differ"][0]["near"]


def test_every_missed_target_is_named():
    same = results(np.eye(3), np.zeros((3, 4)), [0.5, 0.5, 1.5])
    assert missed(compare(same, same, 1.0)) == []
    other = results(-np.eye(3), np.full((3, 4), 0.0021), [0.5, 1.5, 1.5], frame_input=("a", "b", "d"))
    names = missed(compare(same, other, 1.0))
    assert names == ["equal inputs", "cosine of frames", "theta", "decisions"]


def test_a_model_without_a_localiser_has_no_theta_to_differ():
    same = results(np.eye(3), np.zeros((3, 0)), [0.5, 0.5, 1.5])
    assert compare(same, same, 1.0)["theta"] == 0


def test_pairs_show_one_class_in_turns_and_never_one_picture_twice():
    labels = np.array([0, 0, 1, 1, 1, 2, 2])
    pairs = raspberry_pi.draw_pairs(labels, 50, np.random.default_rng(0))
    alike = labels[pairs[:, 0]] == labels[pairs[:, 1]]
    assert alike.tolist() == [True, False] * 25
    assert (pairs[:, 0] != pairs[:, 1]).all()


def test_hard_links_take_their_room_once(tmp_path):
    (tmp_path / "one").write_bytes(bytes(3_000_000))
    os.link(tmp_path / "one", tmp_path / "two")
    assert raspberry_pi_root.megabytes(tmp_path) == 3.0


def test_missing_programs_end_in_one_line_that_says_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    script = (raspberry_pi.arguments, raspberry_pi.measure, raspberry_pi.markdown)
    assert bench.main(raspberry_pi.__doc__, *script, argv=[]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "apt-get install qemu-user-static debootstrap dpkg" in error
