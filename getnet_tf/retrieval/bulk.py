"""Codes more pictures than one machine should: on Apache Beam, and so on Flink, Spark or Dataflow.

    python -m getnet_tf.retrieval.bulk photos/ --model code.tflite --out index --direct_num_workers 4 \\
        --direct_running_mode multi_processing
    python -m getnet_tf.retrieval.bulk gs://bucket/photos --model code.tflite --out index --shared gs://bucket/work \\
        --runner DataflowRunner --project PROJECT --region REGION --temp_location gs://bucket/temp \\
        --sdk_container_image IMAGE

IMAGE, and the options of other runners, are as in `python -m getnet_tf.autolabel.bulk --help`. INDEX gets the codes that
`python -m getnet_tf.retrieval index` would write, to the byte. Pictures that INDEX has are not coded again; what a killed run had
coded is. Options that are not listed here are Beam's; without --runner the pipeline runs in this process. Exit code 0 if all is
clear, 1 if pictures could not be read, 2 if it can't work.
"""

import argparse
import sys

from getnet_tf.autolabel.bulk import check_reachable, pictures_at, pipeline_options, shared_place
from getnet_tf.autolabel.label import Failure
from getnet_tf.errors import InputError, report_errors
from getnet_tf.retrieval.options import add_coder, add_store, coder_of


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.retrieval.bulk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # other options are Beam's
    )
    parser.add_argument(
        "photos",
        metavar="PHOTOS",
        help="folder of pictures, at any depth: a path, or gs://, s3://, hdfs:// ...",
    )
    add_store(parser)
    add_coder(parser)
    parser.add_argument(
        "--shared",
        metavar="PLACE",
        help="a folder that all workers reach, for what they need and what they find (default: in INDEX)",
    )
    return parser


def run(options, beam_options):
    """Codes what is missing, forgets what is gone, and brings the index up to date; returns the exit code."""
    from getnet_tf.retrieval import bulk_pipeline
    from getnet_tf.retrieval.coder import open_coder
    from getnet_tf.retrieval.indexing import about_of, finish
    from getnet_tf.retrieval.store import Store

    if options.model is None or options.model.suffix != ".tflite":
        raise InputError(
            f"Invalid --model. Expected a .tflite file, as workers have no TensorFlow; see export/coder.py. Received: {options.model}."
        )
    beam_options = pipeline_options(beam_options)
    for path in filter(None, (options.photos, options.shared)):
        check_reachable(path)
    root, paths, unread = pictures_at(options.photos, options.out)
    asked = coder_of(options)
    coder = open_coder(**asked)  # what is wrong with it is said here, before any worker begins
    with Store.begin(options.out, about_of(coder, root, asked), options.overwrite) as store:
        missing = store.missing(paths)
        if missing:
            with shared_place(options) as place:
                bulk_pipeline.put(place, root, asked)
                bulk_pipeline.run(place, missing, beam_options)
                enter(store, bulk_pipeline.get(place))
        store.keep_only(paths)
        return finish(store, options.milvus, unread)


def enter(store, results):
    """Adds what workers found to a store, in the order of the paths."""
    for path, result in sorted(results.items()):
        if isinstance(result, Failure):
            store.add_failure(result)
        else:
            store.add(path, *result)


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(lambda: run(*build_parser().parse_known_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
