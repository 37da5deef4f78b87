"""`python -m getnet_tf.individuals.train`: from a folder of pictures to a checkpoint, and on after a kill."""

import json
import re

import numpy as np
import pytest
from boxes3d import write_scan
from checks import bit_equal, values_of
from photo_files import write_picture

from getnet_tf.data.renders import Renderer
from getnet_tf.errors import InputError
from getnet_tf.individuals import checkpoint, encoded, run, settings, train
from getnet_tf.individuals.card import CellsCard
from getnet_tf.training.run_folder import read_log

pytestmark = pytest.mark.usefixtures("shallow")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for n in range(24):
        write_picture(folder / f"{n % 4}" / f"{n}.png", n, (40, 50))
    return folder


@pytest.fixture(scope="module")
def trained(pictures, tmp_path_factory):
    """A quick training on photos alone, with random weights: the run's folder."""
    folder = tmp_path_factory.mktemp("run") / "cells"
    run.run(settings.quick(pictures, weights="random"), folder, command="quick", verbose=0)
    return folder


def test_photos_alone_give_a_checkpoint_and_a_log_and_no_cache(trained, rng):
    describer, card = checkpoint.load(trained), CellsCard.read(trained)
    assert card.command == "quick"
    assert set(card.scores) == {"cells_val_nearest", "cells_val_auc", "cells_val_paired"}
    rows = read_log(trained)
    assert [row["step"] for row in rows] == ["2", "4"]
    assert all(0 <= float(row[name]) <= 1 for row in rows for name in ("right", "val_nearest", "val_auc"))
    assert not (trained / "cache").exists() and not (trained / "state.npz").exists()
    assert np.isfinite(describer(rng.random((1, 96, 96, 3), np.float32))).all()


def test_a_killed_training_goes_on_to_the_same_weights(pictures, trained, tmp_path, monkeypatch):
    """Killed while the second log line is written: what was saved by then is the state after step 2."""
    config = settings.quick(pictures, weights="random")
    from getnet_tf.individuals.trainer import CellsRecorder

    look, looks = CellsRecorder.look, []

    def killed(*arguments):
        looks.append(arguments)
        if len(looks) == 2:
            raise KeyboardInterrupt
        look(*arguments)

    monkeypatch.setattr(CellsRecorder, "look", killed)
    with pytest.raises(KeyboardInterrupt):
        run.run(config, tmp_path / "cells", verbose=0)
    monkeypatch.setattr(CellsRecorder, "look", look)
    assert len(read_log(tmp_path / "cells")) == 1
    path = run.run(config, tmp_path / "cells", resume=True, verbose=0)
    one, other = checkpoint.load(path), checkpoint.load(trained)
    assert bit_equal(values_of(one.variables), values_of(other.variables))
    assert len(read_log(tmp_path / "cells")) == 2


def test_things_are_learned_from_and_watched(pictures, tmp_path, capfd):
    try:
        Renderer().close()
    except InputError as error:
        pytest.skip(str(error))
    for number in range(7):
        write_scan(tmp_path / "scans", f"thing{number}", number)
    config = settings.quick(pictures, weights="random", things=tmp_path / "scans")
    run.run(config, tmp_path / "cells", verbose=0)
    said = capfd.readouterr().err
    assert re.search(r"the trunk's own cells: nearest \d\.\d{3}, auc \d\.\d{3}, paired \d\.\d{3}", said)
    assert "encoding triples: 48 of 48" in said and "encoding watched: 24 of 24" in said
    assert json.loads((tmp_path / "cells" / "config.json").read_text())["things"] == str(tmp_path / "scans")
    assert 0 <= CellsCard.read(tmp_path / "cells").scores["cells_val_auc"] <= 1


def test_where_nothing_can_be_drawn_one_line_says_so_before_anything_is_made(
    pictures, tmp_path, monkeypatch, capfd
):
    def no_egl():
        raise InputError("Drawing things needs OpenGL by EGL, received: none. On Debian also: apt install")

    monkeypatch.setattr(encoded, "Renderer", no_egl)
    for number in range(7):
        write_scan(tmp_path / "scans", f"thing{number}", number)
    arguments = ["--data", str(pictures), "--things", str(tmp_path / "scans"), "--out", str(tmp_path / "run")]
    assert train.main([*arguments, "--preset", "quick"]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1 and "needs OpenGL by EGL" in lines[0]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data", "nowhere"], "No such folder: .*nowhere. Expected --data with pictures"),
        (["--things", "nowhere"], "No scan in .*nowhere. Expected NAME.npz and NAME.jpg of things"),
        (["--triples", "0"], "Invalid `triples`. Expected an int >= 8. Received: triples=0"),
        (["--temperature", "0"], "Invalid `temperature`. Expected a number from 0.001 to 10"),
        (["--steps", "150"], "Invalid `steps`. Expected a multiple of log_every=100"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, said, pictures, tmp_path, capfd):
    assert train.main(["--data", str(pictures), *arguments, "--out", str(tmp_path / "run")]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert re.search(said, lines[0])
    assert not (tmp_path / "run").exists()


def test_settings_come_back_from_their_file():
    config = settings.full("photos", things="objects", seed=3)
    assert settings.CellsConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(ValueError, match="Expected the settings of a training of cells"):
        settings.CellsConfig.from_json({"data": "photos"})
