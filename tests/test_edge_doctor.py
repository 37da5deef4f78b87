"""Every branch of every check, from made-up machines; and the command itself, with what it looks for broken."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge_demo.doctor import doctor
from edge_demo.doctor.machine import (
    Machine,
    Trial,
    VideoDevice,
    broken,
    camera_numbers,
    imported,
    installed,
    tried,
)

ROOT = Path(__file__).parents[1]
WELL = Machine(
    python=(3, 12),
    processor="aarch64",
    bits=64,
    board="Raspberry Pi 5 Model B Rev 1.0",
    cores=4,
    libraries={
        "numpy": Trial(True, "2.4.6"),
        "cv2": Trial(True, "4.13.0"),
        "ai_edge_litert.interpreter": Trial(True, "2.3.0"),
        "picamera2": Trial(True, "0.3.30"),
    },
    opencv_packages=("opencv-python",),
    system_picamera2=True,
    needs_display=True,
    display=":0",
    window=Trial(True, ""),
    cameras=(VideoDevice(0, True, Trial(True, "640x480")), VideoDevice(1, True, Trial(False, "no picture"))),
    model=Path("getnet.tflite"),
    model_error="",
    speed=Trial(True, "17.3"),
)


def changed(**fields):
    return dataclasses.replace(WELL, **fields)


def failing(library, error):
    return changed(libraries=WELL.libraries | {library: Trial(False, error)})


def lacking(name):
    return f"ImportError: {name}: cannot open shared object file: No such file or directory"


def test_on_a_healthy_machine_every_line_is_ok():
    checks = doctor.examined(WELL)
    assert all(check.ok and not check.blocks for check in checks)
    assert doctor.verdict(checks) == "Nothing stands in the way of --headless."
    assert str(checks[0]) == "ok      python:       3.12"
    assert doctor.camera(WELL).text == "--source 0 gives 640x480"
    assert doctor.threads(WELL).text == "1 is used of 4; --threads 4 may be faster"
    assert doctor.threads(changed(cores=1)).text == "1 is used of 1"


MISSING = "ModuleNotFoundError: No module named"
LITERT = "ai_edge_litert.interpreter"


@pytest.mark.parametrize(
    ("check", "machine", "advice"),
    [
        (doctor.python, changed(python=(3, 9)), "expected 3.10 to 3.13, found 3.9. Make the venv"),
        (doctor.python, changed(python=(3, 14)), "found 3.14"),
        (doctor.architecture, changed(bits=32, processor="armv7l"), "a 32-bit system, and LiteRT"),
        (doctor.architecture, changed(bits=32), "a 32-bit system under a 64-bit kernel"),
        (doctor.numpy, failing("numpy", f"{MISSING} 'numpy'"), 'pip install "numpy>=2.0,<3"'),
        (doctor.opencv, failing("cv2", f"{MISSING} 'cv2'"), 'pip install "opencv-python>=4.13,<6"'),
        (doctor.opencv, failing("cv2", lacking("libGL.so.1")), "Run: sudo apt install libgl1"),
        (doctor.opencv, failing("cv2", lacking("libxcb.so.1")), "Run: sudo apt install libxcb1"),
        (doctor.opencv, failing("cv2", lacking("libfoo-2.so.7")), "apt-file search libfoo-2.so.7"),
        (doctor.opencv, failing("cv2", "ended by SIGILL"), '--force-reinstall "opencv-python>=4.13,<6"'),
        (
            doctor.opencv,
            changed(libraries=WELL.libraries | {"cv2": Trial(True, "4.12.0")}),
            '4.13 or newer, found 4.12.0. Run: python -m pip install "opencv-python>=4.13,<6"',
        ),
        (
            doctor.opencv,
            changed(
                libraries=WELL.libraries | {"cv2": Trial(True, "4.10.0")},
                opencv_packages=("opencv-contrib-python-headless",),
            ),
            'pip install "opencv-contrib-python-headless>=4.13,<6"',
        ),
        (
            doctor.litert,
            failing(LITERT, f"{MISSING} 'ai_edge_litert'"),
            'pip install "ai-edge-litert>=2.1,<3"',
        ),
        (
            doctor.litert,
            dataclasses.replace(failing(LITERT, f"{MISSING} 'ai_edge_litert'"), bits=32),
            "none for a 32-bit system. See architecture",
        ),
        (doctor.model, changed(model_error="no such file"), "getnet.tflite: no such file. Install"),
        (doctor.speed, changed(speed=Trial(False, "ended by SIGILL")), "does not run: ended by SIGILL"),
    ],
)
def test_what_stands_in_the_way_is_said_with_its_cure(check, machine, advice):
    found = check(machine)
    assert (found.ok, found.blocks) == (False, True)
    assert advice in found.text
    assert "\n" not in str(found)
    assert found.name in doctor.verdict(doctor.examined(machine))


NO_PI = failing("picamera2", f"{MISSING} 'picamera2'")
UNTRIED = (VideoDevice(0, True, None),)


@pytest.mark.parametrize(
    ("check", "machine", "advice"),
    [
        (
            doctor.opencv_packages,
            changed(opencv_packages=("opencv-python", "opencv-python-headless")),
            "pip uninstall -y opencv-python-headless && python -m pip install --force-reinstall --no-deps opencv-python",
        ),
        (
            doctor.opencv_packages,
            changed(opencv_packages=("opencv-python-headless", "opencv-contrib-python")),
            "uninstall -y opencv-contrib-python &&",
        ),
        (doctor.speed, changed(speed=None), "not measured"),
        (doctor.camera, changed(cameras=()), "Plug in a USB camera, or give --source"),
        (doctor.camera, changed(cameras=(VideoDevice(0, False, None),)), "sudo usermod -aG video $USER"),
        (doctor.camera, changed(cameras=UNTRIED), "not tried without OpenCV"),
        (
            doctor.camera,
            changed(cameras=(VideoDevice(2, True, Trial(False, "")),)),
            "camera 2: no picture. Close",
        ),
        (doctor.picamera2, NO_PI, "make the venv with: python3 -m venv --system-site-packages"),
        (
            doctor.picamera2,
            dataclasses.replace(NO_PI, system_picamera2=False),
            "sudo apt install python3-picamera2, and make the venv with: python3 -m venv --system-site-packages",
        ),
        (
            doctor.picamera2,
            failing(
                "picamera2", "ValueError: numpy.dtype size changed, may indicate binary incompatibility."
            ),
            "python -m pip install --ignore-installed --no-deps simplejpeg",
        ),
        (doctor.display, changed(display="", window=None), "Use --headless --out DIR"),
        (doctor.display, changed(window=None), "Solve that first, or: Use --headless"),
        (
            doctor.display,
            changed(window=Trial(False, "")),
            ":0: OpenCV can't open a window there. Use --headless",
        ),
        (
            doctor.display,
            changed(window=Trial(False, ""), opencv_packages=("opencv-python-headless",)),
            "opencv-python-headless has no windows",
        ),
    ],
)
def test_what_headless_use_can_do_without_does_not_block(check, machine, advice):
    found = check(machine)
    assert (found.ok, found.blocks) == (False, False)
    assert advice in found.text
    assert doctor.verdict([found]) == "Nothing stands in the way of --headless."


def test_what_is_not_needed_here_is_fine():
    assert doctor.picamera2(dataclasses.replace(NO_PI, board="")).ok
    assert doctor.opencv_packages(changed(opencv_packages=())).ok
    assert doctor.display(changed(needs_display=False, display="")).text == "the desktop, a window opens"


def test_codecs_and_image_processors_are_no_cameras(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for name, device in (
        ("video10", "bcm2835-codec-decode"),
        ("video2", "HD Webcam"),
        ("video20", "pispbe-input"),
    ):
        (tmp_path / name).touch()
        (tmp_path / "known" / name).mkdir(parents=True)
        (tmp_path / "known" / name / "name").write_text(device + "\n")
    (tmp_path / "video0").touch()
    assert camera_numbers(tmp_path, tmp_path / "known") == (0, 2)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert camera_numbers(tmp_path) == (0, 1, 2, 3)


def test_a_trial_says_how_it_ended():
    assert tried(["-c", "print('first'); print('last')"]) == Trial(True, "last")
    assert tried(["-c", "raise ValueError('no')"]) == Trial(False, "ValueError: no")
    assert tried(["-c", "import os; os.kill(os.getpid(), 4)"]) == Trial(False, "ended by SIGILL")
    assert tried(["-c", "import time; time.sleep(9)"], timeout_s=0.1) == Trial(
        False, "no answer within 0.1 s"
    )


def test_packages_and_models_are_looked_up(tmp_path):
    assert imported("json.decoder").worked  # a package without a version
    assert imported("nowhere_to_be_found").text == f"{MISSING} 'nowhere_to_be_found'"
    assert installed("numpy")
    assert installed("nowhere-to-be-found") == ""
    assert broken(tmp_path / "none") == "no such file"
    (tmp_path / "cut").write_bytes(b"TFL3")
    assert broken(tmp_path / "cut") == "it is cut short or no model"
    assert broken(ROOT / "edge_demo" / "models" / "getnet.tflite") == ""


def run_edge(*argv, **environment):
    return subprocess.run(
        [sys.executable, "-m", "edge_demo", *argv],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def broken_libraries(tmp_path):
    """An OpenCV without libGL and a LiteRT that is not there, found before the real ones."""
    (tmp_path / "cv2.py").write_text(f"raise ImportError({lacking('libGL.so.1')[13:]!r})")
    missing = "raise ModuleNotFoundError(\"No module named 'ai_edge_litert'\")"
    (tmp_path / "ai_edge_litert.py").write_text(missing)
    return str(tmp_path)


def test_the_doctor_runs_where_opencv_and_litert_cannot_be_imported(broken_libraries):
    found = run_edge("doctor", PYTHONPATH=broken_libraries, DISPLAY="", WAYLAND_DISPLAY="")
    assert (found.returncode, found.stderr) == (2, "")
    lines = {line[8:].split(":")[0]: line for line in found.stdout.splitlines()}
    assert "sudo apt install libgl1" in lines["opencv"]
    assert 'pip install "ai-edge-litert>=2.1,<3"' in lines["litert"]
    assert lines["speed"].startswith("problem ")
    assert "--headless" in lines["display"]
    assert found.stdout.endswith("In the way, first things first: opencv, litert.\n")


def test_other_commands_send_to_the_doctor(broken_libraries):
    found = run_edge("--source", "sim", PYTHONPATH=broken_libraries)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("error: libGL.so.1: cannot open")
    assert found.stderr.endswith("What to do: python -m edge_demo doctor\n")
    assert found.stderr.count("\n") == 1


def test_the_doctor_measures_the_shipped_model():
    found = run_edge("doctor", "--seconds", "0.01", DISPLAY="", WAYLAND_DISPLAY="")
    assert (found.returncode, found.stderr) == (0, "")
    speed = next(line for line in found.stdout.splitlines() if "speed:" in line)
    assert speed.startswith("ok ")
    assert float(speed.split()[2]) > 0


def test_the_doctor_asks_for_what_the_package_asks_for():
    packaging = (ROOT / "setup.py").read_text("utf-8")
    for requirement in (doctor._NUMPY, doctor._OPENCV, doctor._LITERT):
        assert requirement in packaging


def test_an_opencv_that_is_too_old_is_one_line_that_names_the_doctor(tmp_path):
    """A module of its name, of a version whose logging was elsewhere, is found first."""
    (tmp_path / "cv2.py").write_text(
        "import types\n__version__ = '4.12.0'\nutils = types.SimpleNamespace()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "edge_demo", "match", "a.png", "b.png"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 2
    assert ended.stderr == (
        "error: expected OpenCV 4.13 or newer, received 4.12.0. What to do: python -m edge_demo doctor\n"
    )
