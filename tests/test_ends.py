"""How commands end where nobody reads what they print, the terminal is closed, memory is short, or numbers are out of all bounds."""

import os
import signal
import subprocess
import sys

import pytest
from checks import ROOT

from edge_demo import __main__ as command
from edge_demo.errors import EdgeError
from edge_demo.model import memory
from edge_demo.model.matcher import Matcher
from edge_demo.model.shipped import SHIPPED_MODEL

EXAMPLES = ROOT / "edge_demo" / "examples"
MATCH = ("-m", "edge_demo", "match", EXAMPLES / "cup.png", EXAMPLES / "frames" / "hand.jpg")


def run_python(*argv, unbuffered="", **options):
    return subprocess.run(
        [sys.executable, *map(str, argv)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        timeout=120,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered, "OMP_NUM_THREADS": "1"},
        **options,
    )


@pytest.mark.parametrize(
    "argv",
    [
        MATCH,
        ("-m", "edge_demo", "gallery", "no-such-gallery"),
        ("-m", "edge_demo", "--help"),
        ("-m", "getnet_tf.autolabel", "--help"),
        ("benchmarks/web.py", "--help"),
    ],
    ids=["match", "gallery", "help", "getnet_tf", "benchmarks"],
)
def test_a_closed_pipe_is_a_quiet_end(argv):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run_python(*argv, stdout=writing)
        assert (done.returncode, done.stderr) == (141, b"")
        if argv is MATCH:  # now the print itself fails, and not the end of the program
            done = run_python(*argv, stdout=writing, unbuffered="1")
            assert (done.returncode, done.stderr) == (141, b"")
    finally:
        os.close(writing)


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_without_stdin_stdout_and_stderr_nothing_is_lost(tmp_path):
    """The film would be opened as stderr, over which native code is held back."""
    argv = (sys.executable, "-m", "edge_demo", "--reference", EXAMPLES / "cup.png")
    film = ("--source", EXAMPLES / "desk.mp4", "--headless", "--out", tmp_path / "out", "--max-frames", "12")
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *map(str, argv + film)], cwd=ROOT, timeout=120
    )
    assert done.returncode == 0
    assert len((tmp_path / "out" / "frames.jsonl").read_text().splitlines()) == 12


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_without_stderr_errors_go_nowhere_and_programs_have_one():
    """`print` takes stdout for a stderr that is not there; programs that are started have none either, unless they inherit it."""
    started = "import os; os.fstat(0), os.fstat(2)"
    code = f"""if True:
        import subprocess, sys
        from getnet_tf.errors import InputError, report_errors

        def run():
            sys.stderr.write("progress")
            print(subprocess.call([sys.executable, "-c", {started!r}]), sys.stdin.read(), flush=True)
            raise InputError("no")

        sys.exit(report_errors(run))"""
    shell = ["sh", "-c", 'exec "$@" <&- 2>&-', "sh", sys.executable, "-c", code]
    done = subprocess.run(shell, cwd=ROOT, stdout=subprocess.PIPE, timeout=120)
    assert (done.returncode, done.stdout) == (2, b"0 \n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs Linux")
def test_a_full_disk_under_stdout_is_one_line():
    with open("/dev/full", "wb") as full:
        done = run_python("-m", "edge_demo", "gallery", "no-such-gallery", stdout=full)
    assert done.returncode == 2
    assert done.stderr == b"error: expected room for what is written, received: No space left on device.\n"


def test_a_broken_pipe_that_is_not_ours_is_no_quiet_end(capsys):
    from edge_demo.broken_pipe import read_or_left

    def run():
        raise BrokenPipeError("of somebody else")

    with pytest.raises(BrokenPipeError):
        read_or_left(run)
    assert read_or_left(lambda: 3) == 3


def test_nohup_stays_what_it_means():
    from edge_demo.watch import _stop_on_signal

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _stop_on_signal() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


MANY = "99999999999999999999"


