"""The store: what a kill leaves, what is damaged, what is refused."""

import json
import os
import resource
import shutil
import signal

import numpy as np
import pytest
from checks import run_python
from retrieval_coder import BLUE, Colours, write, write_photos

from getnet_tf.autolabel.pictures import pictures_of
from getnet_tf.errors import InputError
from getnet_tf.retrieval.encoding import encode
from getnet_tf.retrieval.store import Store
from getnet_tf.retrieval.store_journal import NAME as JOURNAL


@pytest.fixture
def photos(tmp_path):
    return write_photos(tmp_path / "photos")


def about(photos, coder):
    return {"fingerprint": coder.fingerprint, "dim": coder.dim, "photos": str(photos), "regions": True}


def run(folder, photos, coder=None):
    """One run to its end; returns how many pictures it coded."""
    coder = coder or Colours(regions=True)
    with Store.begin(folder, about(photos, coder)) as store:
        encode(store, coder, pictures_of(photos)[0])
    return coder.seen


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_picture_has_its_rows_and_a_damaged_one_its_reason(tmp_path, photos):
    """Half red, half green: the whole is at 45 degrees, the halves are the axes."""
    assert run(tmp_path / "out", photos) == 4
    store = Store.open(tmp_path / "out")
    assert store.paths == ["a/half.png", "a/red.png", "b/blue.png", "b/green.png"]
    (failure,) = store.failures
    assert failure.path == "b/broken.jpg" and "don't decode" in failure.reason
    boxes, codes = store.rows()
    own = slice(store.entry("a/half.png").first, store.entry("a/half.png").first + 3)
    np.testing.assert_array_equal(boxes[own], [[0, 0, 16, 10], [0, 0, 8, 10], [8, 0, 16, 10]])
    np.testing.assert_allclose(codes[own], [[0.5**0.5, 0.5**0.5, 0], [1, 0, 0], [0, 1, 0]], atol=1e-6)


@pytest.mark.parametrize("stop", range(4))
def test_an_interrupted_run_goes_on_where_it_was(tmp_path, photos, stop):
    run(tmp_path / "whole", photos)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", photos, Colours(True, stop=stop))
    assert run(tmp_path / "out", photos) == 4 - stop
    assert files(tmp_path / "out") == files(tmp_path / "whole")
    assert run(tmp_path / "out", photos) == 0, "nothing is left to do"


def test_wherever_a_kill_cut_the_files_the_end_is_the_same(tmp_path, photos):
    """Rows are written before their line: at any moment the journal is a beginning of the whole one, and the rows are at least those
    that it names and at most what follows next."""
    run(tmp_path / "whole", photos)
    expected = files(tmp_path / "whole")
    journal, rows = expected[JOURNAL], expected["rows-0.f32"]
    first = journal.index(b"\n") + 1
    for cut in (0, first // 2, first, *range(first + 1, len(journal), 37), len(journal) - 1):
        lines = journal[:cut].count(b"\n") - 1
        pictures = max(0, min(lines, 4))
        for extra in (0, 5, 3 * 7 * 4):
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / JOURNAL).write_bytes(journal[:cut])
            (tmp_path / "out/rows-0.f32").write_bytes(rows[: pictures * 3 * 7 * 4 + extra])
            run(tmp_path / "out", photos)
            assert files(tmp_path / "out") == expected, (cut, extra)


def test_what_is_damaged_is_coded_again(tmp_path, photos):
    """A byte of the second picture's rows, and the line of the third."""
    run(tmp_path / "out", photos)
    rows = bytearray((tmp_path / "out/rows-0.f32").read_bytes())
    rows[3 * 7 * 4 + 30] ^= 0xFF
    (tmp_path / "out/rows-0.f32").write_bytes(rows)
    lines = (tmp_path / "out" / JOURNAL).read_bytes().splitlines(keepends=True)
    (tmp_path / "out" / JOURNAL).write_bytes(b"".join([*lines[:3], b'{"path": "b/bl\n', *lines[4:]]))
    assert run(tmp_path / "out", photos) == 2
    store, again = Store.open(tmp_path / "out"), tmp_path / "again"
    run(again, photos)
    other = Store.open(again)
    for path in other.paths:
        first, expected = store.entry(path).first, other.entry(path).first
        np.testing.assert_array_equal(
            store.rows()[1][first : first + 3], other.rows()[1][expected : expected + 3]
        )


