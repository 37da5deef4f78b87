"""The same done with each of many pictures by the workers of Apache Beam, over a place that all of them reach, on any filesystem.

PLACE/pictures.txt        a path in each line
PLACE/results-*.jsonl     what was made of a picture, or its `Failure`, in each line
PLACE/...                 what the workers need besides
"""

import functools
import json
import threading

import apache_beam as beam
from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from edge_demo.own_file import parsed
from getnet_tf.autolabel.label import Failure, result_to_json
from getnet_tf.errors import InputError

PICTURES, RESULTS = "pictures.txt", "results"
_one_at_a_time = threading.Lock()  # a worker has several threads, a `.tflite` interpreter is for one


def run(place, paths, options, open_look):
    """Looks at all pictures; returns when all is done.

    Args:
        place: folder, on any filesystem.
        paths: of the pictures, relative to the root that `open_look` gives.
        options: Beam's `PipelineOptions`.
        open_look: function of a module, so that workers know it by name: of `place` -> (root of the pictures, function of a path
            and the bytes of its file -> dict of JSON's types). Called once in a process.
    """
    write(place, PICTURES, "".join(f"{path}\n" for path in paths).encode())
    with beam.Pipeline(options=options) as pipeline:
        (
            pipeline
            | "List" >> beam.io.ReadFromText(FileSystems.join(place, PICTURES))
            | "Spread" >> beam.Reshuffle()
            | "Look" >> beam.ParDo(EachPicture(place, open_look))
            | "Write" >> beam.io.WriteToText(FileSystems.join(place, RESULTS), ".jsonl")
        )


def results(place, of_fields):
    """What the workers left, in any order: a generator.

    Args:
        place: as of `run`.
        of_fields: function of the dict of a line -> what it says; raises ValueError, KeyError or TypeError if it says anything else.

    Raises:
        InputError: if a line is damaged.
    """
    for name in files_of(place, f"{RESULTS}-*"):
        with _open(name) as file:
            lines = file.read().splitlines()
        try:
            yield from [of_fields(parsed(line)) for line in lines]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{name}: expected what was made of a picture in each line, received: {error}. Do it again, to another place."
            ) from None


class EachPicture(beam.DoFn):
    """Path of a picture -> a line of JSON, what was made of it or its `Failure`."""

    def __init__(self, place, open_look):
        super().__init__()
        self._place, self._open_look = place, open_look

    def setup(self):
        with _one_at_a_time:
            _opened(self._open_look, self._place)

    def process(self, path):
        root, look = _opened(self._open_look, self._place)
        try:
            with _open(FileSystems.join(root, path)) as file:
                content = file.read()
        except FileNotFoundError:
            fields = result_to_json(Failure(path, "expected a picture, found no such file"))
        except OSError as error:
            reason = f"expected a readable picture, received: {error.strerror or error}"
            fields = result_to_json(Failure(path, reason))
        else:
            with _one_at_a_time:
                fields = look(path, content)
        yield json.dumps(fields)


def files_of(place, pattern):
    """The paths of the files in a folder that fit a pattern, in which "**" stands for folders, too."""
    return [found.path for found in FileSystems.match([FileSystems.join(place, pattern)])[0].metadata_list]


def read(place, name):
    """The bytes of a file there."""
    with _open(FileSystems.join(place, name)) as file:
        return file.read()


def write(place, name, content):
    """Puts a file there."""
    with FileSystems.create(
        FileSystems.join(place, name), compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        file.write(content)


@functools.lru_cache(maxsize=1)
def _opened(open_look, place):
    """Once in a process, whatever number of threads and bundles it has."""
    return open_look(place)


def _open(path):
    try:
        return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    except BeamIOError as error:
        if any(isinstance(one, FileNotFoundError) for one in (error.exception_details or {}).values()):
            raise FileNotFoundError(path) from error
        raise
