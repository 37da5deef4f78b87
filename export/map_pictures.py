"""The pictures of a folder in two parts: those that settle an export's ranges, those that its file is compared on."""

import numpy as np

from getnet_tf.data.picture_folder import picture_files

PICTURES = 400  # that are read, at most
COMPARED = 4  # one picture of so many is compared on, and settles nothing
SEED = 7  # draws order and views


def parted(folder):
    """Paths of pictures at any depth, (those that settle, those that are compared on). Raises InputError as `picture_files`."""
    # Neighbours in a folder may show one thing, and some of what is compared must be of two.
    paths = np.random.default_rng(SEED).permutation(picture_files(folder, PICTURES))
    return np.delete(paths, np.s_[::COMPARED]), paths[::COMPARED]
