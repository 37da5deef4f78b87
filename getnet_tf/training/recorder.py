"""The callback that watches pairs while a `GetNet` learns, and writes log, boxes and the state to resume from."""

import json

import numpy as np

from getnet_tf.evaluation import metrics
from getnet_tf.evaluation.predictor import KerasPredictor, predict_pairs
from getnet_tf.training.run_folder import WATCHED_PAIRS, WATCHED_PICTURES, read_boxes, write_text
from getnet_tf.training.state_recorder import StateRecorder


class RunRecorder(StateRecorder):
    """Validates on a few pairs at the end of every log interval, and keeps where the network then looks.

    Args:
        folder: of the run.
        pairs: `Pairs` of the validation split.
        watched: how many of them are looked at.
    """

    def __init__(self, folder, pairs, watched=WATCHED_PAIRS):
        super().__init__(folder)
        self.pairs, self.boxes = pairs, []
        self.predictor = None  # of the network that is trained; set when training begins
        self.batches = list(pairs.once(watched))

    def resume(self, trainer):
        super().resume(trainer)
        self.boxes = [line for line in read_boxes(self.folder) if line["step"] <= trainer.step]

    def set_model(self, model):
        super().set_model(model)
        if self.predictor is None:  # its trace serves all phases
            self.predictor = KerasPredictor(model.network)

    def look(self, trainer, logs):
        """Adds val_accuracy and, where boxes are known, val_iou."""
        predictions = predict_pairs(self.predictor, self.batches)
        threshold = metrics.best_threshold(predictions.label, predictions.distance)
        logs["val_accuracy"] = metrics.pair_accuracy(predictions.label, predictions.distance, threshold)
        if predictions.boxes is not None:
            if predictions.true_boxes is not None:
                ious = metrics.iou(predictions.boxes, predictions.true_boxes, trainer.network.config.image_hw)
                logs["val_iou"] = float(ious.mean())
            watched = np.round(predictions.boxes[0, :WATCHED_PICTURES].astype(float), 3)
            self.boxes.append({"step": trainer.step, "boxes": watched.tolist()})

    def write(self, trainer):
        write_text(self.folder / "boxes.jsonl", "".join(json.dumps(line) + "\n" for line in self.boxes))
        super().write(trainer)
