"""What was found in one picture: plain values that go through processes, the journal and every format alike."""

import dataclasses

DOUBTFUL = 0.25  # doubt from which a person should look: a score nearer to the threshold than to certainty


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
    def doubt(self):
        """In [0, 1]: how far the score is from certainty about `kept`, or the looks from each other; 0 once decided."""
        if self.decided:
            return 0.0
        return max(1 - self.score if self.kept else self.score, self.spread)


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
        """The inverse of `to_json`, also after a round trip through JSON."""
        candidates = tuple(
            Candidate(**{**one, "box_px": tuple(one["box_px"])}) for one in fields["candidates"]
        )
        return cls(fields["path"], fields["width"], fields["height"], candidates)


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
    """The inverse of `result_to_json`; other fields do not matter."""
    if "label" in fields:
        return Label.from_json(fields["label"])
    return Failure(fields["path"], fields["failure"]["reason"])
