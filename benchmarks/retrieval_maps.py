"""What models see of the benchmarks' pictures, kept in a folder, so that every row of a table costs no look at a picture."""

import pathlib

import numpy as np

from getnet_tf.data.map_cache import cached_maps
from getnet_tf.data.picture import read_rgb, stretch

SIDE = 320  # of the picture as a model takes it, pixels, where nothing else is said


class SeenBy:
    """A model, by whom pictures are seen.

    Args:
        name: in the names of files, such as "float-320".
        opened: function that gives `NetworkMaps` or `FileMaps`; called when there is something to be seen.
    """

    def __init__(self, name, opened):
        self.name, self._opened, self._see = name, opened, None

    @property
    def see(self):
        """Opened when it is asked for."""
        if self._see is None:
            self._see = self._opened()
        return self._see

    def maps(self, cache, name, pictures):
        """Maps of pictures, of a file or into it.

        Args:
            cache: folder of the files.
            name: of the set of pictures.
            pictures: has a length, and gives (H, W, 3) uint8 RGB by number.

        Returns:
            (N, h, w, K) float16, mapped from the file.
        """
        path = pathlib.Path(cache) / f"{name}-{self.name}.npy"

        def render(number):
            return {"image": stretch(pictures[number], self.see.image_hw)}

        def encode(images):
            return np.concatenate([self.see(one[None].astype(np.float32) / 255) for one in images])

        def report(done):
            if done % 320 < 16:
                print(f"{path.stem}: {done} of {len(pictures)}", flush=True)

        return cached_maps(path, len(pictures), render, encode, report)[0]

    def files(self, cache, name, paths):
        """As `maps`, of picture files."""
        return self.maps(cache, name, Files(paths))


class Files:
    """Pictures of paths, read when they are asked for."""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, number):
        return read_rgb(self.paths[number])