@pytest.mark.parametrize(
    "argv",
    [
        ("--source", MANY),
        ("--source", "9" * 5000),
        ("--source", "12345"),
        ("--threads", "99999999999"),
        ("--threads", "257"),
        ("--max-frames", "9" * 5000),
        ("--snapshots", "seen", "--limit", "9" * 5000),
        ("--seed", "9" * 5000),
        ("--level", "9" * 5000),
        ("--web", "127.0.0.1:" + "9" * 5000),
    ],
    ids=lambda argv: " ".join(argv)[:40],
)
def test_numbers_out_of_all_bounds_are_refused(tmp_path, capfd, monkeypatch, argv):
    monkeypatch.chdir(tmp_path)
    reference = ("--reference", str(EXAMPLES / "cup.png"))
    screen = () if "--web" in argv else ("--headless", "--out", "out")
    try:
        code = command.main([*reference, *screen, *argv])
    except SystemExit as error:  # argparse
        code = error.code
    error = capfd.readouterr().err.splitlines()[-1]
    assert code == 2
    assert "error: " in error and len(error) < 6000
    assert [*tmp_path.iterdir()] == []


def test_numbers_of_threads_out_of_all_bounds_are_refused_before_anything_begins(tmp_path, capfd):
    from getnet_tf.autolabel.__main__ import main as label
    from getnet_tf.train import main as train

    reference = ("--reference", str(EXAMPLES / "cup.png"), "--out", str(tmp_path / "out"))
    assert label([str(EXAMPLES / "frames"), *reference, "--processes", "99999999999"]) == 2
    assert "Expected 1 to 256" in capfd.readouterr().err
    assert train(["--out", str(tmp_path / "run"), "--threads", "99999999999"]) == 2
    assert "Expected 0 to 256" in capfd.readouterr().err
    for option in ("--seed", "--batch", "--pairs", "--log-every"):
        assert train(["--out", str(tmp_path / "run"), option, MANY]) == 2
        assert "Expected an int <= 2147483647" in capfd.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_a_model_without_room_is_refused_before_it_is_loaded(tmp_path, monkeypatch):
    """A file of 2 MB needs 10 and 25; the shipped one of 7.9 MB (7.5 times 2^20 bytes) 38 and 25."""
    (tmp_path / "model").write_bytes(bytes(2 * 2**20))
    monkeypatch.setattr(memory, "free_bytes", lambda: 36 * 2**20)
    memory.check_room_for(tmp_path / "model")
    monkeypatch.setattr(memory, "free_bytes", lambda: 34 * 2**20)
    with pytest.raises(EdgeError, match="expected 35 MB of memory for this model, received 34"):
        memory.check_room_for(tmp_path / "model")
    with pytest.raises(EdgeError, match="expected 63 MB of memory for this model, received 34"):
        Matcher(SHIPPED_MODEL)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits addresses")
@pytest.mark.parametrize("megabytes", [300, 400])
def test_too_little_memory_is_one_line(megabytes):
    """At 300 MB OpenCV can't be loaded, at 400 the model."""
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))

    done = run_python(*MATCH, stdout=subprocess.PIPE, preexec_fn=limit)
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: ") and done.stderr.count(b"\n") == 1


def test_libraries_that_would_end_the_program_are_tried_by_a_child(monkeypatch, capfd):
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _which: (500 * 2**20, 500 * 2**20))
    monkeypatch.setattr(subprocess, "run", lambda *_argv, **_options: subprocess.CompletedProcess([], -11))
    assert command.main(["gallery", "no-such-gallery"]) == 2
    error = capfd.readouterr().err
    assert "received a limit of 500 MB" in error and error.count("\n") == 1


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="needs a folder that even root can't write")
def test_snapshots_that_can_never_be_kept_are_refused_at_the_start(capfd):
    argv = ["--source", "sim", "--headless", "--snapshots", "/sys/kernel", "--max-frames", "1"]
    assert command.main(argv) == 2
    error = capfd.readouterr().err
    assert "expected a folder to keep snapshots in" in error and error.count("\n") == 1
