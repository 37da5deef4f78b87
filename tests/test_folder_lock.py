"""Of two programs that would write to one folder, the second is told whose it is, and a program that is gone holds nothing."""

import os
import re
import signal
import subprocess
import sys

import pytest
from checks import ROOT

from edge_demo import __main__ as command
from edge_demo.errors import EdgeError
from edge_demo.folder_lock import LOCK, FolderLock

HOLDS = """
import sys
from edge_demo.folder_lock import FolderLock
with FolderLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another program that holds `tmp_path / "out"`, in which something is."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("")
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path / "out")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_folder_is_made_and_leaves_nothing_behind(tmp_path):
    with FolderLock(tmp_path / "new" / "out"):
        assert [path.name for path in (tmp_path / "new" / "out").iterdir()] == [LOCK]
    assert [*tmp_path.iterdir()] == []


def test_what_is_written_stays_and_the_lock_goes(tmp_path):
    with FolderLock(tmp_path / "out"):
        (tmp_path / "out" / "mine").write_text("")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_one_program_may_hold_a_folder_twice(tmp_path):
    outer, inner = FolderLock(tmp_path), FolderLock(tmp_path / ".")
    inner.close()
    inner.close()
    assert (tmp_path / LOCK).exists()
    outer.close()
    assert not (tmp_path / LOCK).exists()


def test_the_second_is_told_who_holds_it_and_since_when(tmp_path, holder):
    said = rf"process {holder.pid} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d does"
    with pytest.raises(EdgeError, match=said):
        FolderLock(tmp_path / "out")
    holder.communicate("")
    FolderLock(tmp_path / "out").close()


def test_a_killed_program_holds_nothing(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "out" / LOCK).exists()
    FolderLock(tmp_path / "out").close()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.parametrize("trap", ["link", "pipe"])
def test_nothing_is_written_through_a_link_or_a_pipe_of_that_name(tmp_path, trap):
    (tmp_path / "precious").write_text("precious")
    if trap == "link":
        (tmp_path / LOCK).symlink_to(tmp_path / "precious")
    else:
        os.mkfifo(tmp_path / LOCK)
    with pytest.raises(OSError):
        FolderLock(tmp_path)
    assert (tmp_path / "precious").read_text() == "precious"


def refused(capfd, main, *argv):
    """The one line of a command that may not write."""
    assert main([str(part) for part in argv]) == 2
    error = capfd.readouterr().err
    assert error.startswith("error: ") and error.count("\n") == 1, error
    return error


@pytest.mark.parametrize("option", ["--out", "--snapshots"])
def test_a_recording_and_snapshots_need_the_folder_to_themselves(tmp_path, capfd, holder, option):
    argv = ("--source", "sim", "--headless", option, tmp_path / "out", "--max-frames", 1)
    more = ("--overwrite",) if option == "--out" else ()
    assert re.search(rf"process {holder.pid} since", refused(capfd, command.main, *argv, *more))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [LOCK, "mine"]


def test_a_gallery_is_changed_by_one_program_at_a_time(tmp_path, capfd, holder):
    argv = ("gallery", tmp_path / "out", "--add", ROOT / "edge_demo" / "examples" / "cup.png")
    assert f"process {holder.pid} since" in refused(capfd, command.main, *argv)
    assert command.main(["gallery", str(tmp_path / "out")]) == 0  # to look at it is no change


def test_labels_and_trainings_need_the_folder_to_themselves(tmp_path, capfd, holder):
    from getnet_tf.autolabel.__main__ import main as label
    from getnet_tf.config import RunConfig
    from getnet_tf.training import run, run_folder

    examples = ROOT / "edge_demo" / "examples"
    argv = (examples / "frames", "--reference", examples / "cup.png", "--out", tmp_path / "out")
    assert f"process {holder.pid} since" in refused(capfd, label, *argv)
    (tmp_path / "out" / "mine").unlink()
    run_folder.begin(tmp_path / "out", RunConfig())
    with pytest.raises(EdgeError, match=f"process {holder.pid} since"):
        run.run(RunConfig(), tmp_path / "out", resume=True)
