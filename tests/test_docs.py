"""What the pages tell people to type, to click and to look at is there: README, docs/, the service file, the Makefile."""

import argparse
import ast
import importlib
import importlib.util
import re
import shlex
import subprocess
import sys

import bench
import pytest
from pages import PAGES, ROOT, anchors, blocks, calls, links, text_of, without_blocks

from edge_demo.__main__ import main as edge_demo

README = ROOT / "README.md"
CALLS = calls()
# Options that `autolabel.bulk` hands on to Apache Beam, which can't be installed beside TensorFlow.
BEAM = {
    "--direct_num_workers",
    "--direct_running_mode",
    "--environment_config",
    "--environment_type",
    "--flink_master",
    "--project",
    "--region",
    "--runner",
    "--sdk_container_image",
    "--spark_master_url",
    "--temp_location",
}
HAND_BOX_PX = (236, 87, 445, 350)  # of the cup in frames/hand.jpg; a person drew it

page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


class Reached(BaseException):
    """A command got as far as its parser, and goes no further. No `except Exception` may catch it."""


def main_of(call):
    """(the `main` that a call of Python runs, the words it gets)."""
    if call[0] != "-m":
        assert (ROOT / call[0]).is_file(), call[0]
        # benchmarks/ is no package; its files find each other by their bare names.
        name = call[0].removeprefix("benchmarks/").removesuffix(".py").replace("/", ".")
        module, words = importlib.import_module(name), list(call[1:])
        if call[0].startswith("benchmarks/"):
            return lambda words: bench.main(
                module.__doc__, module.arguments, module.measure, module.markdown, words
            ), words
        return module.main, words
    spec = importlib.util.find_spec(call[1])
    assert spec is not None, f"no module {call[1]}"
    name = call[1] + (".__main__" if spec.submodule_search_locations else "")
    return importlib.import_module(name).main, list(call[2:])


def reached(call, monkeypatch):
    """(the parser that a call meets, a subcommand's where there is one, the words that it is to parse)."""

    def reach(parser, words=None, namespace=None):
        raise Reached(parser, words)

    with monkeypatch.context() as patched:
        patched.setattr(argparse.ArgumentParser, "parse_args", reach)
        patched.setattr(argparse.ArgumentParser, "parse_known_args", reach)
        main, words = main_of(call)
        with pytest.raises(Reached) as caught:
            main(words)
    return caught.value.args


def options_of(parser):
    """The options of a parser, and of all that its words can lead to."""
    further = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    below = [option for one in further for inner in one.choices.values() for option in options_of(inner)]
    return [*parser._option_string_actions, *below]


def test_the_pages_show_the_commands_that_the_project_is_started_with():
    shown = {call[:2] for call in CALLS}
    assert shown >= {("-m", "edge_demo"), ("-m", "getnet_tf.train"), ("-m", "getnet_tf.evaluate")}
    assert {"export/to_tflite.py", "benchmarks/scenes.py"} <= {call[0] for call in CALLS}


@pytest.mark.parametrize("call", CALLS, ids=shlex.join)
def test_every_command_is_understood_as_it_is_shown(call, monkeypatch):
    parser, words = reached(call, monkeypatch)
    parser.allow_abbrev = False  # the pages show whole options, whatever a parser lets pass
    _, unknown = parser.parse_known_args(words)
    if parser.prog.endswith(".bulk"):
        unknown = {word.partition("=")[0] for word in unknown if word.startswith("-")} - BEAM
    assert not unknown, f"{CALLS[call]}: {parser.prog} does not know {unknown}"


def test_no_option_passes_for_a_longer_one(monkeypatch):
    parsers = [reached(call, monkeypatch)[0] for call in CALLS]
    assert not {parser.prog for parser in parsers if parser.allow_abbrev}


def test_every_option_that_the_prose_names_is_one_of_a_command_that_the_pages_show(monkeypatch):
    known = {option for call in CALLS for option in options_of(reached(call, monkeypatch)[0])}
    for path in PAGES:
        named = set(
            re.findall(
                r"(?<![\w-])(--[a-z][a-z-]*)", " ".join(re.findall(r"`(--[^`]*)`", without_blocks(path)))
            )
        )
        assert named <= known | BEAM, path.name


@pytest.mark.parametrize(
    "call",
    [("-m", "getnet_tf.train"), ("-m", "getnet_tf.evaluate"), ("-m", "edge_demo"), ("export/to_tflite.py",)],
    ids=shlex.join,
)
def test_commands_start_from_a_shell_and_refuse_an_unknown_option(call):
    done = subprocess.run(
        [sys.executable, *call, "--no-such"], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")


@page
def test_links_pictures_and_anchors_lead_somewhere(path):
    for target, anchor in links(path):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


@page
def test_files_that_are_named_exist(path):
    for name in re.findall(
        r"\b(?:benchmarks|export|getnet_tf|edge_demo|docs|tests)/[\w./-]*\.\w+", text_of(path)
    ):
        assert "NAME" in name or (ROOT / name).exists(), name  # of what is still to be written


@page
def test_what_a_link_names_in_a_file_is_defined_there(path):
    for name, file in re.findall(r"\[`(\w+)`\]\(([^)]+\.py)\)", text_of(path)):
        assert re.search(rf"^ *(def|class) {name}\b|^{name} =", text_of(path.parent / file), re.M), (
            f"{name} in {file}"
        )


@page
def test_nobody_is_told_to_fetch_a_package_of_our_name(path):
    """Who does not find it on PyPI may meet a stranger's there."""
    assert not re.search(r"install [^\n]*getnet-tf\b(?!/)", text_of(path))


def test_the_readme_is_a_front_page():
    assert len(text_of(README).splitlines()) <= 200


def test_the_readme_s_commands_find_the_cup_in_the_hand_and_not_in_the_street(place, capsys):
    tried = [
        call[2:] for call in CALLS if CALLS[call] == "README.md" and "edge_demo/examples/cup.png" in call
    ]
    assert len(tried) == 4
    said = []
    for words in tried:
        assert edge_demo(list(words)) == 0
        said.append(capsys.readouterr().out)
    assert ", this one " in said[0] and ", not there " in said[1]
    assert "2 frames, 1 with a match" in said[2]
    assert said[3] == "cup: 1 view\n"


def test_the_readme_s_python_runs_and_its_box_is_on_the_cup(place, capsys):
    names = {}
    for block in blocks(README, "python"):
        exec(block, names)
    xmin, ymin, xmax, ymax = names["found"].box_px
    left, top, right, bottom = HAND_BOX_PX
    shared = (min(xmax, right) - max(xmin, left)) * (min(ymax, bottom) - max(ymin, top))
    both = (xmax - xmin) * (ymax - ymin) + (right - left) * (bottom - top) - shared
    assert names["found"].match and shared / both > 0.5
    assert (place / "found.jpg").is_file()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder that holds the edge as the checkout does, and in which commands may leave their files."""
    (tmp_path / "edge_demo").symlink_to(ROOT / "edge_demo")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@page
def test_python_on_the_pages_is_python(path):
    for block in blocks(path, "python"):
        ast.parse(block)
