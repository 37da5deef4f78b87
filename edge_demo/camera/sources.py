"""Where frames come from: a camera, a network stream, a video file, a folder of pictures or the simulated camera.

Example:
    with open_source("clip.mp4") as source:
        for frame in source:
            print(frame.index, frame.frame_bgr_u8.shape)
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from edge_demo.camera import address, capture, sim
from edge_demo.camera.clock import Clock
from edge_demo.camera.pi_camera import PiCamera
from edge_demo.camera.reader import Camera, Reader, duration
from edge_demo.errors import EdgeError
from edge_demo.model.preprocess import read_picture
from edge_demo.native_log import captured_stderr

PICTURE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
FOLDER_FPS = 5.0  # pictures carry no rate: slow enough to look at each
MOST_DROPPING_S = 0.5  # a computer too slow to decode in time drops frames, but shows at least two a second


@dataclasses.dataclass(frozen=True)
class Frame:
    """One decoded frame."""

    index: int  # 0-based, counts the frames that were handed out; a stale frame has the index of the last
    frame_bgr_u8: np.ndarray  # (H, W, 3)
    fps: float  # the source's nominal rate
    time_s: float = 0.0  # live: when it arrived, on `time.monotonic`'s clock; else its place in the source
    age_s: float = 0.0  # live: since it arrived
    notice: str = ""  # for the screen: why this is the last frame again, instead of a new one

    @property
    def stale(self) -> bool:
        """Whether this is the last frame again, because the camera gives no new one."""
        return bool(self.notice)


class Source:
    """A finite or endless series of frames. Iterate once; as a context manager it releases what it holds.

    Attributes:
        fps: nominal rate, frames per second.
        live: whether frames come in real time, and are lost if nobody takes them.
    """

    live = False

    def __init__(self, fps: float):
        self.fps = fps

    def __iter__(self) -> Iterator[Frame]:
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Releases the device or file. More than once is fine."""


def open_source(spec: str, seed: int = 0, realtime: bool = False, clock: Clock | None = None) -> Source:
    """Opens the source that a command line names.

    Args:
        spec: a camera's number or device path, "csi" for the Raspberry Pi's ribbon camera, an RTSP or HTTP
            address, "sim", the path of a folder of pictures, or the path of a video file. A file or folder
            whose name is a number, "csi" or "sim" is reached by "./0", "./csi" or "./sim".
        seed: of the simulated camera.
        realtime: whether what isn't live is played at its own rate, and drops what comes too late.
        clock: tests bring their own.

    Raises:
        EdgeError: if there is no such camera, file or folder, or it holds nothing to show.
    """
    clock = clock or Clock()
    if spec.isdecimal():
        return LiveSource(f"Camera {spec}", lambda: capture.open_camera(int(spec)), clock)
    if spec.startswith("/dev/"):
        return LiveSource(f"Camera {spec}", lambda: capture.open_camera(spec), clock)
    if spec == "csi":
        return LiveSource("Camera csi", PiCamera, clock)
    if (scheme := address.scheme(spec)) is not None:
        if scheme not in address.SCHEMES:
            raise EdgeError(
                f"Source {address.masked(spec)}: expected an address that begins with one of "
                f"{', '.join(address.SCHEMES)}, received {scheme}. Or save it as a file first."
            )
        return LiveSource(address.masked(spec), lambda: capture.open_url(spec), clock)
    pace = clock if realtime else None
    if spec == "sim":
        return SimSource(seed, pace)
    path = Path(spec)
    if path.is_dir():
        return FolderSource(path, pace)
    if path.exists():
        return VideoSource(path, pace)
    raise EdgeError(
        f"Source {address.masked(spec)!r}: expected a camera's number, csi, an rtsp:// or http:// address, "
        f"a video file, a folder or sim, found nothing there."
    )


