"""Time as the sources see it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator


class Clock:
    """Real seconds and real threads. Tests bring their own, in which an hour passes in a millisecond."""

    def now(self) -> float:
        """Seconds that only ever go forward, whatever is done to the wall clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Lets `seconds` pass."""
        time.sleep(seconds)

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Waits to be notified, `seconds` at most; the caller holds the condition."""
        condition.wait(seconds)

    def start(self, steps: Iterator[float], stop: threading.Event) -> threading.Thread:
        """Runs `steps` in a thread of their own; each says how many seconds to pause after it.

        Args:
            steps: must end by itself soon after `stop` is set, unless it hangs.
            stop: cuts a pause short.
        """

        def run() -> None:
            for pause_s in steps:
                if pause_s:
                    stop.wait(pause_s)

        # A daemon: a camera that hangs forever must not keep the program from ending.
        thread = threading.Thread(target=run, name="camera", daemon=True)
        thread.start()
        return thread
