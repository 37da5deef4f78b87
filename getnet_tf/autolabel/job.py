"""What is to be labelled with what: plain values, so that every process and every machine can do the same."""

import dataclasses
import pathlib

from edge_demo.gallery.objects import named_pictures
from edge_demo.model.description import hash_of
from edge_demo.model.shipped import SHIPPED_MODEL
from getnet_tf.autolabel.class_name import class_name
from getnet_tf.autolabel.search import ONE_LOOK, Effort
from getnet_tf.errors import InputError


@dataclasses.dataclass(frozen=True)
class View:
    """A picture that shows an object, which fills it."""

    name: str  # of the object
    path: str
    source: str = ""  # the picture of the set that it was cut out of: there it would find itself


@dataclasses.dataclass(frozen=True)
class Job:
    """Settings of a run, all that decides what a picture's label is."""

    root: str  # folder of the pictures
    views: tuple[View, ...]
    model: str = str(SHIPPED_MODEL)  # a `.tflite`, or a checkpoint
    by_folder: bool = False  # a picture shows what its folder is called, and nothing else is looked for
    effort: Effort = ONE_LOOK
    kinds: bool = False  # whether one of the kind is enough, even for a model that tells this one from others

    @property
    def names(self):
        """Of the objects, sorted: the classes."""
        return sorted({view.name for view in self.views})

    def fingerprint(self):
        """A dict that is another one if labels could be others: what the model and the views contain, not where they are."""
        digests = [[view.name, view.source, hash_of(view.path)] for view in self.views]
        return {
            "model": _model_digest(self.model),
            "views": sorted(digests),
            "by_folder": self.by_folder,
            "effort": dataclasses.asdict(self.effort),
            # Not named where it is not asked for, so that labels begun before it could be asked for are gone on with.
            **({"kinds": True} if self.kinds else {}),
        }


def views_of(paths):
    """What `--reference` names, as `edge_demo` takes it: a tuple of `View`.

    Raises:
        EdgeError: if a class can't be called so, two objects share a name, or a folder holds no picture.
        InputError: if a picture is missing.
    """
    views = tuple(
        View(name, str(picture))
        for name, pictures, _ in named_pictures([pathlib.Path(path) for path in paths], class_name)
        for picture in pictures
    )
    for view in views:
        if not pathlib.Path(view.path).exists():
            raise InputError(
                f"{view.path}: expected a picture of the object, found no such file. Check --reference."
            )
    return views


def _model_digest(path):
    path = pathlib.Path(path)
    if path.suffix == ".tflite":
        return hash_of(path)
    from getnet_tf.card import file_of

    return hash_of(file_of(path))
