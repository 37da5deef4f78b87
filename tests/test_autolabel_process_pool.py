"""Many pictures by one process or by several: the same labels, whatever happens to a process."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest
from autolabel_scenes import make_job, write_scenes
from checks import ROOT, one_line

from getnet_tf.autolabel.label import Failure
from getnet_tf.autolabel.process_pool import labelled
from getnet_tf.errors import InputError

THINGS = {f"{n}.png": ("upper_left", "lower_right")[n % 2] for n in range(30)}


@pytest.fixture
def job(tmp_path):
    write_scenes(tmp_path / "photos", THINGS)
    (tmp_path / "photos" / "30.png").write_bytes(b"damaged")
    return make_job(tmp_path)


def test_one_and_two_processes_give_the_same(job):
    paths = [*THINGS, "30.png"]
    alone, together = (sorted(labelled(job, paths, n), key=lambda one: one.path) for n in (1, 2))
    assert together == alone
    assert [one.path for one in alone if isinstance(one, Failure)] == ["30.png"]
    assert sum(len(one.kept) for one in alone if not isinstance(one, Failure)) == 15


def test_nothing_to_do_loads_no_model(tmp_path):
    assert list(labelled(None, [], 2)) == []


def test_a_killed_process_is_one_line(job):
    """At most 8 pictures are under way, so that some of the 31 are not done when the processes go."""
    results = labelled(job, [*THINGS, "30.png"], 2)
    next(results)
    for process in multiprocessing.active_children():
        os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(InputError, match="--processes") as caught:
        list(results)
    assert one_line(caught.value)


WAITING = """
import multiprocessing, sys, time
from getnet_tf.autolabel.process_pool import labelled
from getnet_tf.autolabel.job import Job, View

if __name__ == "__main__":
    root, view, model = sys.argv[1:]
    results = labelled(Job(root, (View("cup", view),), model), [f"{n}.png" for n in range(30)], 2)
    next(results)
    print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="another way to see whether a process lives")
def test_the_processes_end_with_the_one_that_began_them(tmp_path, job):
    script = tmp_path / "waiting.py"
    script.write_text(WAITING)
    argv = [sys.executable, str(script), job.root, job.views[0].path, job.model]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        children = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(children) == 2
    deadline = time.monotonic() + 20
    while any(_lives(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_lives(pid) for pid in children)


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
