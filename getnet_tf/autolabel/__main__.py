"""Labels a folder of pictures with boxes, after one picture of the thing.

    python -m getnet_tf.autolabel photos/ --reference cup.jpg --out labels         # where the cup is, in all photos
    python -m getnet_tf.autolabel photos/ --reference things/ --out labels         # a folder for each thing, views in it
    python -m getnet_tf.autolabel photos/ --reference cup.jpg --out labels --kinds # where any cup of the kind is
    python -m getnet_tf.autolabel photos/ --by-folder --out labels                 # photos/cup/*.jpg show cups: where?
    python -m getnet_tf.autolabel photos/ --by-folder --reference things/ --out labels     # the same, and things/cup.jpg is one
    python -m getnet_tf.autolabel photos/ --reference cup.jpg --out labels --refine --agree        # better boxes, slower
    python -m getnet_tf.autolabel photos/ --out labels --apply decisions.json      # what was decided on the review page

DIR gets coco.json, yolo/, voc/, labels.csv, errors.csv and review.html, a page on which a person decides what is doubtful.
DIR keeps decisions. A killed run goes on where it was when it is started again.
Exit code 0 if all is clear, 1 if labels are doubtful or pictures could not be read, 2 if it can't work.
"""

import argparse
import json
import os
import pathlib
import shutil
import sys

from edge_demo.errors import EdgeError
from edge_demo.folder_lock import LOCK, FolderLock
from edge_demo.model import threads
from edge_demo.model.shipped import SHIPPED_MODEL
from edge_demo.own_file import read_json
from getnet_tf.autolabel import decisions, portraits, review
from getnet_tf.autolabel.job import Job, View, views_of
from getnet_tf.autolabel.journal import Journal, fingerprint_of
from getnet_tf.autolabel.label import DOUBTFUL
from getnet_tf.autolabel.options import add_effort, effort_of
from getnet_tf.autolabel.pictures import pictures_of
from getnet_tf.autolabel.process_pool import labelled
from getnet_tf.autolabel.references import cut_references, given_for
from getnet_tf.errors import InputError, report_errors
from getnet_tf.training.run_folder import write_text

DECISIONS = "decisions.json"  # in DIR: all that was taken over
JOURNAL, LISTED, REFERENCES, PAGE = "journal.jsonl", "references.json", "references", "review.html"


def build_parser():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.autolabel",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("images", type=pathlib.Path, metavar="IMAGES", help="folder of pictures, at any depth")
    add(
        "--reference",
        nargs="+",
        metavar="PICTURE",
        help="the thing, cropped close: pictures, or folders with a folder of views for each thing",
    )
    add(
        "--by-folder",
        action="store_true",
        help="a picture shows what its folder is called; without --reference, that is cut out of some of them",
    )
    add(
        "--apply",
        type=pathlib.Path,
        metavar="FILE",
        help="nothing is labelled: the labels in DIR take over what was decided on the review page",
    )
    add(
        "--model",
        type=pathlib.Path,
        default=SHIPPED_MODEL,
        help="a .tflite file, or a checkpoint (default: the shipped one)",
    )
    add("--out", type=pathlib.Path, required=True, metavar="DIR", help="where the labels go")
    add(
        "--processes",
        type=int,
        default=os.cpu_count(),
        metavar="N",
        help="default: as many as there are cores",
    )
    add_effort(parser)
    add(
        "--review",
        type=int,
        default=review.SHOWN,
        metavar="N",
        help=f"so many candidates on the review page, the most doubtful (default: {review.SHOWN})",
    )
    add("--overwrite", action="store_true", help="begin anew where DIR holds labels of other settings")
    return parser


def run(options):
    """Labels pictures, or takes over decisions about them; returns the exit code."""
    from getnet_tf.autolabel import formats

    if bool(options.apply) == bool(options.reference or options.by_folder):
        raise InputError("Expected either --apply, or --reference, --by-folder or both of these. Give one.")
    if not 1 <= options.processes <= threads.MOST:
        raise InputError(f"Invalid --processes. Expected 1 to {threads.MOST}. Received: {options.processes}.")
    out = options.out
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file. Expected a folder for the labels; give another --out.")
    if options.review < 1:
        raise InputError(f"Invalid --review. Expected 1 or more. Received: {options.review}.")
    paths, unread = pictures_of(options.images, leave_out=out)
    formats.check_names(paths)
    with FolderLock(out):
        formats.check_folder(out, (DECISIONS, JOURNAL, LISTED, REFERENCES, PAGE, portraits.FILE))
        return apply(options, paths, unread) if options.apply else label(options, paths, unread)


def label(options, paths, unread):
    """Labels what is missing; returns the exit code. `unread` are failures that are known."""
    from tqdm import tqdm

    out = options.out
    journal_path = out / JOURNAL
    if any(path.name != LOCK for path in out.iterdir()) and not journal_path.exists():
        raise InputError(f"{out} is not empty and holds no labels. Give another --out.")
    job = job_of(options, paths, journal_path)
    fingerprint = job.fingerprint()
    with Journal(journal_path, fingerprint, job.root, options.overwrite) as journal:
        if options.overwrite:
            (out / DECISIONS).unlink(missing_ok=True)
        kept = kept_decisions(out, fingerprint)
        missing = journal.missing(paths)
        results = labelled(job, missing, min(options.processes, max(1, len(missing))))
        for result in tqdm(
            results, total=len(paths), initial=len(paths) - len(missing), unit=" pictures", disable=None
        ):
            journal.add(result)
        labels, failures = journal.results(paths)
    references = portraits.of(job.views)
    return write(options, fingerprint, decisions.applied(labels, kept), [*failures, *unread], references)


