"""Orders of answers, each by numbers that a person can check."""

import numpy as np
import pytest

from getnet_tf.retrieval.average_precision import average_precision
from getnet_tf.retrieval.ranking.adaptive_matching import adaptive_match, heaviest
from getnet_tf.retrieval.ranking.database_augmentation import augmented
from getnet_tf.retrieval.ranking.geometric import box_round, by_confidence
from getnet_tf.retrieval.ranking.query_expansion import alpha_expanded, expanded
from getnet_tf.retrieval.ranking.spatial import best_region

X, Y, Z = np.eye(3)
HALF = np.sqrt(0.5)


def test_an_expanded_query_is_the_mean_of_itself_and_its_answers():
    """(1, 0) + (0.6, 0.8) + (0.8, -0.6) = (2.4, 0.2), of length sqrt(5.8)."""
    query, answers = np.array([1.0, 0.0]), np.array([[0.6, 0.8], [0.8, -0.6]])
    np.testing.assert_allclose(expanded(query, answers), np.array([2.4, 0.2]) / np.sqrt(5.8))


def test_with_alpha_an_answer_counts_by_its_cosine():
    """Squared cosines are 0.36 and 0.64: (1, 0) + 0.36 (0.6, 0.8) + 0.64 (0.8, -0.6) = (1.728, -0.096), of length sqrt(2.9952)."""
    query, answers = np.array([1.0, 0.0]), np.array([[0.6, 0.8], [0.8, -0.6]])
    np.testing.assert_allclose(alpha_expanded(query, answers, 2), np.array([1.728, -0.096]) / np.sqrt(2.9952))


def test_what_points_away_teaches_a_query_nothing():
    np.testing.assert_allclose(alpha_expanded(X, np.array([-X, Y]), 0), X)


def test_an_augmented_code_is_half_way_to_its_neighbour():
    """X and Z are each other's nearest but for the one between them, which is at 45 degrees of both; of equal ones the first counts."""
    codes = np.array([X, Z, (X + Z) * HALF])
    found = augmented(codes, 1)
    eighth = np.array([np.cos(np.pi / 8), 0, np.sin(np.pi / 8)])  # half of 45 degrees
    np.testing.assert_allclose(found, [eighth, eighth[::-1], eighth], atol=1e-12)


def test_augmented_by_more_than_there_are_all_count():
    np.testing.assert_allclose(augmented(np.array([X, X]), 5), [X, X])
    np.testing.assert_allclose(augmented(X[None], 5), [X])


def test_adaptive_matching_mixes_regions_and_takes_none_away():
    """q = (0.6, 0.8, 0). Of X and Y: 0.6 and 0.8, all of it. Of X alone 0.6, cosine 0.6; -Y would only help with a minus."""
    query = np.array([0.6, 0.8, 0])
    score, weights = adaptive_match(query, np.array([X, Y, Z]))
    assert score == pytest.approx(1)
    np.testing.assert_allclose(weights, [0.6, 0.8, 0], atol=1e-12)
    assert heaviest(weights) == 1
    score, weights = adaptive_match(query, np.array([X, -Y]))
    assert score == pytest.approx(0.6)
    np.testing.assert_allclose(weights, [0.6, 0], atol=1e-12)


def test_adaptive_matching_of_nothing_alike_is_0():
    score, weights = adaptive_match(X, np.array([Y, -X]))
    assert score == 0
    np.testing.assert_array_equal(weights, [0, 0])


def test_the_best_region_speaks_for_the_picture():
    assert best_region(np.array([0.6, 0.8, 0]), np.array([X, Y, Z])) == (pytest.approx(0.8), 1)


def test_what_fits_comes_first_by_confidence_and_the_rest_stays_in_order():
    """Of -1, 2, nan, 0 and 5 the last three that fit are numbers 4, 1 and 3; 0 is a fit."""
    np.testing.assert_array_equal(by_confidence([-1, 2, np.nan, 0, 5]), [4, 1, 3, 0, 2])


def test_the_box_round_an_outline_ends_where_the_picture_does():
    outline = np.array([[-3.0, 5], [4, 1], [12, 8], [6, 30]])
    assert box_round(outline, (10, 20)) == (0, 1, 10, 20)


def test_average_precision_by_hand():
    """Right at places 1 and 4: shares 1 and 2/4. Of three right ones one is never found: 1.5 / 3."""
    right = [True, False, False, True, False]
    assert average_precision(right, 3) == pytest.approx(0.5)
    assert average_precision(right, 2) == pytest.approx(0.75)


def test_at_a_limit_no_more_than_so_many_can_be_found():
    """Within 2 places of 5 right ones one is found, at the first: 1 / 2. Within 1 place all that can be: 1."""
    right = [True, False, True, True]
    assert average_precision(right, 5, 2) == pytest.approx(0.5)
    assert average_precision(right, 5, 1) == pytest.approx(1)
    assert average_precision([False, False], 1, 2) == 0
