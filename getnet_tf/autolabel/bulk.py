"""Labels more pictures than one machine should: on Apache Beam, and so on Flink, Spark or Dataflow.

    python -m getnet_tf.autolabel.bulk photos/ --reference cup.jpg --out labels --direct_num_workers 4 \\
        --direct_running_mode multi_processing
    python -m getnet_tf.autolabel.bulk gs://bucket/photos --reference cup.jpg --out labels --shared gs://bucket/work \\
        --runner DataflowRunner --project PROJECT --region REGION --temp_location gs://bucket/temp \\
        --sdk_container_image IMAGE
    ... --runner FlinkRunner --flink_master HOST:8081 --environment_type DOCKER --environment_config IMAGE
    ... --runner SparkRunner --spark_master_url spark://HOST:7077 --environment_type DOCKER --environment_config IMAGE

IMAGE is a container in which the workers run. It needs this package, and the versions of Python and Beam of the machine that
begins the run:

    FROM apache/beam_python3.11_sdk:2.77.0
    RUN apt-get update && apt-get install -y libgl1 libglib2.0-0
    COPY . /getnet
    RUN pip install /getnet

DIR gets the labels that `python -m getnet_tf.autolabel` would write, to the byte. Options that are not listed here are
Beam's; without --runner the pipeline runs in this process. Nothing is gone on from after a kill: a runner repeats what one of
its workers lost. Exit code 0 if all is clear, 1 if labels are doubtful or pictures could not be read, 2 if it can't work.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import sys
import uuid

from edge_demo.folder_lock import LOCK, FolderLock
from edge_demo.model.shipped import SHIPPED_MODEL
from getnet_tf.autolabel.job import Job, views_of
from getnet_tf.autolabel.label import DOUBTFUL
from getnet_tf.autolabel.labeller import Labeller
from getnet_tf.autolabel.options import add_effort, effort_of
from getnet_tf.autolabel.pictures import pictures_among, pictures_of
from getnet_tf.errors import InputError, report_errors


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.autolabel.bulk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # other options are Beam's
    )
    add = parser.add_argument
    add(
        "images",
        metavar="IMAGES",
        help="folder of pictures, at any depth: a path, or gs://, s3://, hdfs:// ...",
    )
    add(
        "--reference",
        nargs="+",
        required=True,
        metavar="PICTURE",
        help="the thing, cropped close: pictures, or folders with a folder of views for each thing",
    )
    add("--model", type=pathlib.Path, default=SHIPPED_MODEL, help="a .tflite file (default: the shipped one)")
    add("--out", type=pathlib.Path, required=True, metavar="DIR", help="where the labels go, on this machine")
    add_effort(parser)
    add(
        "--shared",
        metavar="PLACE",
        help="a folder that all workers reach, for what they need and what they find (default: in DIR)",
    )
    return parser


def run(options, beam_options):
    """Labels all pictures and writes all formats; returns the exit code."""
    out = options.out
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file. Expected a folder for the labels; give another --out.")
    with FolderLock(out):
        return label(options, beam_options)


def label(options, beam_options):
    """Labels into a folder that is held; returns the exit code."""
    from getnet_tf.autolabel import formats, pipeline
    from getnet_tf.autolabel.__main__ import summary

    out = options.out
    if any(path.name != LOCK for path in out.iterdir()) and not (out / "labels.csv").exists():
        raise InputError(f"{out} is not empty and holds no labels. Give another --out.")
    formats.check_folder(out)
    if options.model.suffix != ".tflite":
        raise InputError(
            f"{options.model}: expected a .tflite file, as workers have no TensorFlow. Export it."
        )
    beam_options = pipeline_options(beam_options)
    for path in filter(None, (options.images, options.shared)):
        check_reachable(path)
    root, paths, unread = pictures_at(options.images, out)
    formats.check_names(paths)
    job = Job(
        root,
        views_of(options.reference),
        str(options.model),
        effort=effort_of(options),
        kinds=options.kinds,
    )
    Labeller(job)  # what is wrong with a model or a view is said here, before any worker begins
    with shared_place(options) as place:
        pipeline.put(place, job)
        pipeline.run(place, paths, beam_options)
        labels, failures = pipeline.get(place)
    failures = sorted([*failures, *unread], key=lambda one: one.path)
    formats.write(out, None if is_elsewhere(root) else root, job.names, labels, failures)
    doubtful = sum(label.doubt > DOUBTFUL for label in labels)
    print(summary(labels, failures, doubtful, out))
    return int(bool(doubtful or failures))


def pictures_at(place, out):
    """(root, paths relative to it, failures) of the pictures at a path, or on another filesystem; those in `out` are left out.

    Raises:
        InputError: if there are none.
    """
    from getnet_tf.autolabel.each_picture import files_of

    if not is_elsewhere(place):
        return os.path.abspath(place), *pictures_of(place, leave_out=out)
    return place, *pictures_among(place, [path[len(place) :].strip("/") for path in files_of(place, "**")])


def pipeline_options(flags):
    """Beam's options.

    Raises:
        InputError: for those that it doesn't know, of which it would only log a line, and for a runner that it hasn't.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    # In this process. Beam's own default would fetch a program from the network first.
    if not any(flag == "--runner" or flag.startswith("--runner=") for flag in flags):
        flags = [*flags, "--runner=FnApiRunner"]
    options = PipelineOptions(flags)
    unknown = options.get_all_options(retain_unknown_options=True).keys() - options.get_all_options().keys()
    if unknown:
        names = ", ".join(f"--{name}" for name in sorted(unknown))
        raise InputError(f"Expected options of this command or of Apache Beam, received {names}. See --help.")
    try:
        beam.Pipeline(options=options)
    except (ValueError, ImportError) as error:
        raise InputError(f"Apache Beam can't begin: {' '.join(str(error).split())}") from None
    return options


def check_reachable(path):
    """That Beam knows the filesystem of a path.

    Raises:
        InputError: if it doesn't.
    """
    from apache_beam.io.filesystems import FileSystems

    try:
        FileSystems.get_filesystem(path)
    except ValueError:
        raise InputError(
            f"{path}: expected a filesystem that Apache Beam has here. Run: pip install 'apache-beam[gcp]' for gs://, "
            f"'apache-beam[aws]' for s3://, 'apache-beam[azure]' for azfs://, or check the path."
        ) from None


@contextlib.contextmanager
def shared_place(options):
    """A new folder that all workers reach; removed in the end, with all that is in it."""
    from apache_beam.io.filesystems import FileSystems

    from getnet_tf.autolabel.each_picture import files_of

    name = f"autolabel-{uuid.uuid4().hex}"
    if options.shared and is_elsewhere(options.shared):
        place = FileSystems.join(options.shared, name)
        try:
            yield place
        finally:
            FileSystems.delete(files_of(place, "**"))
        return
    place = os.path.join(os.path.abspath(options.shared or options.out), f".{name}")
    os.makedirs(place)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def is_elsewhere(path):
    """Whether a path is one of another filesystem than this machine's."""
    return "://" in path


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(lambda: run(*build_parser().parse_known_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