def apply(options, paths, unread):
    """Takes over decisions, into labels that are there; returns the exit code."""
    out, journal_path = options.out, options.out / JOURNAL
    if options.overwrite:
        raise InputError(
            "Expected --apply or --overwrite, received both: --overwrite would delete the labels."
        )
    fingerprint = fingerprint_of(journal_path)
    run_id = decisions.run_of(fingerprint)
    later = decisions.read(options.apply, run_id, names_of(fingerprint))
    with Journal(journal_path, fingerprint, options.images) as journal:
        missing = set(journal.missing(paths))
        labels, failures = journal.results([path for path in paths if path not in missing])
    if not labels:
        raise InputError(
            f"{out} holds no labels of the pictures in {options.images}. Expected the IMAGES that were labelled."
        )
    known = {decisions.key_of(one, candidate) for one in labels for candidate in one.candidates}
    if later and not known & later.keys():
        raise InputError(
            f"{options.apply}: none of its {len(later)} decisions is about a box in {out}. Expected those of {out}/review.html."
        )
    kept = decisions.added(kept_decisions(out, fingerprint), later)
    write_text(out / DECISIONS, decisions.text_of(run_id, kept))
    print(applied_summary(kept, later, known, len(missing)))
    references = portraits.read(out / portraits.FILE, names_of(fingerprint))
    return write(options, fingerprint, decisions.applied(labels, kept), [*failures, *unread], references)


def kept_decisions(out, fingerprint):
    """What earlier runs took over; {} if nothing."""
    path = out / DECISIONS
    if not path.exists():
        return {}
    return decisions.added({}, decisions.read(path, decisions.run_of(fingerprint), names_of(fingerprint)))


def names_of(fingerprint):
    """The classes, sorted."""
    return sorted({name for name, *_ in fingerprint["views"]})


def write(options, fingerprint, labels, failures, references):
    """Writes all formats and the review page; returns the exit code."""
    from getnet_tf.autolabel import formats

    out, failures = options.out, sorted(failures, key=lambda one: one.path)
    names = names_of(fingerprint)
    formats.write(out, options.images, names, labels, failures)
    write_text(out / portraits.FILE, json.dumps(references))
    page = review.page(options.images, labels, decisions.run_of(fingerprint), references, options.review)
    write_text(out / PAGE, page)
    doubtful = sum(label.doubt > DOUBTFUL for label in labels)
    print(summary(labels, failures, doubtful, out))
    return int(bool(doubtful or failures))


def job_of(options, paths, journal_path):
    """The `Job` that the command line asks for; references that class folders give are cut once and stay in --out."""
    model, effort = str(options.model), effort_of(options)
    if options.reference:
        views = views_of(options.reference)
        if options.by_folder:
            views = given_for(options.images, paths, views)
        return Job(str(options.images), views, model, options.by_folder, effort, options.kinds)
    listed = options.out / LISTED
    if options.overwrite or not listed.exists():
        options.out.mkdir(parents=True, exist_ok=True)
        begun = not journal_path.exists()
        journal_path.touch()  # marks the folder as ours before anything else is in it
        try:
            views = cut_references(options.images, paths, model, options.out / REFERENCES)
        except (EdgeError, InputError):
            if begun:
                shutil.rmtree(options.out / REFERENCES, ignore_errors=True)
                journal_path.unlink()
            raise
        relative = [[view.name, os.path.relpath(view.path, options.out), view.source] for view in views]
        write_text(listed, json.dumps(relative, indent=1) + "\n")
    views = tuple(View(name, str(options.out / path), source) for name, path, source in read_listed(listed))
    return Job(str(options.images), views, model, True, effort, options.kinds)


def read_listed(path):
    """What an earlier run cut references out of, and where it put them: lists of name, path in --out, source.

    Raises:
        InputError: if the file is damaged or names what is not there.
    """
    try:
        listed = read_json(path)
        texts = [text for entry in listed for text in entry]
        whole = bool(listed) and all(isinstance(text, str) for text in texts)
        if not whole or any(len(entry) != 3 or not _is_cut(path.parent, entry[1]) for entry in listed):
            raise ValueError("it names another file than a reference in this folder")
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged ({error}). Add --overwrite to begin anew.") from None
    return listed


def _is_cut(out, inner):
    return ".." not in pathlib.PurePath(inner).parts and not os.path.isabs(inner) and (out / inner).is_file()


def summary(labels, failures, doubtful, out):
    """What was done, in a line or two."""
    boxes = sum(len(label.kept) for label in labels)
    negatives = sum(not label.kept for label in labels)
    text = f"{len(labels)} pictures: {boxes} boxes, {negatives} without the object, {doubtful} doubtful. Labels: {out}"
    if failures:
        text += f"\n{len(failures)} could not be used, the first is {failures[0].path}: {failures[0].reason} ({out}/errors.csv)"
    return text


def applied_summary(kept, later, known, missing):
    """What --apply did, in a line or more."""
    decided = [kept[key] for key in kept.keys() & known]
    accepted, like = sum(one.accepted for one in decided), sum(one.like for one in decided)
    text = f"{len(later)} decisions read. Decided now: {accepted} boxes accepted, {len(decided) - accepted} rejected."
    if like:
        text += f"\n{like} of the rejected are of the kind of the object, but another one."
    changed = sum(
        one.accepted and (one.called is not None or one.corrected_px is not None) for one in decided
    )
    if changed:
        text += f"\n{changed} of the accepted have another class or box than was found."
    unknown = len(later.keys() - known)
    if unknown:
        text += (
            f"\n{unknown} decisions are about boxes that are not there, or not any more; they change nothing."
        )
    if missing:
        text += f"\n{missing} pictures are new or changed and have no labels. Label them by the command without --apply."
    return text


def main(argv=None):
    """The command line; returns the exit code."""
    return report_errors(lambda: run(build_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
