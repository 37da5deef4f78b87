"""What was found in one picture: plain values that go through processes, the journal and every format alike."""

import dataclasses
import pathlib

from edge_demo.level import LEVEL
from edge_demo.own_file import is_int
from getnet_tf.typed import check_types

DOUBTFUL = (
    1 - LEVEL / 100
)  # doubt from which a person should look: what is likelier it than not, and yet no sure match
MOST_SIDE_PX = 2**20  # of a picture


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One place that may show an object."""

    name: str  # of the object
    box_px: tuple[float, float, float, float]  # (xmin, ymin, xmax, ymax), pixels of the upright picture
    score: float  # calibrated, in [0, 1]
    kept: bool  # whether it is a label; others are the best of what was not believed
    spread: float = 0.0  # 1 - mean IoU of several looks with the box; 0 after one look
    decided: bool = False  # by a person, who said what `kept` is

    @property
    def found(self):
        """What it was found as: (name, box_px)."""
        return self.name, self.box_px

    @property
    def doubt(self):
        """In [0, 1]: how far the score is from certainty about `kept`, or the looks from each other; 0 once decided."""
        if self.decided:
            return 0.0
        return max(1 - self.score if self.kept else self.score, self.spread)


@dataclasses.dataclass(frozen=True)
class Judged(Candidate):
    """A candidate that a person decided about; perhaps it has another name or box since."""

    was: tuple[str, tuple[float, float, float, float]] | None = None  # name and box as they were found
    like: bool = False  # whether it is one of the object's kind, but another one

    @property
    def found(self):
        """As `Candidate.found`."""
        return self.was


@dataclasses.dataclass(frozen=True)
class Label:
    """One picture. `candidates` are sorted, the surest first; a picture without a kept one is a negative."""

    path: str  # relative to the folder of pictures, with "/"
    width: int
    height: int
    candidates: tuple[Candidate, ...]

    @property
    def kept(self):
        """The candidates that are labels."""
        return tuple(candidate for candidate in self.candidates if candidate.kept)

    @property
    def doubt(self):
        """The greatest of its candidates; 0 without any."""
        return max((candidate.doubt for candidate in self.candidates), default=0.0)

    def to_json(self):
        """A dict of JSON's types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields):
        """The inverse of `to_json`, also after a round trip through JSON. Raises as `result_from_json`."""
        path, size = _inner_path(fields["path"]), (fields["width"], fields["height"])
        if not isinstance(fields["candidates"], (list, tuple)):
            raise TypeError("candidates that are no list")
        if not all(is_int(side, 1, MOST_SIDE_PX) for side in size):
            raise ValueError(f"a picture of {size}")
        return cls(path, *size, tuple(_candidate(one) for one in fields["candidates"]))


@dataclasses.dataclass(frozen=True)
class Failure:
    """A picture that could not be used, and why."""

    path: str  # relative to the folder of pictures, with "/"
    reason: str


def result_to_json(result):
    """A `Label` or a `Failure` as a dict of JSON's types."""
    if isinstance(result, Failure):
        return {"path": result.path, "failure": {"reason": result.reason}}
    return {"path": result.path, "label": result.to_json()}


def result_from_json(fields):
    """The inverse of `result_to_json`; other fields do not matter.

    Raises:
        ValueError, KeyError, TypeError: for what `result_to_json` does not give: it may come from a file that was edited or rots.
    """
    if "label" not in fields:
        return Failure(_inner_path(fields["path"]), _text(fields["failure"]["reason"]))
    label = Label.from_json(fields["label"])
    if label.path != fields["path"]:
        raise ValueError(f"{label.path!r} in the line of {fields['path']!r}")
    return label


def _candidate(fields):
    check_types(Candidate, {**fields, "box_px": tuple(fields["box_px"])})
    found = Candidate(**{**fields, "box_px": tuple(fields["box_px"])})
    xmin, ymin, xmax, ymax = found.box_px
    if not (xmin <= xmax and ymin <= ymax and 0 <= found.score <= 1 and 0 <= found.spread <= 1):
        raise ValueError(f"a box {found.box_px} of score {found.score} and spread {found.spread}")
    _text(found.name)
    return found


def _inner_path(text):
    """A path that stays in the folder that it is relative to: files are written by it."""
    path = pathlib.PurePosixPath(_text(text))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"the path {text!r}")
    return text


def _text(value):
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"the text {value!r:.40}")
    return value
