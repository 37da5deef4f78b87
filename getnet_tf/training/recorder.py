"""The callback that writes a run's log, and the state to resume it from."""

import csv
import io
import json
import math
import pathlib
import time

import keras
import numpy as np

from getnet_tf import checkpoint
from getnet_tf.errors import InputError
from getnet_tf.evaluation import metrics
from getnet_tf.evaluation.predictor import KerasPredictor, predict_pairs
from getnet_tf.training.run_folder import WATCHED_PAIRS, WATCHED_PICTURES, read_boxes, read_log, write_text


class RunRecorder(keras.callbacks.Callback):
    """At the end of every log interval: validates on a few pairs, logs, and saves the state to resume from.

    The state is written last, so after a kill the log may be one row ahead of it; `resume` cuts that row off.

    Args:
        folder: of the run.
        pairs: `Pairs` of the validation split.
        watched: how many of them are looked at.
    """

    def __init__(self, folder, pairs, watched=WATCHED_PAIRS):
        super().__init__()
        self.folder, self.pairs = pathlib.Path(folder), pairs
        self.rows, self.boxes = [], []
        self.predictor = None  # of the network that is trained; set when training begins
        self.batches = list(pairs.once(watched))

    def resume(self, trainer):
        """Brings a trainer and the log to where the last saved state was; the first step if there is none."""
        state = self.folder / "state.npz"
        if state.is_file():
            checkpoint.load_state(state, trainer)
        self.rows = [row for row in read_log(self.folder) if int(row["step"]) <= trainer.step]
        self.boxes = [line for line in read_boxes(self.folder) if line["step"] <= trainer.step]

    def set_model(self, model):
        super().set_model(model)
        if self.predictor is None:  # its trace serves all phases
            self.predictor = KerasPredictor(model.network)

    def on_epoch_begin(self, epoch, logs=None):
        self.begun = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        trainer = self.model
        trainer.seconds += time.monotonic() - self.begun
        if not all(math.isfinite(value) for value in logs.values()):
            raise InputError(
                f"The loss is not finite at step {trainer.step}. Lower --learning-rate and train again, "
                f"into another --out."
            )
        predictions = predict_pairs(self.predictor, self.batches)
        threshold = metrics.best_threshold(predictions.label, predictions.distance)
        logs["val_accuracy"] = metrics.pair_accuracy(predictions.label, predictions.distance, threshold)
        if predictions.boxes is not None:
            if predictions.true_boxes is not None:
                ious = metrics.iou(predictions.boxes, predictions.true_boxes, trainer.network.config.image_hw)
                logs["val_iou"] = float(ious.mean())
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
