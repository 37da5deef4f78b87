"""References of class folders: given for each, or what most pictures of a folder have in common, cut out of a few of them."""

import dataclasses
import pathlib
import shutil

import cv2
import numpy as np

from edge_demo.errors import EdgeError
from edge_demo.model.preprocess import MIN_SIDE_PX
from edge_demo.whole_file import write_whole
from getnet_tf.autolabel.class_name import check_classes
from getnet_tf.autolabel.job import View
from getnet_tf.autolabel.labeller import folder_of, open_matcher
from getnet_tf.console import say
from getnet_tf.data.picture import DamagedPicture, decode, read_content
from getnet_tf.errors import InputError

PER_CLASS = 5  # pictures of a folder that become references
# The first cuts hold much of what is around the thing; a third round gave no better boxes on scenes of kinds to choose by.
ROUNDS = 2


def classes_of(root, paths):
    """What the folders of pictures are called, sorted.

    Args:
        root: folder of the pictures.
        paths: of the pictures, relative to it.

    Raises:
        EdgeError: if no class can be called as a folder is.
        InputError: if a picture is in no class folder.
    """
    stray = next((path for path in paths if folder_of(path) == "."), None)
    if stray is not None:
        raise InputError(
            f"{pathlib.Path(root) / stray}: expected pictures in folders that are called what they show, found one beside them. "
            f"Move it into one, or give the folder above as IMAGES."
        )
    names = sorted({folder_of(path) for path in paths})
    check_classes(names)
    return names


def given_for(root, paths, views):
    """The references of class folders: each is called as its folder is, or as the last part of the folder's path.

    Args:
        root: folder of the pictures.
        paths: of the pictures, relative to it.
        views: tuple of `View`; those that belong to no folder are left out and named on stderr.

    Returns:
        tuple of `View`, called as the folders are.

    Raises:
        EdgeError, InputError: as `classes_of`, and if a folder has no reference, or two have the same.
    """
    folders, given = {}, sorted({view.name for view in views})
    for folder in classes_of(root, paths):
        name = folder if folder in given else pathlib.PurePosixPath(folder).name
        if name not in given:
            raise InputError(
                f"{pathlib.Path(root) / folder}: expected a reference that is called {name}, too; --reference gives "
                f"{', '.join(given)}. Add one, or leave --reference out."
            )
        if name in folders:
            raise InputError(
                f"{pathlib.Path(root) / folder}: expected a reference of its own, found that of {folders[name]}, which is called "
                f"{name}, too. Rename one of the folders."
            )
        folders[name] = folder
    if left_out := [name for name in given if name not in folders]:
        say(f"left out, for no folder is called so: {', '.join(left_out)}")
    return tuple(dataclasses.replace(view, name=folders[view.name]) for view in views if view.name in folders)


def cut_references(root, paths, model, folder):
    """Cuts references out of the pictures of every class folder.

    Up to `PER_CLASS` pictures of a class, evenly spread over the sorted names, are searched for each other as wholes;
    each gives the area that was nearest to another picture. Then they are searched again, for what was cut out of the others.
    A model that needs no reference cuts out what it looks at.

    Args:
        root: folder of the pictures.
        paths: of the pictures, relative to it.
        model: path of a `.tflite` or a checkpoint.
        folder: to write the references to, a folder for each class; what it held before is removed.

    Returns:
        tuple of `View`, which name the pictures that they were cut out of.

    Raises:
        EdgeError: if no class can be called as a folder is.
        InputError: if a class has fewer than two pictures that can be used, or a picture is in no class folder.
    """
    names = classes_of(root, paths)
    matcher = open_matcher(model, kinds=True)  # what different pictures have in common is a kind
    shutil.rmtree(folder, ignore_errors=True)
    views = []
    for name in names:
        pictures = _spread([path for path in paths if folder_of(path) == name], root, matcher)
        if len(pictures) < 2:
            raise InputError(
                f"{pathlib.Path(root) / name}: expected a folder with two pictures of the thing or more, found {len(pictures)} "
                f"that can be used. Add pictures, or give the thing by --reference."
            )
        for number, (path, cut) in enumerate(_cuts(pictures, matcher).items()):
            if _described(cut, matcher) is None:
                continue
            place = pathlib.Path(folder) / name / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, cv2.imencode(".png", cut)[1].tobytes())
            views.append(View(name, str(place), path))
        if not any(view.name == name for view in views):
            raise InputError(
                f"{pathlib.Path(root) / name}: expected pictures of one thing, found only blank areas that they have in common. "
                f"Replace them, or give the thing by --reference."
            )
    return tuple(views)


def _spread(paths, root, matcher):
    """Evenly spread usable pictures of a class: dict path -> (H, W, 3) uint8, BGR."""
    pictures = {}
    for path in _even_order(paths):
        if len(pictures) == PER_CLASS:
            break
        try:
            picture = cv2.cvtColor(decode(read_content(pathlib.Path(root) / path)), cv2.COLOR_RGB2BGR)
        except DamagedPicture:
            continue
        if _described(picture, matcher) is not None:
            pictures[path] = picture
    return dict(sorted(pictures.items()))


def _cuts(pictures, matcher):
    """What pictures, a dict of (H, W, 3) uint8, have in common: a dict of areas of them."""
    cuts, views = pictures, {}
    for _ in range(ROUNDS):
        views |= {path: _described(cut, matcher) or views[path] for path, cut in cuts.items()}
        cuts = {
            path: _nearest(picture, [view for other, view in views.items() if other != path], matcher)
            for path, picture in pictures.items()
        }
    return cuts


def _nearest(picture, views, matcher):
    """The area of a picture that is nearest to any view."""
    (founds,) = matcher.search(picture, [views], early_no=False)
    found = min(
        founds, key=lambda place: min(matcher.distance(place.embedding, view.embedding) for view in views)
    )
    return _cut(picture, found.box_px)


def _described(picture, matcher):
    """A picture as a reference; None if it can be none, because it is blank."""
    try:
        return matcher.describe(picture, "")
    except EdgeError:
        return None


def _even_order(paths):
    """All paths, those at even distances first."""
    first = [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, PER_CLASS).round().astype(int))]
    return first + [path for path in paths if path not in first]


def _cut(picture, box_px):
    """An area of a picture, not smaller than a reference may be."""
    height, width = picture.shape[:2]
    xmin, ymin, xmax, ymax = (round(edge) for edge in box_px)
    xmin, ymin = min(xmin, width - MIN_SIDE_PX), min(ymin, height - MIN_SIDE_PX)
    return picture[ymin : max(ymax, ymin + MIN_SIDE_PX), xmin : max(xmax, xmin + MIN_SIDE_PX)]
