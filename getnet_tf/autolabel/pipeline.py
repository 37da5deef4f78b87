"""The labels of many pictures as an Apache Beam pipeline: every worker does what one process does with one picture.

The place of `each_picture` holds besides:

PLACE/job.json                 the objects' names, what is to be labelled, and how
PLACE/model.tflite, view-0...  so that no worker needs the files of the machine that began it
"""

import dataclasses
import json
import pathlib
import tempfile

from getnet_tf.autolabel import each_picture
from getnet_tf.autolabel.job import Job, View
from getnet_tf.autolabel.label import Failure, result_from_json, result_to_json
from getnet_tf.autolabel.labeller import Labeller
from getnet_tf.autolabel.search import Effort


def put(place, job):
    """Writes what the workers need.

    Args:
        place: folder, on any filesystem.
        job: `Job`, of files of this machine; only `root` may be elsewhere.
    """
    views = [[view.name, f"view-{n}"] for n, view in enumerate(job.views)]
    fields = {"root": job.root, "views": views, "effort": dataclasses.asdict(job.effort), "kinds": job.kinds}
    each_picture.write(place, "job.json", json.dumps(fields).encode())
    each_picture.write(place, "model.tflite", pathlib.Path(job.model).read_bytes())
    for (_, name), view in zip(views, job.views, strict=True):
        each_picture.write(place, name, pathlib.Path(view.path).read_bytes())


def run(place, paths, options):
    """Labels pictures by what `put` left in `place`; see `each_picture.run`."""
    each_picture.run(place, paths, options, open_look)


def get(place):
    """(labels, failures) that the workers left in `place`, sorted by path. Raises InputError if a line is damaged."""
    results = sorted(each_picture.results(place, result_from_json), key=lambda one: one.path)
    failures = [one for one in results if isinstance(one, Failure)]
    return [one for one in results if not isinstance(one, Failure)], failures


def open_look(place):
    """(root of the pictures, function of a path and its bytes -> its `Label` or `Failure` as JSON has it)."""
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)

        def fetched(name):
            (here / name).write_bytes(each_picture.read(place, name))
            return str(here / name)

        fields = json.loads(each_picture.read(place, "job.json"))
        views = tuple(View(name, fetched(file)) for name, file in fields["views"])
        job = Job(
            fields["root"],
            views,
            fetched("model.tflite"),
            effort=Effort(**fields["effort"]),
            kinds=fields["kinds"],
        )
        labeller = Labeller(job)
    return job.root, lambda path, content: result_to_json(labeller.label_content(path, content))
