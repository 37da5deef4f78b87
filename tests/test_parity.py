"""export.parity: how two forms of the branch agree."""

import numpy as np
import pytest

from export import parity
from export.variant import VARIANTS


def test_agreement_is_a_percentile_of_the_largest_theta_difference_and_of_the_cosine():
    """101 images; image i differs in one number of theta by i / 1000, so the 99th percentile is 0.099. The cosines
    fall from 1 to 0.9 in 100 equal steps, so the 1st percentile is 0.901."""
    theta0 = np.zeros((101, 4))
    theta1 = theta0.copy()
    theta1[:, 2] = -np.arange(101) / 1000
    cosine = np.linspace(1, 0.9, 101)
    embedding0 = np.tile([1.0, 0.0], (101, 1))
    embedding1 = np.stack([cosine, np.sqrt(1 - cosine**2)], -1)
    found = parity.agreement((theta0, embedding0), (theta1, embedding1))
    assert found.theta_p99 == pytest.approx(0.099)
    assert found.cosine_p1 == pytest.approx(0.901)
    assert found.images == 101


@pytest.mark.parametrize(
    ("theta_p99", "cosine_p1", "holds"),
    [
        (0.02, 0.999, True),
        (None, 0.9995, True),
        (0.0201, 0.9999, False),
        (0.001, 0.9989, False),
        (None, 0.9, False),
    ],
)
def test_the_verdict_needs_both_theta_and_embedding(theta_p99, cosine_p1, holds):
    assert parity.Agreement(theta_p99, cosine_p1, 10).holds(0.02, 0.999) is holds


def test_nan_never_agrees():
    assert not parity.Agreement(float("nan"), 1.0, 10).holds(0.02, 0.999)
    assert not parity.Agreement(0.0, float("nan"), 10).holds(0.02, 0.999)


def test_images_are_run_in_batches_and_come_back_in_order():
    images = np.arange(501.0).reshape(501, 1, 1, 1)
    sizes = []

    def find(batch):
        sizes.append(len(batch))
        return {"theta": batch[:, 0, 0], "embedding": batch[:, 0, 0] + 1}

    theta, embedding = parity.run_images(find, images)
    assert sizes == [250, 250, 1]
    np.testing.assert_array_equal(theta[:, 0], np.arange(501))
    np.testing.assert_array_equal(embedding[:, 0], np.arange(501) + 1)


def test_a_model_without_localiser_has_no_theta():
    theta, _ = parity.run_images(lambda batch: {"embedding": batch[:, 0, 0]}, np.ones((3, 1, 1, 2)))
    assert theta is None
    assert parity.agreement((None, np.eye(3)), (None, np.eye(3))) == parity.Agreement(None, 1.0, 3, None, 1.0)


def test_a_deep_file_may_be_hardly_further_from_float_than_its_emulation():
    """1.5 times the emulation's mean distance and 0.005: theta 0.02 allows 0.035, cosine 0.99 allows 0.98."""
    fake = parity.Agreement(0.1, 0.9, 10, theta_mean=0.02, cosine_mean=0.99)
    for theta, cosine, expected in ((0.034, 0.981, True), (0.036, 0.99, False), (0.02, 0.979, False)):
        file = parity.Agreement(0.1, 0.9, 10, theta_mean=theta, cosine_mean=cosine)
        assert parity.stays_as_close(file, fake) is expected
    nan = parity.Agreement(0.1, 0.9, 10, theta_mean=float("nan"), cosine_mean=0.99)
    assert not parity.stays_as_close(nan, fake)


SAME = parity.Agreement(0.0, 1.0, 10, theta_mean=0.0)


def refusal(name, file, fake=None, fake_file=None, deep=False, cut=SAME):
    return parity.refusal(VARIANTS[name], parity.Agreements(cut, file, fake, fake_file), deep)


@pytest.mark.parametrize("name", ["float32", "float16", "dynamic"])
def test_what_is_not_emulated_is_held_against_float(name):
    theta, cosine = parity.CLOSE[name]
    good, far = parity.Agreement(theta, cosine, 10), parity.Agreement(2 * theta, cosine, 10)
    assert refusal(name, good) is None
    assert f"theta within {theta}" in refusal(name, far)
    theta, cosine = parity.DEEP_CLOSE[name]
    for mean, holds in ((theta, True), (2 * theta, False), (float("nan"), False)):
        found = parity.Agreement(1.0, 0.0, 10, theta_mean=mean, cosine_mean=cosine)
        assert (refusal(name, found, deep=True) is None) is holds


def test_an_emulated_file_is_held_against_its_emulation_however_far_that_is_from_float():
    near, far = parity.Agreement(0.001, 0.9999, 10), parity.Agreement(0.3, 0.5, 10)
    assert refusal("int8-qat", far, far, near) is None
    assert "more --steps" in refusal("int8-qat", near, near, far)


def test_a_deep_file_far_from_float_is_refused_even_where_its_emulation_is_no_nearer():
    def mean(cosine):
        return parity.Agreement(0.1, 0.5, 10, theta_mean=0.01, cosine_mean=cosine)

    assert refusal("int8-ptq", mean(0.95), mean(0.95), deep=True) is None
    assert "at least 0.7, received 0.600" in refusal("int8-ptq", mean(0.6), mean(0.6), deep=True)
    assert "further from float" in refusal("int8-ptq", mean(0.9), mean(0.95), deep=True)


@pytest.mark.parametrize(
    ("theta", "cosine", "holds"),
    [
        (0.02, 0.99, True),
        (0.06, 0.99, False),
        (0.02, 0.97, False),
        (None, 1.0, True),
        (0.0, float("nan"), False),
    ],
)
def test_what_the_demo_cuts_out_must_be_what_the_network_samples(theta, cosine, holds):
    """On average: theta within 0.05, cosine at least 0.98."""
    cut = parity.Agreement(theta, cosine, 10, theta_mean=theta, cosine_mean=cosine)
    refused = refusal("float32", SAME, cut=cut)
    assert refused is None if holds else "look elsewhere" in refused


def test_agreements_are_one_line_each_and_none_of_what_there_is_not():
    lines = str(parity.Agreements(SAME, parity.Agreement(None, 0.5, 10))).splitlines()
    assert [line.split()[0] for line in lines] == ["cut", "file"]
    assert "theta" not in lines[1] and "cosine p1 0.50000" in lines[1]