class LiveSource(Source):
    """A camera's newest frame, always; never ends. While the camera is lost, its last frame comes again, stale.

    Args:
        name: for messages.
        open_camera: opens the camera, now and whenever it was lost; raises EdgeError if there is none.
        clock: tests bring their own.

    Raises:
        EdgeError: if the camera can't be opened the first time.
    """

    live = True

    def __init__(self, name: str, open_camera: Callable[[], Camera], clock: Clock):
        with captured_stderr():
            camera = open_camera()
        super().__init__(camera.fps)
        self._name = name
        self._reader = Reader(camera, open_camera, clock)

    def close(self) -> None:
        self._reader.close()

    def __iter__(self) -> Iterator[Frame]:
        index, last, notice = -1, None, ""
        while True:
            sight = self._reader.newest(0 if last is None else last.number)
            if last is None or sight.number > last.number:
                index += 1
                if notice:
                    gap = duration(sight.taken_s - last.taken_s)
                    print(f"{self._name} gives pictures again, after {gap}.", file=sys.stderr)
                last, notice = sight, ""
            else:
                if not notice:
                    print(
                        f"{self._name} gives no new picture; it is opened again until it does.",
                        file=sys.stderr,
                    )
                notice = f"no new picture for {duration(sight.age_s)}, reconnecting"
            yield Frame(index, sight.picture_bgr_u8, self.fps, sight.taken_s, sight.age_s, notice)


class StepSource(Source):
    """Frames in step with whoever takes them, all of them; or, given a clock, at the source's own rate."""

    def __init__(self, fps: float, pace: Clock | None):
        super().__init__(fps)
        self._pace = pace
        self.live = pace is not None

    def __iter__(self) -> Iterator[Frame]:
        places = enumerate(self._pictures())
        if self._pace is not None:
            places = paced(places, self.fps, self._pace)
        for index, (place, frame_bgr_u8) in enumerate(places):
            yield Frame(index, frame_bgr_u8, self.fps, place / self.fps)

    def _pictures(self) -> Iterator[np.ndarray]:
        raise NotImplementedError


class VideoSource(StepSource):
    """Every frame of a video file, in order."""

    def __init__(self, path: Path, pace: Clock | None = None):
        with captured_stderr():
            self._capture = capture.open_video(path)
        super().__init__(self._capture.fps, pace)

    def close(self) -> None:
        self._capture.close()

    def _pictures(self) -> Iterator[np.ndarray]:
        while (frame_bgr_u8 := self._capture.read()) is not None:
            yield frame_bgr_u8


class FolderSource(StepSource):
    """The pictures in a folder, sorted by name; one that can't be read is named on stderr and left out."""

    def __init__(self, folder: Path, pace: Clock | None = None):
        super().__init__(FOLDER_FPS, pace)
        self._folder = folder
        try:
            self._paths = sorted(path for path in folder.iterdir() if _names_picture(path))
        except OSError as error:
            raise EdgeError(f"{folder}: expected a readable folder, received: {error.strerror}.") from None
        if not self._paths:
            raise EdgeError(
                f"{folder}: expected pictures ({', '.join(PICTURE_SUFFIXES)}), found none. Check the folder."
            )

    def _pictures(self) -> Iterator[np.ndarray]:
        readable = 0
        for path in self._paths:
            try:
                frame_bgr_u8 = read_picture(path)
            except EdgeError as error:
                print(f"Left out: {error}", file=sys.stderr)
                continue
            readable += 1
            yield frame_bgr_u8
        if not readable:
            raise EdgeError(f"{self._folder}: expected pictures, none of {len(self._paths)} could be read.")


class SimSource(StepSource):
    """The simulated camera."""

    def __init__(self, seed: int, pace: Clock | None = None):
        super().__init__(sim.FPS, pace)
        self._camera = sim.SimCamera(seed)

    def _pictures(self) -> Iterator[np.ndarray]:
        index = 0
        while True:
            yield self._camera.frame(index)
            index += 1


def paced(
    places: Iterable[tuple[int, np.ndarray]], fps: float, clock: Clock
) -> Iterator[tuple[int, np.ndarray]]:
    """Lets (place, picture) through when it is due, place / fps seconds after the start.

    One whose successor is due already is dropped, but not for longer than `MOST_DROPPING_S` on end.
    """
    start_s = resumed_s = clock.now()
    for place, picture_bgr_u8 in places:
        now_s = clock.now()
        due_s = start_s + place / fps
        if now_s < due_s:
            clock.sleep(due_s - now_s)
        elif now_s >= due_s + 1 / fps and now_s - resumed_s < MOST_DROPPING_S:
            continue
        yield place, picture_bgr_u8
        resumed_s = clock.now()


def _names_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file() and not path.name.startswith(".")
