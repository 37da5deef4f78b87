"""Says what on this machine stands in the way of finding things, and exactly what to do about it.

    python -m edge_demo doctor

One line per check. Exit code 0 if nothing stands in the way of `--headless`, else 2. Every check is a pure
function of the machine.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from edge_demo.bounds import number
from edge_demo.doctor.machine import Machine, Trial, collect

# What `setup.py` asks for.
_NUMPY = '"numpy>=2.0,<3"'
_OPENCV = '"opencv-python>=4.13,<6"'
_LEAST_OPENCV = (4, 13)
_LITERT = '"ai-edge-litert>=2.1,<3"'
_PIP = "python -m pip install"
_APT = {  # Debian's packages of the libraries that OpenCV's wheels expect on the system
    "libGL.so.1": "libgl1",
    "libxcb.so.1": "libxcb1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libSM.so.6": "libsm6",
    "libXext.so.6": "libxext6",
}
_HEADLESS = "Use --headless --out DIR"


@dataclasses.dataclass(frozen=True)
class Check:
    """What one check found."""

    name: str
    ok: bool
    text: str  # one line; where not ok, it ends in what to do
    blocks: bool = False  # whether it stands in the way of --headless

    def __str__(self) -> str:
        return f"{'ok' if self.ok else 'problem':8}{self.name + ':':14}{self.text}"


def main(argv: Sequence[str], model: Path) -> int:
    """Prints the checks; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m edge_demo doctor",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--seconds", type=number(0.01, 3600), default=3.0, help="of the speed test, seconds (default: 3)"
    )
    args = parser.parse_args(argv)
    checks = examined(collect(model, args.seconds))
    for check in checks:
        print(check)
    print(verdict(checks))
    return 2 if any(check.blocks for check in checks) else 0


def examined(machine: Machine) -> list[Check]:
    """All checks, those that others depend on first."""
    return [
        python(machine),
        architecture(machine),
        numpy(machine),
        opencv(machine),
        opencv_packages(machine),
        litert(machine),
        model(machine),
        threads(machine),
        speed(machine),
        camera(machine),
        picamera2(machine),
        display(machine),
    ]


def verdict(checks: Sequence[Check]) -> str:
    """The last line."""
    blocking = [check.name for check in checks if check.blocks]
    if blocking:
        return f"In the way, first things first: {', '.join(blocking)}."
    return "Nothing stands in the way of --headless."


def python(machine: Machine) -> Check:
    version = ".".join(map(str, machine.python))
    if (3, 10) <= machine.python <= (3, 13):
        return Check("python", True, version)
    return _blocking("python", f"expected 3.10 to 3.13, found {version}. Make the venv with such a Python.")


def architecture(machine: Machine) -> Check:
    where = f"{machine.processor}, {machine.bits}-bit" + (f", {machine.board}" if machine.board else "")
    if machine.bits == 64:
        return Check("architecture", True, where)
    kernel = " under a 64-bit kernel" if machine.processor in ("aarch64", "x86_64") else ""
    return _blocking(
        "architecture",
        f"{where}: a 32-bit system{kernel}, and LiteRT is made for 64 bits only. "
        f"Install the 64-bit system (on a Raspberry Pi: Raspberry Pi OS, 64-bit).",
    )


def numpy(machine: Machine) -> Check:
    return _library("numpy", machine.libraries["numpy"], _NUMPY)


def opencv(machine: Machine) -> Check:
    trial = machine.libraries["cv2"]
    version = re.match(r"(\d+)\.(\d+)", trial.text)
    # Another package may have brought it, which a second one would lie over.
    requirement = _OPENCV.replace("opencv-python", next(iter(machine.opencv_packages), "opencv-python"))
    if trial.worked and version and tuple(map(int, version.groups())) < _LEAST_OPENCV:
        least = ".".join(map(str, _LEAST_OPENCV))
        return _blocking(
            "opencv", f"expected {least} or newer, found {trial.text}. Run: {_PIP} {requirement}"
        )
    return _library("opencv", trial, requirement)


def opencv_packages(machine: Machine) -> Check:
    """Two of them own the same files: which of the two is imported is chance, and removing one breaks both."""
    packages = machine.opencv_packages
    if len(packages) < 2:
        return Check("opencv pip", True, packages[0] if packages else "none by pip")
    keep = "opencv-python" if "opencv-python" in packages else packages[0]
    leave = " ".join(name for name in packages if name != keep)
    return Check(
        "opencv pip",
        False,
        f"{' and '.join(packages)} overwrite each other. Run: python -m pip uninstall -y {leave} && "
        f"{_PIP} --force-reinstall --no-deps {keep}",
    )


