"""edge_demo.model.likeliest_place: which of several places is the one, and how much of its frame is in its description."""

import numpy as np

from edge_demo.model.likeliest_place import likeliest_place


def test_the_place_nearest_to_what_is_wanted_wins_unless_another_is_much_surer():
    """Embeddings at right angles: distance 0 and 1.414; being e^11 times as sure is worth 11 / 8 of distance, less."""
    embeddings, wanted = np.eye(2), np.array([0.0, 1.0])
    boxes = np.tile([0.0, 0.0, 0.1, 0.1], (2, 1))
    looks = {"trust": 8.0, "context": 0.0}
    for ahead, expected in ((11, 1), (12, 0)):
        sure = np.exp([0.0, -ahead])
        place, embedding = likeliest_place(boxes, embeddings.__getitem__, sure, np.zeros(2), wanted, looks)
        assert place == expected
        np.testing.assert_allclose(embedding, embeddings[expected], atol=1e-6)


def test_a_place_that_would_lose_with_any_embedding_is_not_looked_at():
    """The first has rank -8 * 0.5 = -4: the second wins with distance 0 if it is more than e^-4 as sure."""
    embeddings = np.array([[0.96824584, 0.25], [0.0, 1.0]])
    wanted = embeddings[0] + 0.5 * np.array([0.25, -0.96824584])  # 0.5 away from the first
    boxes, looks = np.tile([0.0, 0.0, 0.1, 0.1], (2, 1)), {"trust": 8.0, "context": 0.0}
    for behind, expected in ((3.9, [0, 1]), (4.1, [0])):
        looked_at = []

        def look(number, looked_at=looked_at):
            looked_at.append(number)
            return embeddings[number]

        place, _ = likeliest_place(boxes, look, np.exp([0.0, -behind]), np.zeros(2), wanted, looks)
        assert (place, looked_at) == (0, expected)


def test_an_area_that_fills_half_the_frame_is_half_the_frames_description():
    """Context 4 times 0.5 squared is 1: the area's "x" and the frame's "y" alike."""
    box, looks = np.array([[0.0, 0.0, 0.5, 1.0]]), {"trust": 8.0, "context": 4.0}
    whole = np.array([0.0, 1.0])
    _, embedding = likeliest_place(box, lambda _: np.array([1.0, 0.0]), np.ones(1), whole, None, looks)
    np.testing.assert_allclose(embedding, np.sqrt([0.5, 0.5]), atol=1e-6)
