"""The objects of a run: what the command line names, what the gallery holds, what the user shows the camera."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from edge_demo.console import one_line
from edge_demo.errors import EdgeError
from edge_demo.gallery.gallery import Gallery
from edge_demo.gallery.object_name import check_apart, check_free, safe_name, same_key
from edge_demo.gallery.palette import color_of, free_number
from edge_demo.gallery.portrait import portrait
from edge_demo.gallery.pursuit import Pursuit
from edge_demo.gallery.still import Still
from edge_demo.gallery.views import KnownObject, check_side
from edge_demo.model.matcher import Matcher
from edge_demo.model.object_match import MatchResult
from edge_demo.model.preprocess import read_picture
from edge_demo.picture_files import PICTURE_SUFFIXES, contents_of, say_left_out


class Objects:
    """Objects that can be added to and deleted while they are looked for.

    Args:
        matcher: describes and finds them.
        gallery: where they are kept; None: they last for this run.
        search: how frames are searched; None: as those of a film, with normal effort.
    """

    def __init__(
        self, matcher: Matcher, gallery: Gallery | None = None, search: Pursuit | Still | None = None
    ):
        self._matcher, self._gallery, self._search = matcher, gallery, search
        self._known: dict[str, KnownObject] = {}  # without a gallery
        self._numbers: dict[str, int] = {}  # of colours
        self._aside: tuple[KnownObject, int] | None = None  # deleted, but not for good

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
        check_side(name, picture_bgr_u8)
        reference = self._matcher.describe(picture_bgr_u8, name)
        number = self._numbers.setdefault(name, free_number(set(self._numbers.values())))
        before = self._known.get(name)
        self._known[name] = (
            KnownObject(name, color_of(number), (reference,), portrait(picture_bgr_u8))
            if before is None
            else dataclasses.replace(before, views=(*before.views, reference))
        )
        return self._known[name]

    def not_this(self, name: str, picture_bgr_u8: np.ndarray) -> KnownObject:
        """Remembers a picture, (H, W, 3) uint8, of what was taken for an object and is not: what is nearer to it is no match.

        Raises:
            EdgeError: as `add` and `delete`.
        """
        if self._gallery is not None:
            return self._gallery.not_this(name, picture_bgr_u8)
        self._check_known(name)
        check_side(name, picture_bgr_u8)
        self._known[name] = self._known[name].unlike(self._matcher.describe(picture_bgr_u8, name))
        return self._known[name]

    def rename(self, name: str, other: str) -> KnownObject:
        """Gives an object another name, in the gallery, too.

        Raises:
            EdgeError: as `Gallery.rename`.
        """
        if self._gallery is not None:
            return self._gallery.rename(name, other)
        other = safe_name(other)
        self._check_known(name)
        check_free(name, other, self._known)
        # In its place, as those without a gallery are in the order of their making.
        self._known = {
            known.name: known
            for known in (one.renamed(other) if one.name == name else one for one in self._known.values())
        }
        self._numbers[other] = self._numbers.pop(name)
        return self._known[other]

    def delete(self, name: str) -> None:
        """Forgets an object, in the gallery, too.

        Raises:
            EdgeError: if there is none of this name, or it can't be deleted there.
        """
        self.put_aside(name)
        self.clear()

    def put_aside(self, name: str) -> None:
        """As `delete`, but `put_back` can undo it until the next one is put aside, or `clear`."""
        if self._gallery is not None:
            self._gallery.put_aside(name)
            return
        self._check_known(name)
        self._aside = self._known.pop(name), self._numbers.pop(name)

    def put_back(self) -> KnownObject | None:
        """Undoes the last `put_aside`; None if nothing is aside.

        Raises:
            EdgeError: as `Gallery.put_back`.
        """
        if self._gallery is not None or self._aside is None:
            return None if self._gallery is None else self._gallery.put_back()
        known, number = self._aside
        check_free("", known.name, self._known)
        self._aside = None
        self._known[known.name], self._numbers[known.name] = known, number
        return known

    def clear(self) -> None:
        """What is put aside is gone for good."""
        self._aside = None
        if self._gallery is not None:
            self._gallery.clear()

    def _check_known(self, name: str) -> None:
        if name not in self._known:
            known = ", ".join(self._known) or "none"
            raise EdgeError(f"Expected the name of an object ({known}), received: {name!r:.80}.")

    def match(self, frame_bgr_u8: np.ndarray, time_s: float | None = None) -> MatchResult:
        """Compares all objects with a frame, (H, W, 3) uint8, of this time; as `Pursuit.match`."""
        if self._search is None:
            self._search = Pursuit(self._matcher)
        return self._search.match(frame_bgr_u8, self.known, time_s)

    def add_files(self, paths: Sequence[Path]) -> None:
        """Adds what `--reference` names: see `named_pictures`.

        In a folder, a picture that can't be used is one line on stderr and left out.

        Raises:
            EdgeError: if two share a name, a file can't be used, or a folder holds none that can; a name differs from that of a known
                object by no more than case.
        """
        added = named_pictures(paths)
        for name, pictures, _ in added:
            self._check_new(name, pictures[0])
        for name, pictures, named in added:
            usable = 0
            for path in pictures:
                try:
                    self.add(name, read_picture(path))
                    usable += 1
                except EdgeError as error:
                    if named:
                        raise
                    print(one_line(f"Left out: {error}"), file=sys.stderr)
            if not usable:
                raise EdgeError(
                    f"{pictures[0].parent}: expected pictures of {name}, none could be used. Take others."
                )

    def _check_new(self, name: str, picture: Path) -> None:
        """That an object of a file's name is a new one, or one of the very name."""
        known = [known.name for known in self.known]
        other = next((other for other in known if same_key(other) == same_key(name)), name)
        if name not in known and other != name:
            raise EdgeError(
                f"{picture}: expected a name that differs from {other}, an object that is known, by more than case, received {name}. "
                f"Rename it: to {other}, if it is another view of it."
            )


