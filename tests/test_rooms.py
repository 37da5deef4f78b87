"""Which room may import from which, as docs/architecture.md says, and that no room waits for itself."""

import ast
import graphlib
import sys

import pytest
from checks import ROOT

EDGE_FOR_ALL = (
    *(
        "edge_demo.model",
        "edge_demo.asked_to_end",
        "edge_demo.bounds",
        "edge_demo.broken_pipe",
        "edge_demo.errors",
        "edge_demo.console",
        "edge_demo.folder_lock",
        "edge_demo.level",
        "edge_demo.manual",
        "edge_demo.output_file",
        "edge_demo.own_file",
    ),
    *("edge_demo.native_log", "edge_demo.native_path", "edge_demo.picture_files", "edge_demo.plain_file"),
    "edge_demo.whole_file",
)
# Room -> what of the others it may import, anywhere in its files; the longest name that fits a file counts.
MAY_IMPORT = {
    "edge_demo": ("edge_demo",),
    "getnet_tf": ("getnet_tf", *EDGE_FOR_ALL),
    "getnet_tf.autolabel": ("getnet_tf", *EDGE_FOR_ALL, "edge_demo.gallery"),
    "export": ("export", "getnet_tf", *EDGE_FOR_ALL),
}
OURS = ("edge_demo", "getnet_tf", "export")
# Of everybody else's packages, what the edge may import before somebody asks for a page or a broker.
EDGE_NEEDS = {"numpy", "cv2", "ai_edge_litert"}
EDGE_ON_DEMAND = {"aiohttp", "paho", "picamera2", "supervision"}
# Rooms that never need these: TensorFlow's Keras speaks in one room only.
TF_KERAS, QUANTIZER = "tf_keras", "tensorflow_model_optimization"


def modules():
    """Name -> syntax tree, of every module of ours."""
    found = {}
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(
                path.read_text("utf-8")
            )
    return found


MODULES = modules()


def imported(nodes):
    """The names that import statements bring, as full as can be told: "getnet_tf.data.pairs"."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            assert node.level == 0, f"a relative import of {node.module}"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def at_import(tree):
    """Statements that run when a module is imported: not those of functions, nor for type checkers alone."""
    for node in tree.body:
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            continue
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from at_import(node)
        yield node


def is_in(name, room):
    return name == room or name.startswith(f"{room}.")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_may(module):
    room = max((room for room in MAY_IMPORT if is_in(module, room)), key=len)
    for name in imported(ast.walk(MODULES[module])):
        if any(is_in(name, package) for package in OURS):
            assert any(is_in(name, allowed) for allowed in MAY_IMPORT[room]), f"{module} imports {name}"


def test_the_edge_imports_three_packages_and_asks_for_others_late():
    for module, tree in MODULES.items():
        if not is_in(module, "edge_demo"):
            continue
        own_or_builtin = {"edge_demo", *sys.stdlib_module_names}
        early = {name.split(".")[0] for name in imported(at_import(tree))} - own_or_builtin
        web = {"aiohttp"} if is_in(module, "edge_demo.web") else set()
        assert early <= EDGE_NEEDS | web, f"{module} imports {early}"
        anywhere = {name.split(".")[0] for name in imported(ast.walk(tree))} - own_or_builtin
        assert anywhere <= EDGE_NEEDS | EDGE_ON_DEMAND, f"{module} imports {anywhere}"


def test_only_the_exporter_speaks_tf_keras():
    for module, tree in MODULES.items():
        names = {name.split(".")[0] for name in imported(ast.walk(tree))}
        if not is_in(module, "export"):
            assert not names & {TF_KERAS, QUANTIZER}, f"{module} imports {names}"


def test_no_module_waits_for_itself():
    """Imports at import time have an order: nothing imports what is still importing it."""
    before = {
        module: {name for name in imported(at_import(tree)) if name in MODULES and name != module}
        for module, tree in MODULES.items()
    }
    order = list(
        graphlib.TopologicalSorter(before).static_order()
    )  # raises CycleError, which names the circle
    assert set(order) == set(MODULES)


@pytest.mark.parametrize("folder", ["export", "benchmarks"])
def test_no_file_beside_a_script_is_called_as_one_of_pythons_own_modules(folder):
    """A script's folder comes first where modules are sought: export/code.py was what `pdb` took for its `code`."""
    names = {path.stem for path in (ROOT / folder).glob("*.py")}
    assert not names & (sys.stdlib_module_names - {"__init__"})
