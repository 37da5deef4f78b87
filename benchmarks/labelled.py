"""Folders that the labelling command labels for a benchmark."""

import shutil
import subprocess
import sys

from getnet_tf.errors import InputError


def by_folder(pictures, out, model, options):
    """Labels a folder of a folder for each class, anew, as a user does.

    Args:
        pictures: the folder.
        out: where the labels go; what was there is removed.
        model: a `.tflite` file.
        options: more options of the command.

    Raises:
        InputError: if the command fails.
    """
    shutil.rmtree(out, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "getnet_tf.autolabel",
        pictures,
        "--by-folder",
        "--model",
        model,
        "--out",
        out,
    ]
    code = subprocess.run(list(map(str, [*command, *options])), stdout=sys.stderr).returncode
    if code not in (0, 1):
        raise InputError(f"getnet_tf.autolabel ended with {code}. Give another --model.")
