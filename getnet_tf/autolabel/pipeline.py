"""The labels of many pictures as an Apache Beam pipeline: every worker does what one process does with one picture.

A place that all workers reach, on any filesystem that Beam knows, holds what goes in and out:

PLACE/job.json                 the objects' names, what is to be labelled, and how
PLACE/model.tflite, view-0...  so that no worker needs the files of the machine that began it
PLACE/pictures.txt             a path in each line
PLACE/results-*.jsonl          a `Label` or a `Failure` in each line
"""

import dataclasses
import functools
import json
import pathlib
import tempfile
import threading

import apache_beam as beam
from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from edge_demo.own_file import parsed
from getnet_tf.autolabel.job import Job, View
from getnet_tf.autolabel.label import Failure, result_from_json, result_to_json
from getnet_tf.autolabel.labeller import Labeller
from getnet_tf.autolabel.search import Effort
from getnet_tf.errors import InputError

_one_at_a_time = threading.Lock()  # a worker has several threads, a `.tflite` interpreter is for one


def put(place, job, paths):
    """Writes what the workers need.

    Args:
        place: folder, on any filesystem.
        job: `Job`, of files of this machine; only `root` may be elsewhere.
        paths: of the pictures, relative to its root.
    """
    views = [[view.name, f"view-{n}"] for n, view in enumerate(job.views)]
    fields = {"root": job.root, "views": views, "effort": dataclasses.asdict(job.effort), "kinds": job.kinds}
    _write(place, "job.json", json.dumps(fields).encode())
    _write(place, "model.tflite", pathlib.Path(job.model).read_bytes())
    for (_, name), view in zip(views, job.views, strict=True):
        _write(place, name, pathlib.Path(view.path).read_bytes())
    _write(place, "pictures.txt", "".join(f"{path}\n" for path in paths).encode())


def run(place, options):
    """Labels what `put` left in `place`; returns when all is done.

    Args:
        place: folder, on any filesystem.
        options: Beam's `PipelineOptions`.
    """
    with beam.Pipeline(options=options) as pipeline:
        (
            pipeline
            | "List" >> beam.io.ReadFromText(FileSystems.join(place, "pictures.txt"))
            | "Spread" >> beam.Reshuffle()
            | "Label" >> beam.ParDo(LabelPicture(place))
            | "Write" >> beam.io.WriteToText(FileSystems.join(place, "results"), ".jsonl")
        )


def get(place):
    """(labels, failures) that the workers left in `place`, sorted by path. Raises InputError if a line is damaged."""
    results = []
    for name in files_of(place, "results-*"):
        with _open(name) as file:
            lines = file.read().splitlines()
        try:
            results += [result_from_json(parsed(line)) for line in lines]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{name}: expected a picture's label in each line, received: {error}. Label again, to another place."
            ) from None
    results.sort(key=lambda one: one.path)
    failures = [one for one in results if isinstance(one, Failure)]
    return [one for one in results if not isinstance(one, Failure)], failures


def files_of(place, pattern):
    """The paths of the files in a folder that fit a pattern, in which "**" stands for folders, too."""
    return [found.path for found in FileSystems.match([FileSystems.join(place, pattern)])[0].metadata_list]


class LabelPicture(beam.DoFn):
    """Path of a picture -> a line of JSON: its `Label` or `Failure`."""

    def __init__(self, place):
        super().__init__()
        self._place = place

    def setup(self):
        with _one_at_a_time:
            _labeller(self._place)

    def process(self, path):
        root, labeller = _labeller(self._place)
        try:
            with _open(FileSystems.join(root, path)) as file:
                content = file.read()
        except FileNotFoundError:
            result = Failure(path, "expected a picture, found no such file")
        except OSError as error:
            result = Failure(path, f"expected a readable picture, received: {error.strerror or error}")
        else:
            with _one_at_a_time:
                result = labeller.label_content(path, content)
        yield json.dumps(result_to_json(result))


@functools.lru_cache(maxsize=1)
def _labeller(place):
    """(root of the pictures, `Labeller`): loaded once in a process, whatever number of threads and bundles it has."""
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)

        def fetched(name):
            with _open(FileSystems.join(place, name)) as file:
                (here / name).write_bytes(file.read())
            return str(here / name)

        fields = json.loads(pathlib.Path(fetched("job.json")).read_text())
        views = tuple(View(name, fetched(file)) for name, file in fields["views"])
        job = Job(
            fields["root"],
            views,
            fetched("model.tflite"),
            effort=Effort(**fields["effort"]),
            kinds=fields["kinds"],
        )
        return job.root, Labeller(job)


def _open(path):
    try:
        return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)
    except BeamIOError as error:
        if any(isinstance(one, FileNotFoundError) for one in (error.exception_details or {}).values()):
            raise FileNotFoundError(path) from error
        raise


def _write(place, name, content):
    with FileSystems.create(
        FileSystems.join(place, name), compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        file.write(content)
