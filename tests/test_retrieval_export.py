"""export.coder, with all that is under it: what makes codes becomes a file, or nothing."""

import json
import re

import keras
import numpy as np
import pytest
from checks import line_of, one_line, run_python, shake
from photo_files import write_picture

from export import coder, flatbuffer, to_tflite
from export.code_parity import Agreement, refusal
from export.variant import VARIANTS
from getnet_tf import archive
from getnet_tf.data.picture import read_rgb
from getnet_tf.errors import InputError
from getnet_tf.retrieval import settings
from getnet_tf.retrieval.card import CodeCard
from getnet_tf.retrieval.coder import open_coder
from getnet_tf.retrieval.network import CodeNetwork

pytestmark = pytest.mark.usefixtures("shallow")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures, and the checkpoint of what is said to have learned their codes; all its weights are in use."""
    folder = tmp_path_factory.mktemp("code")
    for number in range(24):
        write_picture(folder / f"{number % 3}" / f"{number}.png", number, (40, 50))
    keras.utils.set_random_seed(0)
    network = CodeNetwork((64, 64), "gem", 16, 2)
    shake(network.trunk.variables + network.top.variables)
    card = CodeCard(
        settings.quick(folder, weights="random"), "by hand", "abc", 1.5, {"code_val_ap_at_10": 0.5}
    )
    archive.save(folder / "model.keras", network, card.member, card.to_json())
    return folder


@pytest.mark.slow
def test_a_file_has_every_head_in_8_bits_and_makes_the_codes_without_tensorflow(
    folder, tmp_path, monkeypatch
):
    out = tmp_path / "code.tflite"
    monkeypatch.setattr(coder.CodePictures, "AT_ONCE", 1)  # enough for pictures of noise
    report = to_tflite.export(folder, out, images=4)
    assert report.float_file.cosine > 0.97
    found = flatbuffer.operators(out.read_bytes())
    assert not any(VARIANTS["int8-ptq"].is_stray(op) for op in found)
    picture = folder / "0" / "0.png"
    said = run_python(
        f"""
        import json, sys
        from getnet_tf.data.picture import read_rgb
        from getnet_tf.retrieval.coder import open_coder
        coders = [open_coder({str(out)!r}), open_coder({str(out)!r}, "rmac", regions=True)]
        codes = [coder(read_rgb({str(picture)!r})) for coder in coders]
        print(json.dumps([[coder.head, coder.dim, code.whole.tolist()] for coder, code in zip(coders, codes)]))
        assert not {{"tensorflow", "keras"}} & set(sys.modules)
        """
    )
    (head, dim, own), (other, channels, _) = json.loads(said.splitlines()[-1])
    assert (head, dim, other, channels) == ("gem", 16, "rmac", 1280)
    assert np.dot(own, open_coder(folder)(read_rgb(picture)).whole) > 0.9


GOOD, OFF = ({"gem": cosine, "mac": 0.99999} for cosine in (0.99995, 0.98))


@pytest.mark.parametrize(
    ("file", "fake", "said"),
    [
        (Agreement(4, GOOD), None, None),
        (Agreement(4, OFF), None, "at least 0.9999 by every head, received .*gem 0.98000"),
        (Agreement(4, OFF), Agreement(4, OFF), None),
        (Agreement(4, {"gem": 0.96}), Agreement(4, OFF), "at least 0.97"),
        # 0.02 off, above 1.5 * 0.005 + 0.005
        (Agreement(4, OFF), Agreement(4, {"gem": 0.995}), "further from float than its emulation"),
        (Agreement(4, {"gem": float("nan")}), None, "received .*nan"),
    ],
)
def test_a_file_that_makes_other_codes_is_refused(file, fake, said):
    found = refusal(file, fake)
    assert found is None if said is None else re.search(said, found)


def test_a_file_without_a_recipe_is_refused(tmp_path):
    path = tmp_path / "code.tflite"
    path.write_bytes(b"TFL3")
    with pytest.raises(InputError, match=r"expected a \.tflite file") as caught:
        open_coder(path)
    assert one_line(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--steps", "5"], "--steps does not apply to a coder"),
        (["--decision", "none.json"], "--decision does not apply to a coder"),
        (["--data", "none"], "No such folder: none"),
    ],
)
def test_what_does_not_apply_is_refused_by_name(options, said, folder, tmp_path, capfd):
    out = tmp_path / "code.tflite"
    assert to_tflite.main([str(folder), "--out", str(out), *options]) == 2
    assert said in line_of(capfd) and not out.exists()
