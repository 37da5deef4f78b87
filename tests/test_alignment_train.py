"""`python -m getnet_tf.alignment.train`: from a folder of pictures to a checkpoint, and on after a kill."""

import re

import numpy as np
import pytest
from checks import ROOT, bit_equal, values_of
from photo_files import write_picture

from getnet_tf.alignment import checkpoint, run, settings, train
from getnet_tf.alignment.card import read_card
from getnet_tf.data.picture_folder import evenly, labels_of, picture_files, some_blocks
from getnet_tf.errors import InputError
from getnet_tf.training import run_folder
from getnet_tf.training.run_folder import read_log

pytestmark = pytest.mark.usefixtures("shallow")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for n in range(24):
        write_picture(folder / f"{n % 4}" / f"{n}.png", n, (40, 50))
    (folder / "0" / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    """A quick training with random weights: the run's folder."""
    folder = tmp_path_factory.mktemp("run") / "align"
    run.run(settings.quick(pictures, weights="random"), folder, command="quick", verbose=0)
    return folder


def test_a_quick_training_leaves_a_checkpoint_and_a_log_and_no_cache(trained, rng):
    aligner, card = checkpoint.load(trained), read_card(trained)
    assert card.command == "quick" and set(card.scores) == {
        "affine_val_grid",
        "affine_val_fits",
        "tps_val_grid",
        "tps_val_fits",
    }
    assert [row["step"] for row in read_log(trained)] == ["2", "4", "6", "8"]
    assert not (trained / "cache").exists() and not (trained / "state.npz").exists()
    found = aligner(*rng.random((2, 1, 64, 64, 3), np.float32))
    assert np.isfinite(found["tps"]).all()


def test_a_killed_training_goes_on_to_the_same_weights(pictures, trained, tmp_path, monkeypatch):
    """Killed when the second phase wants its fifth step: what was saved by then is the state after step 4."""
    config = settings.quick(pictures, weights="random")
    from getnet_tf.training import phase_trainer

    fit, phases = phase_trainer.fit, []

    def killed(*arguments):
        phases.append(arguments)
        if len(phases) == 2:
            raise KeyboardInterrupt
        fit(*arguments)

    monkeypatch.setattr(phase_trainer, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        run.run(config, tmp_path / "align", verbose=0)
    monkeypatch.setattr(phase_trainer, "fit", fit)
    with pytest.raises(InputError, match=r"holds a run already. Add --resume"):
        run.run(config, tmp_path / "align", verbose=0)
    path = run.run(config, tmp_path / "align", resume=True, verbose=0)
    one, other = checkpoint.load(path), checkpoint.load(trained)
    assert bit_equal(values_of(one.variables), values_of(other.variables))
    assert len(read_log(tmp_path / "align")) == 4


def test_other_settings_do_not_go_on(pictures, trained):
    with pytest.raises(InputError, match="begun with other settings"):
        run.run(settings.quick(pictures, weights="random", seed=1), trained, resume=True, verbose=0)


@pytest.mark.parametrize("content", [b"", b"junk"])
def test_a_damaged_checkpoint_is_no_end_of_a_run(pictures, tmp_path, content):
    config = settings.quick(pictures, weights="random")
    run_folder.begin(tmp_path, config)
    (tmp_path / "model.keras").write_bytes(content)
    with pytest.raises(InputError, match=r"model\.keras is not a checkpoint, or a damaged one"):
        run.run(config, tmp_path, resume=True, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "nowhere"], "No such folder: .*nowhere. Expected --data with pictures"),
        (["--data", str(ROOT / "docs")], "expected at least 20 pictures, found"),
        (
            ["--data", str(ROOT / "docs"), "--batch", "1"],
            "Invalid `batch`. Expected an int >= 4. Received: batch=1",
        ),
        (["--data", str(ROOT / "docs"), "--affine-steps", "150"], "Expected a multiple of log_every=100"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, said, tmp_path, capfd):
    assert train.main([*arguments, "--out", str(tmp_path / "run")]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert re.search(said, lines[0])
    assert not (tmp_path / "run").exists()


def test_pictures_are_found_at_any_depth_and_broken_ones_left_out(pictures, capfd):
    assert len(picture_files(pictures, 100)) == 24
    assert "left out: 1 of 25 files" in capfd.readouterr().err


def test_evenly_takes_all_or_some_from_everywhere():
    np.testing.assert_array_equal(evenly(3, 5), [0, 1, 2])
    np.testing.assert_array_equal(evenly(10, 4), [0, 2, 5, 7])


@pytest.mark.parametrize(("count", "most"), [(20, 1600), (6000, 1600), (2000, 1000), (33, 16)])
def test_whatever_is_cut_out_some_of_it_is_watched(count, most):
    places = some_blocks(count, most)
    assert len(places) <= min(count, most) and len(set(places)) == len(places) and places.max() < count
    assert 15 in places[:16] % 16


def test_pictures_of_one_folder_may_show_one_thing():
    np.testing.assert_array_equal(labels_of(["a/1", "a/2", "b/1"]), [0, 0, 1])
    np.testing.assert_array_equal(labels_of(["a/1", "a/2", "a/3"]), [0, 1, 2])