def litert(machine: Machine) -> Check:
    trial = machine.libraries["ai_edge_litert.interpreter"]
    if not trial.worked and machine.bits != 64:
        return _blocking("litert", "there is none for a 32-bit system. See architecture.")
    return _library("litert", trial, _LITERT)


def model(machine: Machine) -> Check:
    if not machine.model_error:
        return Check("model", True, str(machine.model))
    return _blocking(
        "model",
        f"{machine.model}: {machine.model_error}. Install the package again, or name a file by --model.",
    )


def threads(machine: Machine) -> Check:
    more = f"; --threads {min(machine.cores, 4)} may be faster" if machine.cores > 1 else ""
    return Check("threads", True, f"1 is used of {machine.cores}{more}")


def speed(machine: Machine) -> Check:
    if machine.speed is None:
        return Check("speed", False, "not measured. Solve the problems above first.")
    if not machine.speed.worked:
        return _blocking(
            "speed", f"the model does not run: {machine.speed.text}. Run: {_PIP} --force-reinstall {_LITERT}"
        )
    return Check("speed", True, f"{machine.speed.text} frames/s on one thread, one object")


def camera(machine: Machine) -> Check:
    """No camera does not block: there are video files, too."""
    giving = [camera for camera in machine.cameras if camera.picture is not None and camera.picture.worked]
    if giving:
        found = ", ".join(f"--source {camera.number} gives {camera.picture.text}" for camera in giving)
        return Check("camera", True, found)
    if not machine.cameras:
        return Check(
            "camera", False, "no /dev/video*. Plug in a USB camera, or give --source a video file or sim."
        )
    numbers = ", ".join(str(camera.number) for camera in machine.cameras)
    if not any(camera.allowed for camera in machine.cameras):
        return Check(
            "camera",
            False,
            f"camera {numbers}: this user may not open it. Run: sudo usermod -aG video $USER, then log in anew.",
        )
    if all(camera.picture is None for camera in machine.cameras):
        return Check("camera", False, f"camera {numbers}: not tried without OpenCV. Solve that first.")
    return Check(
        "camera",
        False,
        f"camera {numbers}: no picture. Close other programs that use it (fuser -v /dev/video*) and check its cable.",
    )


def picamera2(machine: Machine) -> Check:
    """For the ribbon cable's camera only, so it does not block."""
    if machine.libraries["picamera2"].worked:
        return Check("picamera2", True, "for the Raspberry Pi's ribbon camera")
    if not machine.board.startswith("Raspberry Pi"):
        return Check("picamera2", True, "not needed: no Raspberry Pi")
    if "numpy.dtype size changed" in machine.libraries["picamera2"].text:
        return Check(
            "picamera2",
            False,
            f"the system's simplejpeg is built for NumPy 1. For the ribbon camera run: {_PIP} --ignore-installed "
            f"--no-deps simplejpeg",
        )
    venv = "make the venv with: python3 -m venv --system-site-packages ~/getnet"
    if machine.system_picamera2:
        return Check("picamera2", False, f"this venv doesn't see the system's. For the ribbon camera {venv}")
    return Check(
        "picamera2",
        False,
        f"not installed. For the ribbon camera run: sudo apt install python3-picamera2, and {venv}",
    )


def display(machine: Machine) -> Check:
    if machine.needs_display and not machine.display:
        return Check("display", False, f"none to open a window on. {_HEADLESS}.")
    if machine.window is None:
        return Check(
            "display", False, f"no window was tried without OpenCV. Solve that first, or: {_HEADLESS}."
        )
    if machine.window.worked:
        return Check("display", True, f"{machine.display or 'the desktop'}, a window opens")
    if machine.opencv_packages and all(name.endswith("-headless") for name in machine.opencv_packages):
        package = machine.opencv_packages[0]
        return Check(
            "display",
            False,
            f"{package} has no windows. {_HEADLESS}, or run: python -m pip uninstall -y {package} && {_PIP} {_OPENCV}",
        )
    return Check("display", False, f"{machine.display}: OpenCV can't open a window there. {_HEADLESS}.")


def _library(name: str, trial: Trial, requirement: str) -> Check:
    if trial.worked:
        return Check(name, True, trial.text)
    return _blocking(name, f"{trial.text}. Run: {_cure(trial.text, requirement)}")


def _cure(error: str, requirement: str) -> str:
    """The command that mends a failed import."""
    missing = re.search(r"(lib[\w.+-]+\.so[.\d]*): cannot open", error)
    if missing is None:
        again = "" if "No module named" in error else "--force-reinstall "
        return f"{_PIP} {again}{requirement}"
    library = missing[1].rstrip(".")
    if library in _APT:
        return f"sudo apt install {_APT[library]}"
    return f"sudo apt install apt-file && sudo apt-file update && apt-file search {library}, and install what it names"


def _blocking(name: str, text: str) -> Check:
    return Check(name, False, text, blocks=True)
