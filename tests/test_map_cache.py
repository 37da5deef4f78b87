"""getnet_tf.data.map_cache: maps are computed once, whole or not at all."""

import os
import subprocess
import sys

import numpy as np
import pytest
from checks import ROOT

from getnet_tf.data import map_cache
from getnet_tf.data.map_cache import cached_maps

COUNT = 2 * map_cache.BATCH + 3  # the last batch is not full


def render(number):
    """A picture of (2, 3) pixels, all of them its number, and two facts."""
    return {
        "image": np.full((2, 3, 3), number, np.uint8),
        "photo": np.int64(number % 5),
        "box": np.full((2, 4), number / 4, np.float32),
    }


def encode(images):
    """One cell of (sum of the red, number of pictures in the batch)."""
    total = images[..., 0].sum(axis=(1, 2)).astype(np.float32)
    return np.stack([total, np.full(len(images), len(images), np.float32)], axis=-1)[:, None, None]


def never(*_):
    raise AssertionError("computed again")


def test_every_map_lies_at_its_number_and_so_do_the_facts(tmp_path):
    """A picture of six pixels of value n sums up to 6 n; batches are of 16, 16 and 3 pictures."""
    maps, facts = cached_maps(tmp_path / "deep" / "maps.npy", COUNT, render, encode)
    assert maps.shape == (COUNT, 1, 1, 2) and maps.dtype == np.float16
    np.testing.assert_array_equal(maps[:, 0, 0, 0], 6 * np.arange(COUNT))
    np.testing.assert_array_equal(maps[:, 0, 0, 1], [16] * 32 + [3] * 3)
    assert set(facts) == {"photo", "box"}
    np.testing.assert_array_equal(facts["photo"], np.arange(COUNT) % 5)
    np.testing.assert_array_equal(facts["box"][:, 1, 2], np.arange(COUNT) / 4)
    assert facts["box"].dtype == np.float32 and facts["photo"].dtype == np.int64


def test_what_is_there_is_read_and_not_computed_again(tmp_path):
    maps, facts = cached_maps(tmp_path / "maps.npy", COUNT, render, encode)
    again, facts_again = cached_maps(tmp_path / "maps.npy", COUNT, never, never)
    np.testing.assert_array_equal(again, maps)
    assert set(facts) == set(facts_again)
    np.testing.assert_array_equal(facts_again["box"], facts["box"])
    assert isinstance(again, np.memmap) and not again.flags.writeable
    assert set(os.listdir(tmp_path)) == {"maps.npy", "maps.npz"}


def test_pictures_without_facts_have_none(tmp_path):
    _, facts = cached_maps(tmp_path / "maps.npy", 2, lambda n: {"image": render(n)["image"]}, encode)
    assert facts == {}


@pytest.mark.parametrize("fails_at", [0, 20, COUNT - 1])
@pytest.mark.parametrize("where", ["render", "encode"])
def test_a_failure_leaves_nothing_half_written(fails_at, where, tmp_path):
    def render_or_fail(number):
        if where == "render" and number == fails_at:
            raise OSError("no such picture")
        return render(number)

    def encode_or_fail(images):
        if where == "encode" and fails_at in images[:, 0, 0, 0]:
            raise OSError("no such picture")
        return encode(images)

    path = tmp_path / "maps.npy"
    with pytest.raises(OSError, match="no such picture"):
        cached_maps(path, COUNT, render_or_fail, encode_or_fail)
    assert os.listdir(tmp_path) == []
    maps, _ = cached_maps(path, COUNT, render, encode)
    np.testing.assert_array_equal(maps[:, 0, 0, 0], 6 * np.arange(COUNT))


def test_what_a_kill_left_behind_is_overwritten(tmp_path):
    (tmp_path / ".partial-maps.npy").write_bytes(b"half")
    (tmp_path / "maps.npz").write_bytes(b"facts of maps that never were finished")
    maps, facts = cached_maps(tmp_path / "maps.npy", 3, render, encode)
    np.testing.assert_array_equal(maps[:, 0, 0, 0], [0, 6, 12])
    assert len(facts["photo"]) == 3
    assert set(os.listdir(tmp_path)) == {"maps.npy", "maps.npz"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda maps, facts: maps.write_bytes(maps.read_bytes()[:-1]),
        lambda maps, facts: maps.write_bytes(b""),
        lambda maps, facts: np.save(maps, np.zeros((3, 1, 1, 2), np.float16)),
        lambda maps, facts: np.save(maps, np.zeros((COUNT, 1, 1, 2))),
        lambda maps, facts: facts.unlink(),
        lambda maps, facts: facts.write_bytes(facts.read_bytes()[:-30]),
        lambda maps, facts: np.savez(facts, photo=np.zeros(3)),
    ],
)
def test_what_is_damaged_or_of_other_pictures_is_computed_again_without_a_word(damage, tmp_path, capfd):
    path = tmp_path / "maps.npy"
    maps, facts = cached_maps(path, COUNT, render, encode)
    expected = np.array(maps)
    del maps
    damage(path, path.with_suffix(".npz"))
    again, facts_again = cached_maps(path, COUNT, render, encode)
    np.testing.assert_array_equal(again, expected)
    np.testing.assert_array_equal(facts_again["photo"], facts["photo"])
    assert capfd.readouterr() == ("", "")


def test_it_says_how_far_it_is(tmp_path):
    said = []
    cached_maps(tmp_path / "maps.npy", COUNT, render, encode, said.append)
    assert said == [16, 32, COUNT]


@pytest.mark.skipif(
    subprocess.run(
        ["sh", "-c", "unshare --user --map-root-user --mount true"], capture_output=True
    ).returncode
    != 0,
    reason="needs Linux, where a user may mount",
)
def test_a_full_disk_is_an_error_and_no_end_by_a_signal_and_leaves_nothing(tmp_path):
    """Maps of 100 kB on a disk of 20."""
    (tmp_path / "fill.py").write_text(
        f"""
import os, pathlib, sys
import numpy as np
from getnet_tf.data.map_cache import cached_maps
try:
    draw = lambda number: {{"image": np.zeros((1, 1, 3), np.uint8)}}
    cached_maps({str(tmp_path / "disk" / "maps.npy")!r}, 50, draw, lambda images: np.ones((len(images), 1, 1, 1000)))
except OSError as error:
    print(error.strerror, os.listdir({str(tmp_path / "disk")!r}))
"""
    )
    (tmp_path / "disk").mkdir()
    line = f'mount -t tmpfs -o size=20k tmpfs "{tmp_path}/disk" && "{sys.executable}" "{tmp_path}/fill.py"'
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", line]
    done = subprocess.run(unshare, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "No space left on device []"), done.stderr
