"""What the checkpoint of a training on cached maps says about itself; readable without TensorFlow."""

import dataclasses
import math

from edge_demo.own_file import Damaged, opened
from getnet_tf import archive
from getnet_tf.card import file_of
from getnet_tf.errors import InputError
from getnet_tf.training.on_maps.config import MapConfig
from getnet_tf.typed import check_types


@dataclasses.dataclass(frozen=True)
class MapCard:
    """What a checkpoint says about itself. Subclasses set the attributes that are no fields.

    Attributes:
        member: of the `.keras` archive, where the card is.
        noun: what the network is called in messages.
        advice: how such a checkpoint is made.
        config_class: of `config`.
    """

    config: MapConfig
    command: str  # that trained it
    commit: str  # of the code that trained it
    seconds: float  # of training, over all sittings
    scores: dict  # on watched pairs, the last of each phase; None where none were watched

    member = noun = advice = ""
    config_class = MapConfig

    def to_json(self):
        """The card as nested plain dicts."""
        # JSON has no number for what was not watched.
        scores = {name: value if math.isfinite(value) else None for name, value in self.scores.items()}
        return {**dataclasses.asdict(self), "config": self.config.to_json(), "scores": scores}

    @classmethod
    def read(cls, path):
        """What a checkpoint, or the one of a run folder, says about itself, without its network. Raises InputError if it says nothing."""
        path = file_of(path)
        fields = archive.read_fields(path, cls.member, f"holds no {cls.noun}", cls.advice)
        try:
            check_types(cls, fields)
            return cls(**{**fields, "config": cls.config_class.from_json(fields["config"])})
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path} is not a checkpoint, or a damaged one ({error}). {cls.advice}"
            ) from error

    @classmethod
    def is_in(cls, path):
        """Whether a file, or the `model.keras` of a run folder, has such a card, whole or damaged."""
        path = file_of(path)
        try:
            with opened(path) as archive:
                return cls.member in archive.namelist()
        except (Damaged, FileNotFoundError):
            return False

    @classmethod
    def load(cls, path, network_class):
        """The network of a checkpoint, or of a run folder's. Raises InputError if there is none, or it is damaged or another one."""
        card, path = cls.read(path), file_of(path)
        network = archive.load_network(path, cls.advice)
        if not isinstance(network, network_class) or not network.fits(card.config):
            raise InputError(f"{path} holds another network than its {cls.member} says. Train it again.")
        return network
