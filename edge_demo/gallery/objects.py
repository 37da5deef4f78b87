"""The objects of a run: what the command line names, what the gallery holds, what the user shows the camera."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.object_name import safe_name
from edge_demo.gallery.palette import color_of, free_number
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.still import Still
from edge_demo.gallery.views import KnownObject, match_objects
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import MatchResult
from edge_demo.model.preprocess import MIN_SIDE_PX, read_picture
from edge_demo.model.scan import Scan
from edge_demo.model.turns import Turns
from edge_demo.model.verdicts import Verdicts
from edge_demo.picture_files import PICTURE_SUFFIXES, is_picture


class Objects:
    """Objects that can be added to and deleted while they are looked for.

    Args:
        matcher: describes and finds them.
        gallery: where they are kept; None: they last for this run.
        scan: how a frame is searched; None: the whole of it, once.
    """

    def __init__(
        self, matcher: Matcher, gallery: Gallery | None = None, scan: Scan | Pursuit | Still | None = None
    ):
        self._matcher, self._gallery, self._scan = matcher, gallery, scan
        self._verdicts, self._turns = Verdicts(matcher), Turns()
        self._known: dict[str, KnownObject] = {}  # without a gallery
        self._numbers: dict[str, int] = {}  # of colours

    @property
    def known(self) -> list[KnownObject]:
        """Those of a gallery by name, others as they were added."""
        return list(self._known.values()) if self._gallery is None else self._gallery.objects

    @property
    def kept(self) -> bool:
        """Whether they outlive this run."""
        return self._gallery is not None

    def add(self, name: str, picture_bgr_u8: np.ndarray) -> KnownObject:
        """Adds a view, (H, W, 3) uint8, to a new or known object.

        Raises:
            EdgeError: for a name of which nothing is left, a picture that is blank or too small, a gallery that can't be
                written.
        """
        if self._gallery is not None:
            return self._gallery.add(name, picture_bgr_u8)
        name = safe_name(name)
        if min(picture_bgr_u8.shape[:2]) < MIN_SIDE_PX:
            raise EdgeError(
                f"{name}: expected a view of at least {MIN_SIDE_PX} pixels a side. Choose a larger area."
            )
        reference = self._matcher.describe(picture_bgr_u8, name)
        number = self._numbers.setdefault(name, free_number(set(self._numbers.values())))
        before = self._known[name].views if name in self._known else ()
        self._known[name] = KnownObject(name, color_of(number), (*before, reference))
        return self._known[name]

    def delete(self, name: str) -> None:
        """Forgets an object, in the gallery, too.

        Raises:
            EdgeError: if there is none of this name, or it can't be deleted there.
        """
        if self._gallery is not None:
            self._gallery.delete(name)
            return
        if name not in self._known:
            known = ", ".join(self._known) or "none"
            raise EdgeError(f"Expected the name of an object ({known}), received: {name!r:.80}.")
        del self._known[name], self._numbers[name]

    def match(self, frame_bgr_u8: np.ndarray) -> MatchResult:
        """Compares all objects with a frame, (H, W, 3) uint8."""
        if self._scan is not None:
            return self._scan.match(frame_bgr_u8, self.known)
        return match_objects(
            self._matcher, frame_bgr_u8, self.known, verdicts=self._verdicts, turns=self._turns
        )

    def add_files(self, paths: Sequence[Path]) -> None:
        """Adds what `--reference` names: see `named_pictures`.

        In a folder, a picture that can't be used is one line on stderr and left out.

        Raises:
            EdgeError: if two share a name, a file can't be used, or a folder holds none that can.
        """
        for name, pictures, named in named_pictures(paths):
            usable = 0
            for path in pictures:
                try:
                    self.add(name, read_picture(path))
                    usable += 1
                except EdgeError as error:
                    if named:
                        raise
                    print(f"Left out: {error}", file=sys.stderr)
            if not usable:
                raise EdgeError(
                    f"{pictures[0].parent}: expected pictures of {name}, none could be used. Take others."
                )


def named_pictures(paths: Sequence[Path]) -> list[tuple[str, list[Path], bool]]:
    """What references stand for: [(name of the object, its pictures, whether the picture itself was named)].

    A picture is an object of its own name. In a folder, every picture is an object of its own name, and every folder is an
    object with its pictures for views.

    Raises:
        EdgeError: if two objects share a name, or a folder holds no picture.
    """
    found = []
    for path in paths:
        if not path.is_dir():
            found.append((path.stem, [path], True))
            continue
        try:
            inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
            own = [(entry.stem, [entry], False) for entry in inside if is_picture(entry)]
            for folder in (entry for entry in inside if entry.is_dir()):
                pictures = sorted(entry for entry in folder.iterdir() if is_picture(entry))
                if pictures:
                    own.append((folder.name, pictures, False))
        except OSError as error:
            raise EdgeError(f"{path}: expected a readable folder, received: {error.strerror}.") from None
        if not own:
            raise EdgeError(
                f"{path}: expected pictures ({', '.join(PICTURE_SUFFIXES)}) or folders of them, found none."
            )
        found += own
    names = [name for name, _, _ in found]
    if len(set(names)) < len(names):
        raise EdgeError(
            f"Two references share a name, and results tell them apart by it: {', '.join(names)}. Rename one, or put "
            f"the views of one object into a folder of its name."
        )
    return found
