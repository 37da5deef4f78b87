"""getnet_tf.training.phase_trainer: how fast a phase learns. The phases themselves: test_alternating, test_in_turn."""

import keras
import numpy as np
import pytest

from getnet_tf.config import AlternationConfig, InTurnConfig
from getnet_tf.training.phase_trainer import build_optimizer


def test_the_learning_rate_by_hand():
    """Over 100 steps: warm-up of 10 from 0 to the peak, then a cosine to 1 %; half-way 0.01 + 0.99 / 2 = 0.505."""
    optimizer = build_optimizer(100, AlternationConfig(learning_rate=0.1))
    rate = optimizer._learning_rate
    rates = [float(rate(step)) for step in (0, 5, 10, 55, 100, 500)]
    np.testing.assert_allclose(rates, [0, 0.05, 0.1, 0.0505, 0.001, 0.001], atol=1e-6)


@pytest.mark.parametrize("make", [AlternationConfig, InTurnConfig])
def test_a_phase_may_have_a_peak_of_its_own_and_half_precision_scales_the_loss(make):
    """Over 100 steps the warm-up ends at step 10."""
    optimizer = build_optimizer(100, make(learning_rate=0.1), peak=0.3)
    assert float(optimizer._learning_rate(10)) == pytest.approx(0.3)
    scaled = build_optimizer(100, make(precision="mixed_float16"))
    assert isinstance(scaled, keras.optimizers.LossScaleOptimizer)
