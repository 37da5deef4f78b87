"""What is attacked of the camera program, and tables: of each kind of input a folder with whole ones, and the commands that take it."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import sys
from collections.abc import Callable

import attack_inputs as inputs
import cv2
import numpy as np

from edge_demo.model import metadata
from edge_demo.model.shipped import SHIPPED_MODEL

EXAMPLES = SHIPPED_MODEL.parents[1] / "examples"


@dataclasses.dataclass(frozen=True)
class Case:
    """One broken input, in place."""

    run: Callable  # () -> exit code, in the folder of the case
    may_write: tuple = ()  # beginnings of paths


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of input."""

    name: str
    imports: Callable  # () -> None, what its commands need, before they are forked
    prepare: Callable  # (folder) -> None, whole inputs
    case: Callable  # (folder with a copy of them, random.Random) -> Case


def edge(*arguments):
    """A command of the camera program."""

    def run():
        from edge_demo.__main__ import main

        return main([str(argument) for argument in arguments])

    return run


def import_edge():
    """Without a use: the model is loaded in each case."""
    import edge_demo.commands.gallery
    import edge_demo.commands.match
    import edge_demo.commands.watch
    import edge_demo.web.upload  # noqa: F401


def import_csv():
    """What reads tables."""
    import getnet_tf.alignment.keypoints
    import getnet_tf.data.pair_csv  # noqa: F401

    import_edge()


def examples(folder):
    """A reference and a picture that shows it, small, so that a case is short."""
    cv2.imwrite(str(folder / "cup.png"), cv2.imread(str(EXAMPLES / "cup.png")))
    frame = cv2.resize(
        cv2.imread(str(EXAMPLES / "frames" / "hand.jpg")), (320, 240), interpolation=cv2.INTER_AREA
    )
    cv2.imwrite(str(folder / "frame.jpg"), frame)


def run_whole(folder, run, expected=(0,)):
    """Runs a command on whole inputs, in a process of its own; it must work."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.chdir(folder)
            for descriptor in (1, 2):
                os.dup2(
                    os.open(folder / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), descriptor
                )
            code = run() or 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in expected:
        sys.exit(
            f"error: expected whole inputs to work, received exit code {code}: {(folder / 'said.txt').read_text()}"
        )


def model_case(folder, rng):
    flatbuffer = len(metadata.read_flatbuffer(folder / "model.tflite"))
    inputs.break_file(folder / "model.tflite", rng, flatbuffer)
    return Case(edge("match", "--kinds", "--model", "model.tflite", "cup.png", "frame.jpg"))


def prepare_models(folder):
    examples(folder)
    shutil.copy(SHIPPED_MODEL, folder / "model.tflite")


def prepare_pictures(folder):
    examples(folder)
    frame = cv2.imread(str(folder / "frame.jpg"))
    (folder / "pictures").mkdir()
    for suffix in ("bmp", "jpg", "png", "tiff", "webp"):
        cv2.imwrite(str(folder / "pictures" / f"a.{suffix}"), frame)


def picture_case(folder, rng):
    path = rng.choice(sorted((folder / "pictures").iterdir()))
    if rng.random() < 0.1:
        path.write_bytes(inputs.huge_picture(rng))
    else:
        inputs.break_file(path, rng)
    broken = path.relative_to(folder)
    recorded = ("--headless", "--kinds", "--out", "out")
    runs = (
        edge("match", "--kinds", "cup.png", broken),
        edge("match", "--kinds", broken, "frame.jpg"),
        edge("--reference", "cup.png", "--source", broken, *recorded),
        lambda: uploaded(path),
    )
    return Case(rng.choice(runs), ("out/",))


def uploaded(path):
    from edge_demo.errors import EdgeError
    from edge_demo.web.upload import picture_of

    try:
        picture_of(path.read_bytes())
    except EdgeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def prepare_videos(folder):
    examples(folder)
    frame = cv2.imread(str(folder / "frame.jpg"))
    for name, code in (("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.mkv", "mp4v")):
        writer = cv2.VideoWriter(
            str(folder / name), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*code), 10, (320, 240)
        )
        for shift in range(6):
            writer.write(np.roll(frame, 10 * shift, axis=1))
        writer.release()


def video_case(folder, rng):
    path = rng.choice([folder / name for name in ("a.mp4", "a.avi", "a.mkv")])
    inputs.break_file(path, rng)
    arguments = ("--reference", "cup.png", "--source", path.name, "--headless", "--kinds", "--out", "out")
    return Case(edge(*arguments, "--max-frames", "8"), ("out/",))


def prepare_galleries(folder):
    examples(folder)
    run_whole(folder, edge("gallery", "things", "--add", "cup.png"))


def gallery_case(folder, rng):
    inputs.break_file(rng.choice(sorted((folder / "things" / "cup").iterdir())), rng)
    runs = (
        edge("gallery", "things"),
        edge("--gallery", "things", "--source", "frame.jpg", "--headless", "--out", "out"),
        edge("gallery", "things", "--delete", "cup"),
    )
    return Case(rng.choice(runs), ("out/", "things/"))


def prepare_csv(folder):
    prepare_pictures(folder)
    (folder / "pairs.csv").write_text("reference,picture\ncup.png,frame.jpg\n")
    (folder / "same.csv").write_text("image0,image1,label\ncup.png,frame.jpg,1\ncup.png,pictures/a.png,0\n")
    (folder / "points.csv").write_text("x,y\n1,2\n3.5,4\n")


def csv_case(folder, rng):
    name = rng.choice(("pairs.csv", "same.csv", "points.csv"))
    inputs.break_file(folder / name, rng)
    if name == "pairs.csv":
        return Case(edge("match", "--kinds", "--pairs", name, "--out", "lines.jsonl"), ("lines.jsonl",))
    return Case(lambda: listed(name))


def listed(name):
    from getnet_tf.alignment.keypoints import read_points
    from getnet_tf.data.pair_csv import read_pairs
    from getnet_tf.errors import report_errors

    def read():
        read_pairs(name) if name == "same.csv" else read_points(pathlib.Path(name))

    return report_errors(read)


def name_case(folder, rng):
    name = inputs.named(rng)
    with contextlib.suppress(OSError):
        shutil.copy(folder / "cup.png", folder / f"{name}.png")
    runs = (
        edge("gallery", "things", "--add", f"{name}.png"),
        edge("gallery", "things", "--delete", name),
        edge("match", "--kinds", f"{name}.png", "frame.jpg"),
        edge("--reference", f"{name}.png", "--source", "frame.jpg", "--headless", "--kinds", "--out", "out"),
        # One of the names is that of the simulated camera, which never ends.
        edge(
            "--reference",
            "cup.png",
            "--source",
            name,
            "--headless",
            "--kinds",
            "--out",
            "out",
            "--max-frames",
            "5",
        ),
    )
    return Case(rng.choice(runs), ("out/", "things/"))


KINDS = (
    Kind("models", import_edge, prepare_models, model_case),
    Kind("pictures", import_edge, prepare_pictures, picture_case),
    Kind("videos", import_edge, prepare_videos, video_case),
    Kind("galleries", import_edge, prepare_galleries, gallery_case),
    Kind("csv", import_csv, prepare_csv, csv_case),
    Kind("names", import_edge, examples, name_case),
)
