"""A folder of as many photos as wanted: Caltech-101's, under other names as often as it takes, and one to look for."""

import itertools
import os
import shutil

from photo_sets import BACKGROUNDS

from getnet_tf.errors import InputError

REFERENCE = "cup"  # the class whose first picture is looked for


def write_photos(data, folder, count):
    """Fills `folder/photos` with hard links, a sub-folder for each class.

    Args:
        data: folder of the benchmarks' data.
        folder: to write to, on the same disk for hard links; else they are copies.
        count: of the photos.

    Returns:
        (folder of the photos, path of the reference).

    Raises:
        InputError: without Caltech-101.
    """
    source = data / "caltech101"
    found = sorted(path for path in source.glob("*/*.jpg") if path.parent.name != BACKGROUNDS)
    if not found:
        raise InputError(f"{source}: expected folders of pictures, found none. Check --data.")
    for number, path in zip(range(count), itertools.cycle(found), strict=False):
        there = folder / "photos" / path.parent.name / f"{number:06d}.jpg"
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, there)
        except OSError:
            shutil.copyfile(path, there)
    return folder / "photos", next(path for path in found if path.parent.name == REFERENCE)
