"""Labels many pictures, on as many cores as there are."""

import concurrent.futures
import itertools
import multiprocessing
from concurrent.futures.process import BrokenProcessPool

import cv2

from getnet_tf.autolabel.labeller import Labeller
from getnet_tf.errors import InputError

AHEAD = 4  # pictures for each process that wait their turn, so that none is idle and few are lost to a kill

_labeller = None  # of this process


def labelled(job, paths, processes):
    """Yields the `Label` or `Failure` of every path, in the order in which they are done.

    Args:
        job: `Job`.
        paths: relative to its root.
        processes: 1 works in this one.

    Raises:
        InputError: if a process dies.
    """
    paths = list(paths)
    if not paths:
        return
    labeller = Labeller(job)  # here, too, so that what is wrong with a model is said once
    if processes == 1:
        yield from map(labeller.label, paths)
        return
    # Not a fork: TensorFlow and OpenCV have threads, of which a fork keeps the locks and not the threads.
    context = multiprocessing.get_context("spawn")
    waiting = iter(paths)
    with concurrent.futures.ProcessPoolExecutor(processes, context, _open, (job,)) as pool:
        pending = {pool.submit(_label, path) for path in itertools.islice(waiting, AHEAD * processes)}
        try:
            while pending:
                done, pending = concurrent.futures.wait(
                    pending, return_when=concurrent.futures.FIRST_COMPLETED
                )
                pending |= {pool.submit(_label, path) for path in itertools.islice(waiting, len(done))}
                for future in done:
                    yield future.result()
        except BrokenProcessPool:
            raise InputError(
                "A process that labels was ended from outside, for want of memory perhaps. What was done is kept: run the "
                "same command again, with fewer --processes."
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _open(job):
    global _labeller
    cv2.setNumThreads(1)  # each process has its core
    _labeller = Labeller(job)


def _label(path):
    return _labeller.label(path)
