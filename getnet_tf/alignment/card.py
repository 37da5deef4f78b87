"""What the checkpoint of an aligner says about itself; readable without TensorFlow."""

import dataclasses
import json
import zipfile

from getnet_tf.alignment.settings import AlignConfig
from getnet_tf.card import file_of
from getnet_tf.errors import InputError

MEMBER = "alignment.json"  # inside the `.keras` archive
ADVICE = "Expected a checkpoint that `python -m getnet_tf.alignment.train` wrote."


@dataclasses.dataclass(frozen=True)
class AlignCard:
    """What the checkpoint of an aligner says about itself."""

    config: AlignConfig
    command: str  # that trained it
    commit: str  # of the code that trained it
    seconds: float  # of training, over all sittings
    scores: dict  # on watched pairs, the last of each phase


def read_card(path):
    """What a checkpoint says about itself, without its network: `AlignCard`. Raises InputError if it says nothing."""
    path = file_of(path)
    if not path.is_file():
        raise InputError(f"No such checkpoint: {path}. {ADVICE}")
    try:
        with zipfile.ZipFile(path) as archive:
            fields = json.loads(archive.read(MEMBER))
    except KeyError as error:
        raise InputError(f"{path} holds no aligner: it has no {MEMBER}. {ADVICE}") from error
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise InputError(f"{path} is not a checkpoint, or a damaged one ({error}). {ADVICE}") from error
    try:
        return AlignCard(**{**fields, "config": AlignConfig.from_json(fields["config"])})
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path} is not a checkpoint, or a damaged one ({error}). {ADVICE}") from error


def is_aligner(path):
    """Whether a file, or the `model.keras` of a run folder, is a checkpoint of an aligner, whole or damaged."""
    path = file_of(path)
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return MEMBER in archive.namelist()
