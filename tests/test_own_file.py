"""Files that were written here are read back as they were, and one line says what became of the others."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from checks import descriptors_left

from edge_demo import own_file
from edge_demo.own_file import (
    Damaged,
    arrays_of,
    is_finite,
    is_int,
    is_number,
    mapped,
    member_of,
    parsed,
    read_json,
)


def npy(header, content=b""):
    """An array's file, version 1, with any header."""
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + content


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def test_json_comes_back_as_it_was_written(tmp_path):
    value = {"a": [1, -2.5, True, None, "cup \udcff"], "b": {"c": 2**62}}
    (tmp_path / "a.json").write_text(json.dumps(value))
    assert read_json(tmp_path / "a.json") == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        "[" * 40 + "]" * 40,
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": 1' + "0" * 400 + "}",
        '{"a": 9223372036854775808}',
        '{"\\ud800": 1}',
        b"\xff\xfe\x00",
    ],
)
def test_json_that_nothing_of_ours_writes_is_damaged(text):
    with pytest.raises(Damaged) as caught:
        parsed(text)
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_no_readable_file_is_damaged_and_a_missing_one_is_missing(tmp_path):
    with pytest.raises(Damaged, match="directory"):
        read_json(tmp_path)
    for read in (read_json, arrays_of, mapped):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none")


def test_arrays_come_back_as_they_were_written_and_can_be_changed(tmp_path):
    given = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3),
        "b": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "c": np.array("text"),
        "d": np.zeros((0, 5), np.uint8),
    }
    np.savez_compressed(tmp_path / "a.npz", **given)
    found = arrays_of(tmp_path / "a.npz")
    assert found.keys() == given.keys()
    for name, array in given.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    found["a"][0, 0] = 7


@pytest.mark.parametrize(
    "content",
    [
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }", bytes(8)),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -2), }", bytes(8)),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", bytes(8)),
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", bytes(8)),
        npy("(" * 100, bytes(8)),
        b"\x93NUMPY\x07\x00",
        b"",
    ],
)
def test_an_array_that_is_not_as_long_as_it_says_or_no_numbers_is_damaged(tmp_path, content):
    with pytest.raises(Damaged):
        arrays_of(archive(tmp_path / "a.npz", a=content))


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.npz", a=bytes(10**6))  # which deflates to a thousandth
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    with pytest.raises(Damaged, match="unpacks to more than 1000 bytes"):
        arrays_of(path, 1000)
    with pytest.raises(Damaged, match=r"a\.npy has more than 1000 bytes"):
        member_of(path, "a.npy", 1000)


def test_every_bit_of_a_file_of_arrays_may_rot_and_what_is_read_is_right_or_damaged(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.arange(3.0), b=np.array("key"))
    whole = (tmp_path / "a.npz").read_bytes()
    refused = 0
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        try:
            arrays = arrays_of(io.BytesIO(broken))
        except Damaged:
            refused += 1
        else:
            assert all(array.tolist() in ([0.0, 1.0, 2.0], "key") for array in arrays.values())
    assert refused > len(whole) / 2
    for length in range(len(whole)):
        with pytest.raises(Damaged):
            arrays_of(io.BytesIO(whole[:length]))


def test_a_mapped_array_that_is_cut_or_none_is_damaged(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, np.ones((4, 3), np.float16))
    np.testing.assert_array_equal(mapped(path), np.ones((4, 3)))
    whole = path.read_bytes()
    path.write_bytes(
        whole[:8] + struct.pack("<H", len(whole) - 10 - 24 - 16) + whole[10:]
    )  # its header is shorter, it says
    with pytest.raises(Damaged):
        mapped(path)
    path.write_bytes(whole[:-1])
    with pytest.raises(Damaged):
        mapped(path)
    np.savez(path.with_suffix(".npz"), a=np.ones(3))
    path.write_bytes(path.with_suffix(".npz").read_bytes())
    with pytest.raises(Damaged):
        mapped(path)


def test_numbers_are_told_from_what_looks_like_them():
    assert is_int(3, 0) and is_number(0.5, 0, 1) and is_number(1)
    assert not any(is_number(value) for value in (True, "1", None, float("nan"), float("inf")))
    assert not is_int(1.0) and not is_int(-1, 0) and not is_number(1.5, 0, 1)
    assert is_finite(np.zeros((2, 3), np.float32), np.float32, (None, 3))
    assert not is_finite(np.full((2, 3), np.nan, np.float32), np.float32, (2, 3))
    assert not is_finite(np.zeros((2, 3)), np.float32, (2, 3))
    assert not is_finite(np.zeros(3, np.float32), np.float32, (3, None))


def test_a_member_that_an_archive_has_not_is_lacking(tmp_path):
    path = archive(tmp_path / "a.npz", a=b"x")
    with pytest.raises(own_file.Lacking, match="it has no b"):
        member_of(path, "b")
    assert member_of(path, "a.npy") == b"x"


def test_a_file_that_there_is_no_descriptor_for_is_not_damaged(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    np.savez(tmp_path / "a.npz", a=np.zeros(3))
    for read in (lambda: read_json(tmp_path / "a.json"), lambda: arrays_of(tmp_path / "a.npz")):
        with descriptors_left(1):
            read()
        taken = descriptors_left(1)
        with taken, (tmp_path / "a.json").open(), pytest.raises(OSError, match="Too many open files"):
            read()
