"""What the README tells people to type exists, and every command answers --help."""

import pathlib
import re
import subprocess
import sys

import pytest
from checks import ROOT

README = pathlib.Path(ROOT, "README.md").read_text(encoding="utf-8")
SERVICE = pathlib.Path(ROOT, "docs", "getnet.service").read_text(encoding="utf-8")
MAKEFILE = pathlib.Path(ROOT, "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")


def commands():
    """(how to call it, the flags it is given) for every command in the README and the Makefile's demo."""
    blocks = re.findall(r"```bash\n(.*?)```", README, re.S)
    lines = [line.split("#")[0] for block in blocks for line in block.splitlines()]
    lines += [line for line in SERVICE.splitlines() if line.startswith("ExecStart=")]
    lines += [line.replace("$(RUN)", "python") for line in MAKEFILE.splitlines() if "$(RUN)" in line]
    found = {}
    for line in lines:
        match = re.search(
            r"python (-m getnet_tf[.\w]*|-m edge_demo(?: match)?|export/\w+\.py|benchmarks/\w+\.py)(.*)", line
        )
        if match:
            found.setdefault(match[1], set()).update(re.findall(r" (--[a-z_-]+)", match[2]))
    return sorted((call, tuple(sorted(flags))) for call, flags in found.items())


def test_the_readme_shows_the_commands_that_the_project_is_started_with():
    calls = {call for call, _ in commands()}
    assert calls >= {"-m getnet_tf.train", "-m getnet_tf.evaluate", "export/to_tflite.py", "-m edge_demo"}


@pytest.mark.parametrize(
    ("call", "flags"), commands(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_answers_help_and_knows_the_flags_it_is_given(call, flags):
    done = subprocess.run(
        [sys.executable, *call.split(), "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    for flag in flags:
        assert re.search(rf"{flag}\b", done.stdout), f"{call} does not know {flag}"


@pytest.mark.parametrize(
    "call", ["-m getnet_tf.train", "-m getnet_tf.evaluate", "-m edge_demo", "export/to_tflite.py"]
)
def test_an_unknown_option_is_refused(call):
    done = subprocess.run(
        [sys.executable, *call.split(), "--no-such"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_links_and_pictures_of_the_readme_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert pathlib.Path(ROOT, target).exists(), target
