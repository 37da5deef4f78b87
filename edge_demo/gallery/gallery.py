"""Objects that survive a restart: a folder with a folder for each of them.

    things/
      cup/                   the object's name
        view-1.png           a view; the object fills it
        view-1.npz           what the model made of it, remade for another model or picture
      unlike/              pictures, as those above, of what was taken for it and is not
        object.json          {"color": 0}, a number for `palette.color_of`

The names of the pictures don't matter: put more into a folder by hand, of any common format, and they are views. A gallery
works without the other files, and where they can't be written.

Example:
    gallery = Gallery("things", matcher, description.hash_of("model.tflite"))
    gallery.add("cup", read_picture("cup.jpg"))
    print([known.name for known in gallery.objects])
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.folder_lock import FolderLock
from edge_demo.gallery.described import all_described
from edge_demo.gallery.object_folder import ABOUT, about, folders_in, holds, number_in, say
from edge_demo.gallery.object_name import check_free, is_plain, safe_name, same_key
from edge_demo.gallery.palette import color_of, free_number
from edge_demo.gallery.portrait import portrait
from edge_demo.gallery.views import KnownObject, check_side
from edge_demo.model import description
from edge_demo.model.matcher import Matcher
from edge_demo.model.reference import Reference
from edge_demo.whole_file import PARTIAL, remove, write_whole

UNLIKE = "unlike"
_ASIDE = ".deleted-"  # before the name of a folder


class Gallery:
    """A folder of objects, read once and kept in step.

    Args:
        folder: made when the first object is added.
        matcher: describes the pictures.
        model_hash: of the matcher's file; descriptions of another model are remade.

    Raises:
        EdgeError: if the folder can't be read. What is damaged inside is one line on stderr each, and left out.
    """

    def __init__(self, folder: str | os.PathLike[str], matcher: Matcher, model_hash: str):
        self.folder = Path(folder)
        self._matcher, self._model_hash = matcher, model_hash
        self._objects: dict[str, KnownObject] = {}  # by the name of its folder, sorted
        self._numbers: dict[str, int] = {}  # of colours
        self._aside: tuple[KnownObject, int] | None = None  # deleted, but not for good
        try:
            names = sorted(path.name for path in folders_in(self.folder)) if self.folder.exists() else []
        except OSError as error:
            raise EdgeError(
                f"{folder}: expected a folder of objects, received: {error.strerror}. Choose another."
            ) from None
        # First those that have a colour, so that a new one takes none of theirs.
        self._numbers = {
            name: number for name in names if (number := number_in(self.folder / name)) is not None
        }
        for name in names:
            self._read(name)

    @property
    def objects(self) -> list[KnownObject]:
        """In the order of their names."""
        return list(self._objects.values())

    def add(self, name: str, picture_bgr_u8: np.ndarray) -> KnownObject:
        """Remembers a picture, (H, W, 3) uint8, as a view of an object, new or known; a picture it has is not doubled.

        Raises:
            EdgeError: for a name of which nothing is left, a blank picture, a folder that can't be written, or that another
                program writes to.
        """
        name = self._known_as(safe_name(name))
        check_side(name, picture_bgr_u8)  # it would be refused when read again
        reference = self._matcher.describe(picture_bgr_u8, name)
        _, png = cv2.imencode(".png", picture_bgr_u8)
        folder = self.folder / name
        number = self._numbers.get(name, free_number(set(self._numbers.values())))
        try:
            if name in self._objects and holds(folder, picture_bgr_u8):
                return self._objects[name]
            with FolderLock(self.folder):
                if not folder.is_dir():
                    self._write_object(folder, number, png.tobytes(), reference)
                else:  # known, or left out for being damaged: then what is in it stays
                    self._write_view(folder, png.tobytes(), reference)
                    write_whole(folder / ABOUT, about(number))
        except OSError as error:
            raise EdgeError(
                f"{folder}: expected to write a view, received: {error.strerror}. Free some space or choose another folder."
            ) from None
        self._numbers[name] = number
        before = self._objects.get(name)
        self._objects[name] = (
            KnownObject(name, color_of(number), (reference,), portrait(picture_bgr_u8))
            if before is None
            else dataclasses.replace(before, views=(*before.views, reference))
        )
        self._objects = dict(sorted(self._objects.items()))
        return self._objects[name]

    def not_this(self, name: str, picture_bgr_u8: np.ndarray) -> KnownObject:
        """Remembers a picture, (H, W, 3) uint8, of what was taken for an object and is not.

        Raises:
            EdgeError: for an unknown object, a blank or small picture, a folder that can't be written, or that another program writes to.
        """
        self._check_known(name)
        check_side(name, picture_bgr_u8)
        reference = self._matcher.describe(picture_bgr_u8, name)
        folder = self.folder / name / UNLIKE
        try:
            with FolderLock(self.folder):
                folder.mkdir(exist_ok=True)
                self._write_view(folder, cv2.imencode(".png", picture_bgr_u8)[1].tobytes(), reference)
        except OSError as error:
            raise EdgeError(
                f"{folder}: expected to write a picture, received: {error.strerror}. Free some space or choose another folder."
            ) from None
        self._objects[name] = self._objects[name].unlike(reference)
        return self._objects[name]

    def rename(self, name: str, other: str) -> KnownObject:
        """Gives an object, and its folder, another name.

        Raises:
            EdgeError: as `delete`, for a name of which nothing is left, and for one that another object has.
        """
        other = safe_name(other)
        self._check_known(name)
        check_free(name, other, self._objects)
        with self._changing(name, "rename"):
            if (self.folder / other).exists() and same_key(other) != same_key(name):
                raise EdgeError(f"{self.folder / other}: expected a name that is free, found a folder of it.")
            os.rename(self.folder / name, self.folder / other)
        self._numbers[other] = self._numbers.pop(name)
        self._objects[other] = self._objects.pop(name).renamed(other)
        self._objects = dict(sorted(self._objects.items()))
        return self._objects[other]

    def delete(self, name: str) -> None:
        """Forgets an object and removes its folder.

        Raises:
            EdgeError: if there is none of this name, its folder can't be removed, or another program writes to the gallery.
        """
        self.put_aside(name)
        self.clear()

    def put_aside(self, name: str) -> None:
        """As `delete`, but its folder stays, hidden, until the next one is put aside, or `clear`.

        Raises:
            EdgeError: as `delete`.
        """
        self._check_known(name)
        self.clear()
        with self._changing(name, "delete"):
            # At once, so that no half of an object is ever read.
            os.rename(self.folder / name, self.folder / f"{_ASIDE}{name}")
        self._aside = self._objects.pop(name), self._numbers.pop(name)

    def put_back(self) -> KnownObject | None:
        """Undoes the last `put_aside`; None if nothing is aside.

        Raises:
            EdgeError: as `delete`, or if another object has its name by now.
        """
        if self._aside is None:
            return None
        known, number = self._aside
        check_free("", known.name, self._objects)
        with self._changing(known.name, "put back"):
            os.rename(self.folder / f"{_ASIDE}{known.name}", self.folder / known.name)
        self._aside = None
        self._objects[known.name], self._numbers[known.name] = known, number
        self._objects = dict(sorted(self._objects.items()))
        return known

    def clear(self) -> None:
        """Removes what is put aside, or was left there by a program that was killed; what can't be removed stays hidden."""
        self._aside = None
        for doomed in self.folder.glob(f"{_ASIDE}*"):
            remove(doomed)

    def _check_known(self, name: str) -> None:
        if name not in self._objects:
            known = ", ".join(self._objects) or "none"
            raise EdgeError(
                f"{self.folder}: expected the name of an object ({known}), received: {name!r:.80}."
            )

    @contextlib.contextmanager
    def _changing(self, name: str, what: str) -> Iterator[None]:
        """No other program writes meanwhile."""
        try:
            with FolderLock(self.folder):
                yield
        except OSError as error:
            raise EdgeError(
                f"{self.folder / name}: expected to {what} it, received: {error.strerror}."
            ) from None

    def _known_as(self, name: str) -> str:
        """The spelling that is there: some file systems hold "Cup" and "cup" for one."""
        if name in self._objects:  # two folders made by hand may differ by no more
            return name
        return next((known for known in self._objects if same_key(known) == same_key(name)), name)

    def _write_object(self, folder: Path, number: int, png: bytes, reference: Reference) -> None:
        """A new folder gets its name when it is whole."""
        partial = folder.with_name(PARTIAL + folder.name)
        remove(partial)
        try:
            partial.mkdir(parents=True)
            self._write_view(partial, png, reference)
            write_whole(partial / ABOUT, about(number))
            os.rename(partial, folder)
        finally:
            remove(partial)

    def _write_view(self, folder: Path, png: bytes, reference: Reference) -> None:
        taken = {path.stem for path in folder.iterdir()}
        number = next(number for number in range(1, len(taken) + 2) if f"view-{number}" not in taken)
        path = folder / f"view-{number}.png"
        write_whole(path, png)
        description.keep(path, self._model_hash, reference)

    def _read(self, name: str) -> None:
        folder = self.folder / name
        if not is_plain(name):
            say(
                f"Left out: {folder}: expected a name of printable characters in UTF-8, received {name!a}. Rename the folder."
            )
            self._numbers.pop(name, None)
            return
        described = all_described(folder, name, self._matcher, self._model_hash)
        if described is None:
            return
        views, picture = described
        if not views:
            say(
                f"Left out: {folder}: expected pictures of an object, found none. Add one or delete the folder."
            )
            self._numbers.pop(name, None)
            return
        if name not in self._numbers:
            self._numbers[name] = free_number(set(self._numbers.values()))
            with contextlib.suppress(OSError):  # a gallery that can't be written can be used
                write_whole(folder / ABOUT, about(self._numbers[name]))
        known = KnownObject(name, color_of(self._numbers[name]), tuple(views), picture)
        if (folder / UNLIKE).is_dir():
            unlike, _ = all_described(folder / UNLIKE, name, self._matcher, self._model_hash) or ((), b"")
            for other in unlike:
                known = known.unlike(other)
        self._objects[name] = known


def held(folder: Path) -> contextlib.AbstractContextManager[object]:
    """Keeps other programs from changing a gallery while the block lasts; one that can't be written needs no keeping.

    Raises:
        EdgeError: if another program does it already.
    """
    try:
        return FolderLock(folder)
    except OSError:
        return contextlib.nullcontext()