def test_pictures_come_and_go(tmp_path, photos):
    """A changed one and a new one are coded, one that is gone is forgotten. Of 12 rows then 6 are nobody's, so they are left out: the
    files are as those of a run that never saw the others, but for the number."""
    run(tmp_path / "out", photos)
    write(photos / "a/red.png", BLUE)
    os.utime(photos / "a/red.png", (1, 1))
    write(photos / "c/new.png", BLUE)
    (photos / "b/green.png").unlink()
    assert run(tmp_path / "out", photos) == 2
    store = Store.open(tmp_path / "out")
    assert store.paths == ["a/half.png", "a/red.png", "b/blue.png", "c/new.png"]
    assert len(store.owned()) == store.count == 12 and store.number == 1
    run(tmp_path / "fresh", photos)
    assert (tmp_path / "out/rows-1.f32").read_bytes() == (tmp_path / "fresh/rows-0.f32").read_bytes()
    assert not (tmp_path / "out/rows-0.f32").exists()


def test_a_full_disk_keeps_what_was_done(tmp_path, photos):
    """Files may have 100 bytes: of the rows of 84 bytes each picture has, the second's do not fit. Then there is room, and it goes on."""
    run(tmp_path / "whole", photos)
    out = tmp_path / "out"
    with Store.begin(out, about(photos, Colours(True))):
        pass
    head = (out / JOURNAL).stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(100, head + 30), hard))
        with pytest.raises(OSError):
            run(out, photos)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    run(out, photos)
    assert files(out) == files(tmp_path / "whole")


def test_rows_that_are_gone_are_coded_again_under_other_numbers(tmp_path, photos):
    """Of four pictures of 3 rows the last and a half of the third are gone: two are left, and rows 6 to 11 are others than before."""
    run(tmp_path / "out", photos)
    os.truncate(tmp_path / "out/rows-0.f32", (6 + 1) * 7 * 4)
    assert run(tmp_path / "out", photos) == 2
    store = Store.open(tmp_path / "out")
    assert store.number == 1 and store.count == 12


def test_of_two_runs_at_once_the_second_ends_and_nothing_is_lost(tmp_path, photos):
    code = f"""
        from retrieval_coder import Colours
        from edge_demo.errors import EdgeError
        from getnet_tf.retrieval.store import Store
        try:
            Store.begin({str(tmp_path / "out")!r}, {about(photos, Colours(True))!r}, anew=True)
        except EdgeError as error:
            print(error)
    """
    with Store.begin(tmp_path / "out", about(photos, Colours(True))) as store:
        encode(store, Colours(True), ["a/red.png"])
        assert "expected a folder that no other program writes to" in run_python(code)
        encode(store, Colours(True), ["a/red.png", "b/blue.png"])
    assert Store.open(tmp_path / "out").paths == ["a/red.png", "b/blue.png"]
    assert run_python(code) == "", "it is free now"


def test_a_picture_that_changes_while_it_is_coded_is_coded_again(tmp_path, photos):
    class Meanwhile(Colours):
        def __call__(self, picture):
            os.utime(photos / "b/blue.png", (1, 1))
            return super().__call__(picture)

    run(tmp_path / "out", photos, Meanwhile(True))
    assert run(tmp_path / "out", photos) == 1


def test_reading_changes_nothing(tmp_path, photos):
    """Half a line may be one that another run is about to finish."""
    run(tmp_path / "out", photos)
    with (tmp_path / "out" / JOURNAL).open("ab") as file:
        file.write(b'{"path": "c/ne')
    before = files(tmp_path / "out")
    assert len(Store.open(tmp_path / "out").paths) == 4
    assert files(tmp_path / "out") == before


def test_codes_of_another_model_are_refused(tmp_path, photos):
    run(tmp_path / "out", photos)
    before = files(tmp_path / "out")
    with pytest.raises(InputError, match="index of another model, head or regions"):
        run(tmp_path / "out", photos, Colours(True, fingerprint="07e4"))
    assert files(tmp_path / "out") == before


