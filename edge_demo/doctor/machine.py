"""This machine, as far as the doctor wants to know it.

Whatever may crash or hang, a library or a camera, is tried in another process. Imports nothing but the
standard library, because everything else may be what is broken.
"""

from __future__ import annotations

import dataclasses
import importlib.metadata
import os
import platform
import signal
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

LIBRARIES = ("numpy", "cv2", "ai_edge_litert.interpreter", "picamera2")
OPENCV_PACKAGES = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
# The Raspberry Pi's codecs and image processors are /dev/video* too; asking them for a picture takes seconds.
_NO_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rpi-hevc", "rpivid", "rp1-cfe", "unicam")
_PICTURE = "import sys, cv2; c = cv2.VideoCapture(int(sys.argv[1])); f = c.read()[1]; print('%dx%d' % f.shape[1::-1])"
_WINDOW = "import cv2; cv2.namedWindow('probe', cv2.WINDOW_NORMAL); cv2.destroyAllWindows()"


@dataclasses.dataclass(frozen=True)
class Trial:
    """What came of something that was tried in another process."""

    worked: bool
    text: str  # what it printed last; where it failed, why


@dataclasses.dataclass(frozen=True)
class VideoDevice:
    """A video device."""

    number: int
    allowed: bool  # whether this user may open it
    picture: Trial | None  # the size of its picture; None: not tried


@dataclasses.dataclass(frozen=True)
class Machine:
    """All of it, so that checks need to look nowhere else."""

    python: tuple[int, int]  # (3, 12)
    processor: str  # as the kernel names its kind: "aarch64", "x86_64", ...
    bits: int  # of this Python: 32 or 64
    board: str  # "Raspberry Pi 5 Model B Rev 1.0"; empty elsewhere
    cores: int  # that this process may use
    libraries: dict[str, Trial]  # by the names in `LIBRARIES`: the version, or why the import failed
    opencv_packages: tuple[str, ...]  # installed ones of `OPENCV_PACKAGES`
    system_picamera2: bool  # whether the system's own Python has it
    needs_display: bool  # whether windows need one to be named, as on Linux
    display: str  # its name; empty: none
    window: Trial | None  # None: not tried
    cameras: tuple[VideoDevice, ...]
    model: Path
    model_error: str  # empty: the file is there and whole
    speed: Trial | None  # frames/s; None: not tried


def collect(model: Path, seconds: float) -> Machine:
    """Looks at this machine; takes `seconds` for the speed and a few more for the rest."""
    libraries = {name: imported(name) for name in LIBRARIES}
    opencv = libraries["numpy"].worked and libraries["cv2"].worked
    litert = libraries["ai_edge_litert.interpreter"].worked
    model_error = broken(model)
    needs_display = sys.platform.startswith("linux")
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or ""
    speed = None
    if opencv and litert and not model_error:
        speed = tried(["-m", "edge_demo.doctor.speed", str(model), str(seconds)], seconds + 60)
    return Machine(
        python=sys.version_info[:2],
        processor=platform.machine(),
        bits=struct.calcsize("P") * 8,
        board=_text(Path("/proc/device-tree/model")).rstrip("\0"),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        libraries=libraries,
        opencv_packages=tuple(name for name in OPENCV_PACKAGES if installed(name)),
        system_picamera2=Path("/usr/lib/python3/dist-packages/picamera2").exists(),
        needs_display=needs_display,
        display=display,
        window=tried(["-c", _WINDOW]) if opencv and (display or not needs_display) else None,
        cameras=tuple(_camera(number, opencv) for number in camera_numbers()),
        model=model,
        model_error=model_error,
        speed=speed,
    )


def tried(arguments: list[str], timeout_s: float = 60) -> Trial:
    """Runs this Python with some arguments."""
    try:
        ended = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        return Trial(False, f"no answer within {timeout_s:g} s")
    except OSError as error:
        return Trial(False, str(error))
    if ended.returncode < 0:  # an instruction that this processor lacks, or too little memory
        return Trial(False, f"ended by {signal.Signals(-ended.returncode).name}")
    lines = (ended.stderr if ended.returncode else ended.stdout).strip().splitlines()
    return Trial(ended.returncode == 0, lines[-1] if lines else "")


def imported(name: str) -> Trial:
    """Imports a module in another process; gives the version of its package."""
    package = name.split(".")[0]
    trial = tried(["-c", f"import {name}, {package}; print(getattr({package}, '__version__', ''))"])
    if trial.worked and not trial.text:
        return Trial(True, installed(package.replace("_", "-")))
    return trial


def installed(package: str) -> str:
    """The version of an installed package; empty if there is none."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def broken(model: Path) -> str:
    """Why a file can't be a model, as far as the standard library can tell; empty if it may be one."""
    try:
        with zipfile.ZipFile(model) as appended:
            return "" if "metadata.json" in appended.namelist() else "it has no metadata"
    except FileNotFoundError:
        return "no such file"
    except (OSError, zipfile.BadZipFile):
        return "it is cut short or no model"


def camera_numbers(
    devices: Path = Path("/dev"), known: Path = Path("/sys/class/video4linux")
) -> tuple[int, ...]:
    """The numbers of the video devices that may be cameras; 0 to 3 where devices are no files."""
    if not sys.platform.startswith("linux"):
        return (0, 1, 2, 3)
    names = [path.name.removeprefix("video") for path in devices.glob("video*")]
    numbers = sorted(int(name) for name in names if name.isdecimal())
    return tuple(
        number for number in numbers if not _text(known / f"video{number}" / "name").startswith(_NO_CAMERAS)
    )


def _camera(number: int, opencv: bool) -> VideoDevice:
    device = Path(f"/dev/video{number}")
    allowed = not device.exists() or os.access(device, os.R_OK | os.W_OK)
    picture = tried(["-c", _PICTURE, str(number)], timeout_s=15) if opencv and allowed else None
    return VideoDevice(number, allowed, picture)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
