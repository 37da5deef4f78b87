"""The export of what makes the codes of pictures: what is its own in `on_maps`."""

import numpy as np

from export import code_parity
from export.code_steps import RebuiltMaps, to_flatbuffer
from export.map_pictures import parted
from export.on_maps import Kind
from getnet_tf.data.picture import read_rgb, stretch
from getnet_tf.retrieval.card import CodeCard
from getnet_tf.retrieval.file_maps import FileMaps, said_of
from getnet_tf.retrieval.heads import HEADS
from getnet_tf.retrieval.network import CodeNetwork


class CodePictures:
    """Pictures of a folder as the network takes them. Raises InputError as `picture_files`."""

    noun, AT_ONCE = "pictures", 8

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


def load(path):
    """The network of a checkpoint."""
    return CodeCard.load(path, CodeNetwork)


def opened(path):
    """What a file says of a picture."""
    return FileMaps(path, threads=2).code


def twin(network):
    """The same without a file, of a `CodeNetwork` or of `RebuiltMaps`."""

    def code(image):
        maps = np.asarray(network.maps(image))
        return {name: head(maps) for name, head in HEADS.items()}

    return code


def said(network):
    """What a file says beside what every file says: the head and the whitening that were learned."""
    return said_of(network.recipe())


KIND = Kind(load, CodePictures, RebuiltMaps, to_flatbuffer, opened, twin, code_parity, said)