def test_other_pictures_are_refused_but_not_those_that_were_moved(tmp_path, photos):
    run(tmp_path / "out", photos)
    other = write_photos(tmp_path / "other")
    with pytest.raises(InputError, match="index of the pictures in"):
        run(tmp_path / "out", other)
    shutil.rmtree(other)
    shutil.move(photos, other)
    assert run(tmp_path / "out", other) == 0
    assert Store.open(tmp_path / "out").about["photos"] == str(other)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (JOURNAL, b"", "holds no index"),
        (JOURNAL, b"{}\n", "received a damaged one"),
        (JOURNAL, b"\x00\xff\n", "received a damaged one"),
        (JOURNAL, b"[" * 100_000 + b"\n", "received a damaged one"),
        ("rows-0.f32", b"cut", "expected 12 codes, found 0"),
    ],
)
def test_a_damaged_store_is_one_line(tmp_path, photos, name, content, said):
    run(tmp_path / "out", photos)
    (tmp_path / "out" / name).write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        Store.open(tmp_path / "out")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"dim": -4},
        {"dim": 0},
        {"dim": True},
        {"dim": 2**62},
        {"photos": []},
        {"regions": None},
        {"model": 3},
        {"rows": "/../../evil"},
        {"rows": -1},
        {"rows": 0.5},
    ],
    ids=str,
)
def test_a_first_line_that_nothing_writes_is_one_line_and_nothing_is_removed(tmp_path, photos, changed):
    run(tmp_path / "out", photos)
    journal = tmp_path / "out" / JOURNAL
    first, *rest = journal.read_bytes().splitlines(keepends=True)
    line = json.dumps(json.loads(first) | changed).encode() + b"\n"
    journal.write_bytes(b"".join([line, *rest]))
    before = files(tmp_path / "out")
    for begin in (Store.open, lambda folder: run(folder, photos)):
        with pytest.raises(InputError, match="received a damaged one") as caught:
            begin(tmp_path / "out")
        assert "\n" not in str(caught.value)
    assert files(tmp_path / "out") == before


@pytest.mark.parametrize(
    "changed",
    [
        {"rows": ["0", "3"]},
        {"rows": [0, None]},
        {"rows": [0.5, 3]},
        {"rows": [-3, 3]},
        {"rows": [0, 0]},
        {"rows": 3},
        {"rows": None, "failure": 7},
        {"crc": "0"},
        {"file": [1, "x"]},
        {"file": 3},
        {"path": 3},
        {"path": "../red.png"},
        {"path": "/red.png"},
        {"path": "\0"},
    ],
    ids=str,
)
def test_a_line_that_nothing_writes_is_found_out_again(tmp_path, photos, changed):
    run(tmp_path / "out", photos)
    before = Store.open(tmp_path / "out").paths
    journal = tmp_path / "out" / JOURNAL
    first, second, *rest = journal.read_bytes().splitlines(keepends=True)
    line = json.dumps(json.loads(second) | changed).encode() + b"\n"
    journal.write_bytes(b"".join([first, line, *rest]))
    assert Store.open(tmp_path / "out").paths == before[1:]
    assert run(tmp_path / "out", photos) == 1
    assert Store.open(tmp_path / "out").paths == before


def test_a_line_of_endless_depth_is_found_out_again(tmp_path, photos):
    run(tmp_path / "out", photos)
    before = Store.open(tmp_path / "out").paths
    journal = tmp_path / "out" / JOURNAL
    first, second, *rest = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([first, b"[" * 100_000 + b"\n", *rest]))
    assert len(Store.open(tmp_path / "out").paths) == len(before) - (b'"failure"' not in second)
    run(tmp_path / "out", photos)
    assert Store.open(tmp_path / "out").paths == before


def test_a_folder_of_something_else_stays_as_it_is(tmp_path, photos):
    with pytest.raises(InputError, match="is not empty and holds no index"):
        run(photos, photos)
    with pytest.raises(InputError, match="is a file"):
        run(photos / "a/red.png", photos)


@pytest.mark.parametrize("name", [JOURNAL, "rows-0.f32"])
def test_a_link_in_the_place_of_a_file_that_grows_is_neither_cut_nor_added_to(tmp_path, photos, name):
    run(tmp_path / "out", photos)
    (tmp_path / "out" / name).rename(tmp_path / "outside")
    with (tmp_path / "outside").open("ab") as file:
        file.write(b"more")
    before = (tmp_path / "outside").read_bytes()
    (tmp_path / "out" / name).symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match=f"a link called {name}"):
        run(tmp_path / "out", photos)
    assert (tmp_path / "outside").read_bytes() == before


def test_a_journal_that_is_a_pipe_is_one_line(tmp_path, photos):
    run(tmp_path / "out", photos)
    (tmp_path / "out" / JOURNAL).unlink()
    os.mkfifo(tmp_path / "out" / JOURNAL)
    for begin in (Store.open, lambda folder: run(folder, photos)):
        with pytest.raises(InputError, match="expected a readable journal, received: a pipe"):
            begin(tmp_path / "out")
