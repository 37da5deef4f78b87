"""edge_demo.model.looks: which of several places is the one, and how much of its frame is in its description."""

import numpy as np

from edge_demo.model.looks import decided


def test_the_place_nearest_to_what_is_wanted_wins_unless_another_is_much_surer():
    """Embeddings at right angles: distance 0 and 1.414; being e^11 times as sure is worth 11 / 8 of distance, less."""
    embeddings, wanted = np.eye(2), np.array([0.0, 1.0])
    boxes = np.tile([0.0, 0.0, 0.1, 0.1], (2, 1))
    looks = {"trust": 8.0, "context": 0.0}
    for ahead, expected in ((11, 1), (12, 0)):
        located = {"sure": np.exp([[0.0, -ahead]]), "whole": np.zeros((1, 2))}
        place, embedding = decided(boxes, embeddings, located, wanted, looks)
        assert place == expected
        np.testing.assert_allclose(embedding, embeddings[expected], atol=1e-6)


def test_an_area_that_fills_half_the_frame_is_half_the_frames_description():
    """Context 4 times 0.5 squared is 1: the area's "x" and the frame's "y" alike."""
    located = {"sure": np.ones((1, 1)), "whole": np.array([[0.0, 1.0]])}
    box = np.array([[0.0, 0.0, 0.5, 1.0]])
    _, embedding = decided(box, np.array([[1.0, 0.0]]), located, None, {"trust": 8.0, "context": 4.0})
    np.testing.assert_allclose(embedding, np.sqrt([0.5, 0.5]), atol=1e-6)
