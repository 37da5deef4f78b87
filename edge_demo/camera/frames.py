"""What every source gives, frames, and what every source is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from edge_demo.camera.clock import Clock


@dataclasses.dataclass(frozen=True)
class Frame:
    """One decoded frame."""

    index: int  # 0-based, counts the frames that were handed out; a stale frame has the index of the last, -1 before the first
    frame_bgr_u8: np.ndarray  # (H, W, 3)
    fps: float  # the source's nominal rate
    time_s: float = 0.0  # live: when it arrived, on `time.monotonic`'s clock; else its place in the source
    age_s: float = 0.0  # live: since it arrived
    notice: str = ""  # for the screen: why this is the last frame again, instead of a new one

    @property
    def stale(self) -> bool:
        """Whether this is the last frame again, because the camera gives no new one."""
        return bool(self.notice)


@dataclasses.dataclass(frozen=True)
class Opening:
    """How sources are opened, whatever they are."""

    seed: int  # of what is simulated
    realtime: bool  # whether what isn't live is played at its own rate, and drops what comes too late
    clock: Clock

    @property
    def pace(self) -> Clock | None:
        """The clock that what isn't live keeps to; None: it waits for whoever takes its frames."""
        return self.clock if self.realtime else None


class Source:
    """A finite or endless series of frames. Iterate once; as a context manager it releases what it holds.

    Attributes:
        fps: nominal rate, frames per second.
        live: whether frames come in real time, and are lost if nobody takes them.
        kind: what such sources are, in words, for whoever chooses one.
    """

    live = False
    kind = ""

    def __init__(self, fps: float):
        self.fps = fps

    @classmethod
    def named(cls, text: str, opening: Opening) -> Source | None:
        """Opens the source that a text stands for; None if the text means no source of this kind.

        Raises:
            EdgeError: if it means one that isn't there, or holds nothing to show.
        """
        raise NotImplementedError

    def __iter__(self) -> Iterator[Frame]:
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the device or file. More than once is fine."""
