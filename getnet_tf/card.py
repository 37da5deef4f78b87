"""What a checkpoint says about itself; readable without TensorFlow."""

import dataclasses
import pathlib
import subprocess

from getnet_tf import archive
from getnet_tf.config import RunConfig
from getnet_tf.errors import InputError
from getnet_tf.evaluation.calibration import Calibration
from getnet_tf.typed import check_types

MEMBER = "getnet.json"  # inside the `.keras` archive
ADVICE = "Expected a checkpoint that `python -m getnet_tf.train` wrote."


@dataclasses.dataclass(frozen=True)
class Card:
    """What a checkpoint says about itself."""

    config: RunConfig
    calibration: Calibration
    command: str  # that trained it
    commit: str  # of the code that trained it
    seconds: float  # of training, over all sittings
    scores: dict  # on validation data
    localiser_start: str | None = None  # "shipped", "scratch", or None: not known, or none that starts apart
    # Fingerprints of the pictures it learned from and was calibrated on, as `data.seen` has them; None: not known, or no files.
    seen: dict | None = None

    def to_json(self):
        """The card as nested plain dicts."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields):
        """The inverse of `to_json`."""
        check_types(cls, fields)
        check_types(Calibration, fields["calibration"])
        config, calibration = RunConfig.from_json(fields["config"]), Calibration(**fields["calibration"])
        return cls(**{**fields, "config": config, "calibration": calibration})


def read_card(path):
    """Reads what a checkpoint says about itself, without its network.

    Args:
        path: the `.keras` file, or the run folder that holds `model.keras`.

    Raises:
        InputError: if there is no such file, it is no checkpoint of ours, or it is damaged.
    """
    path = file_of(path)
    fields = archive.read_fields(path, MEMBER, "is a Keras model, but not one of ours", ADVICE)
    try:
        return Card.from_json(fields)
    except ValueError as error:
        raise InputError(
            f"{path}: {error} Its {MEMBER} is damaged, or of another version of getnet_tf."
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: its {MEMBER} is of another version of getnet_tf ({error}). Train the model again."
        ) from error


def file_of(path):
    """The `.keras` file itself, given it or the run folder that holds it."""
    path = pathlib.Path(path)
    return path / "model.keras" if path.is_dir() else path


def commit():
    """The commit of the code that runs, with "+" if files were changed since; "unknown" outside a checkout."""
    here = pathlib.Path(__file__).parent
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=here,
            capture_output=True,
            text=True,
        )
    except OSError:
        return "unknown"
    return run.stdout.strip() if run.returncode == 0 else "unknown"
