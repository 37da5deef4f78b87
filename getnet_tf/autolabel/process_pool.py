"""Labels many pictures, on as many cores as there are."""

import concurrent.futures
import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
from concurrent.futures.process import BrokenProcessPool

import cv2

from getnet_tf.autolabel.labeller import Labeller
from getnet_tf.errors import InputError

AHEAD = 4  # pictures for each process that wait their turn, so that none is idle and few are lost to a kill

_labeller = None  # of this process


def labelled(job, paths, processes):
    """An iterator over the `Label` or `Failure` of every path, in the order in which they are done.

    Args:
        job: `Job`.
        paths: relative to its root.
        processes: 1 works in this one.

    Raises:
        EdgeError, InputError: if the model or a view can't be used; while iterating, if a process dies.
    """
    paths = list(paths)
    if not paths:
        return iter(())
    # With more processes, too: what is wrong with a model is said once, and before the work.
    labeller = Labeller(job)
    return map(labeller.label, paths) if processes == 1 else _by_pool(job, paths, processes)


def _by_pool(job, paths, processes):
    # Not a fork: TensorFlow and OpenCV have threads, of which a fork keeps the locks and not the threads.
    context = multiprocessing.get_context("spawn")
    waiting = iter(paths)
    # Twice, as what begins in the first, a process of Python's that cleans up after all others, lets Ctrl-C through again.
    with _requests_to_end_held():
        pool = concurrent.futures.ProcessPoolExecutor(processes, context, _open, (job,))
    try:
        with _requests_to_end_held():
            pending = {pool.submit(_label, path) for path in itertools.islice(waiting, AHEAD * processes)}
        while pending:
            done, pending = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
            pending |= {pool.submit(_label, path) for path in itertools.islice(waiting, len(done))}
            for future in done:
                yield future.result()
    except BrokenProcessPool:
        raise InputError(
            "A process that labels was ended from outside, for want of memory perhaps. What was done is kept: run the "
            "same command again, with fewer --processes."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def _requests_to_end_held():
    """Ctrl-C and the end of a terminal go to all its processes; those begun in this block never notice, this one once it has ended."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _open(job):
    global _labeller
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)  # each process has its core
    _labeller = Labeller(job)


def _end_with_parent():
    """A process whose parent was killed would wait for work for ever."""
    multiprocessing.parent_process().join()
    os._exit(1)


def _label(path):
    return _labeller.label(path)
