"""Exports what makes the codes of pictures to a `.tflite` file, for `python -m getnet_tf.retrieval --model FILE.tflite`.

    python export/code.py --data PHOTOS --out code.tflite                     # EfficientNet-Lite0 as ImageNet left it; minutes
    python export/code.py --data PHOTOS --out code.tflite --model runs/first  # the backbone of a checkpoint

The file has the signature `code`, with every head. Its convolutions are of the variant's types; it appears only if its codes agree
with the network's by every head. PHOTOS settles the ranges of 8 bits, and is compared on: pictures of any things and places.
"""

import argparse
import dataclasses
import pathlib
import sys
import types

import numpy as np

from export.map_pictures import parted
from export.map_plan import FORMS
from export.plan import PARITY_IMAGES, check_place
from export.variant import VARIANTS, Variant
from getnet_tf.card import commit
from getnet_tf.console import start_tensorflow
from getnet_tf.data.picture import read_rgb, stretch
from getnet_tf.errors import InputError, report_errors
from getnet_tf.retrieval.file_maps import FileMaps
from getnet_tf.retrieval.heads import HEADS

AT_ONCE = 8  # pictures that settle the ranges


@dataclasses.dataclass(frozen=True)
class CodePlan:
    """One export, with nothing left open: what `on_maps.export` asks of a `MapPlan`."""

    checkpoint: pathlib.Path | None  # None: ImageNet's weights
    card: types.SimpleNamespace  # what the file says of itself
    out: pathlib.Path  # the file to write
    variant: Variant
    folder: pathlib.Path  # of the pictures
    compared: int  # pictures that the parity gate looks at, at most
    said: dict = dataclasses.field(default_factory=dict)


class CodePictures:
    """Pictures of a folder as the network takes them. Raises InputError as `picture_files`."""

    noun, AT_ONCE = "pictures", AT_ONCE

    def __init__(self, folder, network):
        self.image_hw = network.image_hw
        self.settling_paths, self.compared_paths = parted(folder)

    def settling(self, batches):
        """Batches (8, H, W, 3) float32: a generator. If pictures run out, they come again."""
        for number in range(batches):
            places = np.arange(number * self.AT_ONCE, (number + 1) * self.AT_ONCE) % len(self.settling_paths)
            yield np.concatenate([self._image(self.settling_paths[place]) for place in places])

    def compared(self, most):
        """Pictures (1, H, W, 3) float32: a generator of at most `most`."""
        return (self._image(path) for path in self.compared_paths[:most])

    def _image(self, path):
        return stretch(read_rgb(path), self.image_hw)[None].astype(np.float32) / 255


def twin(see):
    """What makes maps, with the heads behind it: as `FileMaps.code`."""

    def code(image):
        maps = np.asarray(see(image))
        return {name: head(maps) for name, head in HEADS.items()}

    return code


def export(out, folder, model=None, variant=FORMS[0], images=PARITY_IMAGES, command=""):
    """Exports; the file appears only if the gates hold.

    Args:
        out: path of the file.
        folder: of pictures.
        model: path of a checkpoint, or None for EfficientNet-Lite0 with ImageNet's weights.
        variant: one of `FORMS`.
        images: pictures to compare on, at most.
        command: that the file says it was made by.

    Returns:
        `on_maps.Report`.

    Raises:
        InputError: if the input is bad or a gate fails.
    """
    out = pathlib.Path(out)
    check_place(out, "--out")
    if images < 1:
        raise InputError(f"Invalid --parity-images. Expected at least 1, received {images}.")
    start_tensorflow()
    from export import code_parity, on_maps
    from export.code_steps import RebuiltMaps, to_flatbuffer
    from getnet_tf.retrieval.network_maps import checkpoint_maps, imagenet_maps

    def load(path):
        return imagenet_maps() if path is None else checkpoint_maps(path)

    def opened(path):
        return FileMaps(path, threads=2).code

    kind = on_maps.Kind(load, CodePictures, RebuiltMaps, to_flatbuffer, opened, twin, code_parity)
    card = types.SimpleNamespace(member="code.json", command=command, commit=commit(), scores={})
    return on_maps.export(kind, CodePlan(model, card, out, VARIANTS[variant], pathlib.Path(folder), images))


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python export/code.py",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--data", type=pathlib.Path, required=True, metavar="PHOTOS", help="folder of pictures, at any depth")
    add("--out", type=pathlib.Path, required=True, metavar="FILE.tflite", help="the file to write")
    add("--model", type=pathlib.Path, metavar="RUN", help="checkpoint, in the place of ImageNet's weights")
    add("--variant", choices=FORMS, default=FORMS[0], help="types of the convolutions")
    add("--parity-images", type=int, default=PARITY_IMAGES, help="pictures to compare on, at most")
    return parser


def _run(options, command):
    export(options.out, options.data, options.model, options.variant, options.parity_images, command)


def main(argv=None):
    """The command line; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    return report_errors(_run, build_parser().parse_args(argv), " ".join(["python export/code.py", *argv]))


if __name__ == "__main__":
    sys.exit(main())
