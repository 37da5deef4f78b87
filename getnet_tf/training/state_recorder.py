"""The callback that every training in phases needs: a run's log, and the state to resume it from."""

import csv
import io
import math
import pathlib
import time

import keras

from getnet_tf import checkpoint
from getnet_tf.errors import InputError
from getnet_tf.training.run_folder import read_log, write_text


class StateRecorder(keras.callbacks.Callback):
    """At the end of every log interval: looks at what is not learned from, logs, and saves the state to resume from.

    The state is written last, so after a kill the log may be one row ahead of it; `resume` cuts that row off. Subclasses
    define `look`.

    Args:
        folder: of the run.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder, self.rows = pathlib.Path(folder), []

    def look(self, trainer, logs):
        """Adds what it sees to `logs`, a dict of numbers."""

    def resume(self, trainer):
        """Brings a trainer and the log to where the last saved state was; the first step if there is none.

        Raises:
            InputError: if one of them is damaged, or the log does not say how the state came to be.
        """
        state = self.folder / "state.npz"
        if state.is_file():
            checkpoint.load_state(state, trainer)
        self.rows = [row for row in read_log(self.folder) if int(row["step"]) <= trainer.step]
        every = trainer.config.log_every
        if [int(row["step"]) for row in self.rows] != list(range(every, trainer.step + 1, every)):
            raise InputError(
                f"{self.folder / 'log.csv'} is damaged: expected a row for every {every} steps up to {trainer.step}, where "
                f"state.npz is. Train into another --out."
            )

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
        self.look(trainer, logs)
        row = {
            "step": trainer.step,
            "phase": trainer.phase(trainer.step - 1),
            **{k: repr(float(v)) for k, v in logs.items()},
        }
        self.rows.append(row)
        self.write(trainer)

    def write(self, trainer):
        """Writes the log and, last, the state."""
        text = io.StringIO()
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.folder / "log.csv", text.getvalue())
        checkpoint.save_state(self.folder / "state.npz", trainer)