def named_pictures(
    paths: Sequence[Path], called: Callable[[str], str] = safe_name
) -> list[tuple[str, list[Path], bool]]:
    """What references stand for: [(name of the object, its pictures, whether the picture itself was named)].

    A picture is an object of its own name. In a folder, every picture is an object of its own name, and every folder is an
    object with its pictures for views. What looks like a picture there and isn't one is counted and named on stderr.

    Args:
        paths: of pictures and folders.
        called: gives the name of an object, from that of a file; or raises EdgeError.

    Raises:
        EdgeError: if a file has a name that no object can have, two objects share a name, or a folder holds no picture.
    """
    found: list[tuple[Path, list[Path], bool]] = []  # what an object is called after, ...
    for path in paths:
        if not path.is_dir():
            found.append((path, [path], True))
            continue
        try:
            found += _objects_in(path)
        except OSError as error:
            raise EdgeError(f"{path}: expected a readable folder, received: {error.strerror}.") from None
    named = []
    for path, pictures, alone in found:
        text = path.name if path.is_dir() else path.stem
        try:
            named.append((called(text), pictures, alone))
        except EdgeError as error:
            raise EdgeError(f"{path}: {error}") from None
        if named[-1][0] != text:
            print(one_line(f"{path}: the object is called {named[-1][0]}."), file=sys.stderr)
    check_apart((name, path) for (name, *_), (path, *_) in zip(named, found, strict=True))
    return named


def _objects_in(folder: Path) -> list[tuple[Path, list[Path], bool]]:
    contents = contents_of(folder)
    own, left_out = [(path, [path], False) for path in contents.pictures], contents.left_out
    for inside in contents.folders:
        views = contents_of(inside)
        left_out += views.left_out
        if views.left_out and not views.pictures:
            say_left_out(left_out)
            raise EdgeError(
                f"{inside}: expected pictures of an object, found none that can be read. Convert them, or move them away."
            )
        if views.pictures:
            own.append((inside, views.pictures, False))
    say_left_out(left_out)
    if not own:
        raise EdgeError(
            f"{folder}: expected pictures ({', '.join(PICTURE_SUFFIXES)}) or folders of them, found none."
        )
    return own
