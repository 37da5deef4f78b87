"""Requests to end, whoever makes them: Ctrl-C, a service, a terminal that is closed."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def asked_to_end(handler: Callable[..., object]) -> Iterator[None]:
    """Within the block, which is the main thread's, every request to end calls `handler`, as `signal.signal` does."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    # A terminal that is closed; `nohup` has it ignored, and means that.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
