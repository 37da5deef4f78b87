"""What a training leaves behind: settings, log, moving boxes, the state to resume from, and the model.

RUN/config.json   the resolved settings
RUN/log.csv       one row per log interval
RUN/boxes.jsonl   target areas of a few fixed validation pictures, one line per log interval
RUN/state.npz     every variable, replaced at each interval; removed when training is done
RUN/model.keras   the checkpoint
"""

import csv
import io
import json
import math
import os
import pathlib
import time

import keras
import numpy as np

from getnet_tf import checkpoint, metrics
from getnet_tf.errors import InputError
from getnet_tf.predictor import KerasPredictor, predict_pairs

WATCHED_PAIRS = 250  # validation pairs looked at in each interval
WATCHED_PICTURES = 6  # whose boxes are kept


def write_text(path, text):
    """Writes a file beside, then renames it: it is there whole or not at all."""
    partial = pathlib.Path(path).with_name(f".partial-{pathlib.Path(path).name}")
    try:
        partial.write_text(text)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def prepare(folder, config, resume):
    """Makes a run's folder, or opens one to go on.

    Args:
        folder: path.
        config: `RunConfig`.
        resume: go on in a folder that was begun with the same settings.

    Raises:
        InputError: if the folder holds another run, or one that `resume` was not asked for.
    """
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file. Expected a folder for the run; give another --out.")
    settings = folder / "config.json"
    if settings.is_file():
        if not resume:
            raise InputError(
                f"{folder} holds a run already. Add --resume to go on with it, or give another --out."
            )
        if json.loads(settings.read_text()) != json.loads(json.dumps(config.to_json())):
            raise InputError(f"{folder} was begun with other settings (its config.json). Give another --out.")
    elif folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty and holds no run. Give another --out.")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(settings, json.dumps(config.to_json(), indent=1))


def read_log(folder):
    """The rows of a run's log as dicts of strings; empty if there is none."""
    path = pathlib.Path(folder) / "log.csv"
    return list(csv.DictReader(io.StringIO(path.read_text()))) if path.is_file() else []


def read_boxes(folder):
    """A run's moving boxes: list of {"step": int, "boxes": [[xmin, ymin, xmax, ymax], ...]}; empty if none."""
    path = pathlib.Path(folder) / "boxes.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


class RunRecorder(keras.callbacks.Callback):
    """At the end of every log interval: validates on a few pairs, logs, and saves the state to resume from.

    The state is written last, so after a kill the log may be one row ahead of it; `resume` cuts that row off.

    Args:
        folder: of the run.
        pairs: `DigitPairs` of the validation split.
    """

    def __init__(self, folder, pairs):
        super().__init__()
        self.folder, self.pairs = pathlib.Path(folder), pairs
        self.rows, self.boxes = [], []
        self.batches = list(pairs.once(WATCHED_PAIRS))

    def resume(self, trainer):
        """Brings a trainer and the log to where the last saved state was; the first step if there is none."""
        state = self.folder / "state.npz"
        if state.is_file():
            checkpoint.load_state(state, trainer)
        self.rows = [row for row in read_log(self.folder) if int(row["step"]) <= trainer.step]
        self.boxes = [line for line in read_boxes(self.folder) if line["step"] <= trainer.step]

    def set_model(self, model):
        super().set_model(model)
        self.predictor = KerasPredictor(model.network)

    def on_epoch_begin(self, epoch, logs=None):
        self.begun = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        trainer = self.model
        trainer.seconds += time.monotonic() - self.begun
        if not all(math.isfinite(value) for value in logs.values()):
            raise InputError(
                f"The loss is not finite at step {trainer.step}. Lower --learning-rate and train again."
            )
        predictions = predict_pairs(self.predictor, self.batches)
        threshold = metrics.best_threshold(predictions.label, predictions.distance)
        logs["val_accuracy"] = metrics.pair_accuracy(predictions.label, predictions.distance, threshold)
        if predictions.boxes is not None:
            image_hw = trainer.network.config.image_hw
            logs["val_iou"] = float(metrics.iou(predictions.boxes, predictions.true_boxes, image_hw).mean())
            watched = np.round(predictions.boxes[0, :WATCHED_PICTURES].astype(float), 3)
            self.boxes.append({"step": trainer.step, "boxes": watched.tolist()})
        row = {
            "step": trainer.step,
            "phase": trainer.phase(trainer.step - 1),
            **{k: repr(float(v)) for k, v in logs.items()},
        }
        self.rows.append(row)
        self.write(trainer)

    def write(self, trainer):
        """Writes log, boxes and, last, the state."""
        text = io.StringIO()
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.folder / "log.csv", text.getvalue())
        write_text(self.folder / "boxes.jsonl", "".join(json.dumps(line) + "\n" for line in self.boxes))
        checkpoint.save_state(self.folder / "state.npz", trainer)
