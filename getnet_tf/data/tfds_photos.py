"""Photos of any TensorFlow Datasets classification set, written out once as class folders."""

import dataclasses
import os
import pathlib
import shutil
import tempfile
import urllib.parse

from getnet_tf.data.photos import from_folder
from getnet_tf.errors import InputError, how_to_install

FOLDER = "class_folders"  # beside the prepared data
ADVICE = "Without a network set TFDS_DATA_DIR to where a prepared copy lies, or give a folder with a folder of pictures per class."


def from_tfds(name, data_dir=None, cache=None):
    """Photos of a TensorFlow Datasets classification set, of all its splits together.

    The encoded pictures are written once, byte by byte, into a folder per class; later calls read that folder. File
    names tell the original split ("train-0000012.png"). Pictures without a label (-1) are left out.

    Args:
        name: as TFDS knows it, "oxford_flowers102" or "mnist:3.0.1".
        data_dir: where TFDS keeps its data, or the folder of one prepared set (it holds `dataset_info.json`); None for
            TFDS's own place. What is prepared there needs no network.
        cache: folder for the class folders; None: `class_folders` beside the prepared data.

    Returns:
        `Photos`, see `from_folder`.

    Raises:
        InputError: if TFDS is missing, cannot provide the set, or its examples are not pictures with one label each.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError as error:
        raise InputError(f"`{name}` needs {error.name}. {how_to_install('train')}") from error
    try:
        builder = _builder(tfds, name, data_dir)
        image_key, label_key = _keys(tfds, builder.info, name)
        builder.download_and_prepare()
    except InputError:
        raise
    except Exception as error:  # TFDS raises whatever its downloader meets: URL, SSL, proxy and file errors
        raise InputError(
            f"TensorFlow Datasets could not provide `{name}` ({type(error).__name__}). {ADVICE}"
        ) from error
    folder = pathlib.Path(cache or os.path.join(builder.data_dir, FOLDER))
    if not folder.is_dir():
        _export(tfds, builder, image_key, label_key, folder)
    photos = from_folder(folder)
    names = tuple(urllib.parse.unquote(folder_name) for folder_name in photos.class_names)
    return dataclasses.replace(photos, class_names=names)


def _builder(tfds, name, data_dir):
    if data_dir is not None and os.path.isfile(os.path.join(data_dir, "dataset_info.json")):
        return tfds.builder_from_directory(data_dir)
    return tfds.builder(name, data_dir=data_dir)


def _keys(tfds, info, name):
    keys = info.supervised_keys
    if keys and len(keys) == 2 and all(isinstance(key, str) for key in keys):
        image, label = (info.features[key] for key in keys)
        if isinstance(image, tfds.features.Image) and isinstance(label, tfds.features.ClassLabel):
            return keys
    raise InputError(
        f"`{name}`: expected a set of pictures with one class label each, received supervised_keys={keys}. "
        f"Take a classification set."
    )


def _export(tfds, builder, image_key, label_key, folder):
    """Writes the encoded pictures of all splits; the folder appears only when it is whole."""
    import tensorflow as tf

    label_of = builder.info.features[label_key]
    decoders = tfds.decode.PartialDecoding(
        {image_key: True, label_key: True}, decoders={image_key: tfds.decode.SkipDecoding()}
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = pathlib.Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
    try:
        for split in sorted(builder.info.splits):
            examples = builder.as_dataset(split=split, decoders=decoders, shuffle_files=False)
            for i, example in enumerate(examples.as_numpy_iterator()):
                content, label = example[image_key], int(example[label_key])
                if label < 0:
                    continue
                place = partial / folder_name(label_of.int2str(label))
                place.mkdir(exist_ok=True)
                # The suffix only says "a picture": decoding goes by the content.
                suffix = ".png" if content.startswith(b"\x89PNG") else ".jpg"
                (place / f"{split}-{i:07d}{suffix}").write_bytes(content)
        partial.chmod(0o755)  # mkdtemp's is for one user's eyes only
        os.replace(partial, folder)
    except tf.errors.OpError as error:
        raise InputError(
            f"{builder.data_dir}: expected prepared data of TensorFlow Datasets, received "
            f"{type(error).__name__}. Delete the folder and prepare it again."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def folder_name(class_name):
    """A folder's name for any class name, reversible by `urllib.parse.unquote`, never hidden, never a path."""
    quoted = urllib.parse.quote(class_name, safe=" ")
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted
