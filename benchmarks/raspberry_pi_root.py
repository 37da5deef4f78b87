"""A Raspberry Pi's file system in a folder: Debian's packages for 64-bit ARM, and the wheels of the edge install.

Nothing is installed in it by its own tools, which would all have to run emulated: packages and wheels are unpacked.
"""

import dataclasses
import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

from getnet_tf.errors import InputError

EMULATOR = "qemu-aarch64-static"
TOOLS = {
    EMULATOR: "qemu-user-static",
    "debootstrap": "debootstrap",
    "dpkg": "dpkg",
}  # command: Debian package
HOME = "opt/getnet"  # of what is ours, inside the root
WHEELS = f"{HOME}/site-packages"
# pip takes a tag literally and none implies another.
PLATFORMS = (
    "manylinux_2_28_aarch64",
    "manylinux_2_27_aarch64",
    "manylinux_2_17_aarch64",
    "manylinux2014_aarch64",
)
CORES = 4


@dataclasses.dataclass(frozen=True)
class System:
    """A Raspberry Pi and its Debian."""

    name: str
    release: str  # of Debian
    python: str
    cpu: str  # as the emulator calls it
    part: str  # the processor's number of that core, in /proc/cpuinfo
    features: str  # that /proc/cpuinfo names; those of the emulated core that kernels are chosen by
    packages: tuple[str, ...]  # that opencv-python's wheel needs besides Python


SYSTEMS = {
    "pi4": System(
        "Pi 4, Bookworm", "bookworm", "3.11", "cortex-a72", "0xd08",
        "fp asimd evtstrm crc32 cpuid", ("libgl1", "libglib2.0-0"),
    ),
    "pi5": System(
        "Pi 5, Trixie", "trixie", "3.13", "cortex-a76", "0xd0b",
        "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
        ("libgl1", "libglib2.0-0t64"),
    ),
}  # fmt: skip


def require_tools():
    """Ends early, and with the remedy, where a program is missing.

    Raises:
        InputError: names them and how to install them.
    """
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        packages = " ".join(TOOLS[tool] for tool in missing)
        raise InputError(f"Not installed: {', '.join(missing)}. Run: sudo apt-get install {packages}")


def build(system, work):
    """The root of a system, built unless it is there.

    Args:
        system: `System`.
        work: path of a folder; 1 GB for each root.

    Returns:
        path of the root.
    """
    root = pathlib.Path(work) / f"{system.release}-{system.cpu}"
    if root.is_dir():
        return root
    if os.geteuid() != 0:
        raise InputError(
            "debootstrap only works for root. Run this once with sudo; later runs reuse what it made."
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    partial = root.with_name(f".partial-{root.name}")
    shutil.rmtree(partial, ignore_errors=True)
    print(f"{system.name}: Debian's packages", file=sys.stderr)
    unpack_debian(system, partial)
    print(f"{system.name}: wheels", file=sys.stderr)
    unpack_wheels(system, partial)
    write_processor(system, partial)
    partial.rename(root)
    return root


def unpack_debian(system, root):
    """Python and the libraries below it. The second stage, which runs on the machine itself, is left out."""
    packages = ",".join(("python3", *system.packages))
    options = ("--arch=arm64", "--variant=minbase", f"--include={packages}", "--foreign")
    log = root.with_suffix(".log")
    call(["debootstrap", *options, system.release, str(root)], log)
    archives = root / "var/cache/apt/archives"
    for package in sorted(archives.glob("*.deb")):
        call(["dpkg", "-x", str(package), str(root)], log)
        package.unlink()
    shutil.rmtree(root / "debootstrap")


def unpack_wheels(system, root):
    """What `pip install` of this project would fetch on that machine."""
    downloads = root / "tmp/wheels"
    version = system.python.replace(".", "")
    options = ["--only-binary=:all:", "--python-version", system.python, "--implementation", "cp"]
    for abi in (f"cp{version}", "abi3", "none"):
        options += ["--abi", abi]
    for platform in PLATFORMS:
        options += ["--platform", platform]
    command = [sys.executable, "-m", "pip", "download", "--dest", str(downloads), *options]
    call([*command, *edge_requirements()], root.with_suffix(".log"))
    for wheel in sorted(downloads.glob("*.whl")):
        with zipfile.ZipFile(wheel) as content:
            content.extractall(root / WHEELS)
    shutil.rmtree(downloads)


def edge_requirements():
    """Those of the base install."""
    return [line for line in importlib.metadata.requires("getnet-tf") if "extra ==" not in line]


def write_processor(system, root):
    """What the kernel would tell about the processor.

    LiteRT reads it when an interpreter is made, and crashes on a machine of which it can't count the cores.
    """
    core = (
        f"BogoMIPS\t: 108.00\nFeatures\t: {system.features}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
    )
    core += f"CPU variant\t: 0x0\nCPU part\t: {system.part}\nCPU revision\t: 3\n\n"
    (root / "proc/cpuinfo").write_text("".join(f"processor\t: {i}\n{core}" for i in range(CORES)))
    folder = root / "sys/devices/system/cpu"
    folder.mkdir(parents=True)
    for name in ("possible", "present", "online"):
        (folder / name).write_text(f"0-{CORES - 1}\n")


def command(system, root):
    """How to start that system's Python here: (argv, environment).

    The emulator looks for every path in the root first, so no chroot is needed, and pictures and results may lie outside.
    """
    argv = [EMULATOR, "-cpu", system.cpu, "-L", str(root), str(root / "usr/bin" / f"python{system.python}")]
    folders = (root / HOME, root / WHEELS)
    environment = {
        "PYTHONPATH": ":".join(map(str, folders)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
    }
    return argv, environment


def copy_edge(root, edge):
    """The checkout's edge into the root, as it is now."""
    target = root / HOME / edge.name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(edge, target, ignore=shutil.ignore_patterns("__pycache__"))


def megabytes(folder):
    """Size of all files below a folder, in millions of bytes; hard links count once."""
    seen = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(parent, name))
            seen[status.st_dev, status.st_ino] = status.st_size
    return sum(seen.values()) / 1e6


def call(command, log):
    """Runs a program that says nothing unless it fails."""
    with open(log, "a") as file:
        code = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        raise InputError(
            f"{command[0]} ended with {code}: {lines[-1] if lines else 'no message'} (see {log})"
        )
