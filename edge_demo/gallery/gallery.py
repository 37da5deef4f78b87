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
import json
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np

from edge_demo.console import one_line
from edge_demo.errors import EdgeError
from edge_demo.folder_lock import FolderLock
from edge_demo.gallery.described import all_described, in_order
from edge_demo.gallery.object_name import safe_name, same_key
from edge_demo.gallery.palette import color_of, free_number
from edge_demo.gallery.views import KnownObject, check_side
from edge_demo.model import description
from edge_demo.model.matcher import Matcher
from edge_demo.model.preprocess import read_picture
from edge_demo.model.reference import Reference
from edge_demo.own_file import is_int, read_json
from edge_demo.picture_files import is_picture
from edge_demo.whole_file import write_whole

ABOUT = "object.json"
UNLIKE = "unlike"


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
        try:
            names = sorted(path.name for path in _folders(self.folder)) if self.folder.exists() else []
        except OSError as error:
            raise EdgeError(
                f"{folder}: expected a folder of objects, received: {error.strerror}. Choose another."
            ) from None
        # First those that have a colour, so that a new one takes none of theirs.
        self._numbers = {name: number for name in names if (number := self._read_number(name)) is not None}
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
            if self._holds(folder, picture_bgr_u8):
                return self._objects[name]
            with FolderLock(self.folder):
                if not folder.is_dir():
                    self._write_object(folder, number, png.tobytes(), reference)
                else:  # known, or left out for being damaged: then what is in it stays
                    self._write_view(folder, png.tobytes(), reference)
                    write_whole(folder / ABOUT, _about(number))
        except OSError as error:
            raise EdgeError(
                f"{folder}: expected to write a view, received: {error.strerror}. Free some space or choose another folder."
            ) from None
        self._numbers[name] = number
        before = self._objects[name].views if name in self._objects else ()
        self._objects[name] = KnownObject(name, color_of(number), (*before, reference))
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

    def delete(self, name: str) -> None:
        """Forgets an object and removes its folder.

        Raises:
            EdgeError: if there is none of this name, its folder can't be removed, or another program writes to the gallery.
        """
        self._check_known(name)
        doomed = self.folder / f".deleted-{name}"
        try:
            with FolderLock(self.folder):
                shutil.rmtree(doomed, ignore_errors=True)  # of a deletion that was cut off
                os.rename(self.folder / name, doomed)  # at once, so that no half of an object is ever read
                shutil.rmtree(doomed, ignore_errors=True)
        except OSError as error:
            raise EdgeError(
                f"{self.folder / name}: expected to delete it, received: {error.strerror}."
            ) from None
        del self._objects[name], self._numbers[name]

    def _check_known(self, name: str) -> None:
        if name not in self._objects:
            known = ", ".join(self._objects) or "none"
            raise EdgeError(
                f"{self.folder}: expected the name of an object ({known}), received: {name!r:.80}."
            )

    def _known_as(self, name: str) -> str:
        """The spelling that is there: some file systems hold "Cup" and "cup" for one."""
        if name in self._objects:  # two folders made by hand may differ by no more
            return name
        return next((known for known in self._objects if same_key(known) == same_key(name)), name)

    def _holds(self, folder: Path, picture_bgr_u8: np.ndarray) -> bool:
        if folder.name not in self._objects:
            return False
        for path in _pictures(folder):
            with contextlib.suppress(EdgeError):
                if np.array_equal(read_picture(path), picture_bgr_u8):
                    return True
        return False

    def _write_object(self, folder: Path, number: int, png: bytes, reference: Reference) -> None:
        """A new folder gets its name when it is whole."""
        partial = folder.with_name(f".partial-{folder.name}")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True)
            self._write_view(partial, png, reference)
            write_whole(partial / ABOUT, _about(number))
            os.rename(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _write_view(self, folder: Path, png: bytes, reference: Reference) -> None:
        taken = {path.stem for path in folder.iterdir()}
        number = next(number for number in range(1, len(taken) + 2) if f"view-{number}" not in taken)
        path = folder / f"view-{number}.png"
        write_whole(path, png)
        description.keep(path, self._model_hash, reference)

    def _read_number(self, name: str) -> int | None:
        path = self.folder / name / ABOUT
        try:
            number = read_json(path)["color"]
            if not is_int(number, 0):
                raise ValueError
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            _say(
                f'{path}: expected {{"color": a whole number}}, received something else. It gets a new colour.'
            )
            return None
        return number

    def _read(self, name: str) -> None:
        folder = self.folder / name
        if not name.isprintable():
            _say(
                f"Left out: {folder}: expected a name of printable characters in UTF-8, received {name!a}. Rename the folder."
            )
            self._numbers.pop(name, None)
            return
        views = all_described(folder, name, self._matcher, self._model_hash)
        if views is None:
            return
        if not views:
            _say(
                f"Left out: {folder}: expected pictures of an object, found none. Add one or delete the folder."
            )
            self._numbers.pop(name, None)
            return
        if name not in self._numbers:
            self._numbers[name] = free_number(set(self._numbers.values()))
            with contextlib.suppress(OSError):  # a gallery that can't be written can be used
                write_whole(folder / ABOUT, _about(self._numbers[name]))
        known = KnownObject(name, color_of(self._numbers[name]), tuple(views))
        if (folder / UNLIKE).is_dir():
            for other in all_described(folder / UNLIKE, name, self._matcher, self._model_hash) or ():
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


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def _pictures(folder: Path) -> list[Path]:
    return in_order(path for path in folder.iterdir() if is_picture(path))


def _about(number: int) -> bytes:
    return json.dumps({"color": number}).encode()


def _say(line: str) -> None:
    print(one_line(line), file=sys.stderr)
