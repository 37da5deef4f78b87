"""`python -m getnet_tf.individuals.telling.average`: the mean of tellers, or one line."""

import keras
import numpy as np
import pytest
from checks import line_of

from getnet_tf import archive
from getnet_tf.individuals.telling import average, checkpoint, settings
from getnet_tf.individuals.telling.card import TellingCard
from getnet_tf.individuals.telling.network import Teller

pytestmark = pytest.mark.usefixtures("shallow")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three tellers, the last of another size."""
    folder, paths = tmp_path_factory.mktemp("runs"), []
    for seed, dim in enumerate((16, 16, 8)):
        keras.utils.set_random_seed(seed)
        network = Teller((320, 320), dim)
        card = TellingCard(
            settings.quick("trials", weights="random", dim=dim), "by hand", "abc", 10.0, {"auc": 0.5}
        )
        paths.append(folder / f"run{seed}")
        paths[-1].mkdir()
        archive.save(paths[-1] / "model.keras", network, card.member, card.to_json())
    return paths


def test_every_weight_is_the_mean(runs, tmp_path, capsys):
    assert average.main([*map(str, runs[:2]), "--out", str(tmp_path / "mean")]) == 0
    assert "checkpoint: " in capsys.readouterr().out
    *both, mean = (checkpoint.load(run).get_weights() for run in (*runs[:2], tmp_path / "mean"))
    for one, other, between in zip(*both, mean, strict=True):
        np.testing.assert_allclose(between, (one + other) / 2, atol=1e-6)
    card = TellingCard.read(tmp_path / "mean")
    assert card.seconds == 20 and card.scores == {} and "telling.average" in card.command


def test_what_cannot_be_averaged_is_one_line(runs, tmp_path, capfd):
    for given, said in (
        (runs[:1], "Expected two tellers or more, received 1"),
        ([runs[0], runs[2]], "expected cells of 16 numbers as"),
        ([runs[0], tmp_path / "none"], "none"),
    ):
        assert average.main([*map(str, given), "--out", str(tmp_path / "out")]) == 2
        assert said in line_of(capfd) and not (tmp_path / "out").exists()
    assert average.main([*map(str, runs[:2]), "--out", str(runs[0])]) == 2
    assert "is there already" in line_of(capfd)
