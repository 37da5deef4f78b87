"""What writes, and what it needs: every command that leaves something behind, with inputs that are as small as they can be."""

import dataclasses
import pathlib
import shutil
import subprocess
import sys

import attack_training
import bench
import cv2
import numpy as np
from attack_cases import EXAMPLES, examples

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUT = "OUT"  # in a command: the folder on the small disk


@dataclasses.dataclass(frozen=True)
class Writer:
    """A command that writes into `OUT`, run where its inputs are."""

    name: str
    command: str  # of Python
    needs: tuple = ()  # of `NEEDS`
    before: str = ""  # folder among the inputs that is in `OUT` when it begins
    goes_on: bool = False  # as its manual says: without what did not fit
    may_lack: str = ""  # pattern of names: what is made again where it can't be kept
    heavy: bool = True  # starts TensorFlow


def python(command, folder):
    """Runs a command of Python that must work, in a folder."""
    done = subprocess.run([sys.executable, *command.split()], cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"error: expected whole inputs to work, received of {command}: {done.stderr[-2000:]}")


def pictures(folder):
    """A reference, a picture that shows it, a film, pairs, and two class folders of photos."""
    examples(folder)
    for name in ("mug.png", "desk.mp4"):
        shutil.copy(EXAMPLES / name, folder)
    (folder / "pairs.csv").write_text("reference,picture\ncup.png,frame.jpg\n" + "cup.png,mug.png\n" * 3)
    frame = cv2.imread(str(folder / "frame.jpg"))
    mug = cv2.resize(cv2.imread(str(folder / "mug.png")), (320, 240))
    for kind, picture in (("cup", frame), ("mug", mug), ("both", cv2.addWeighted(frame, 0.5, mug, 0.5, 0))):
        (folder / "photos" / kind).mkdir(parents=True)
        for number in range(8):
            changed = np.roll(picture, 20 * number, axis=1)
            cv2.imwrite(str(folder / "photos" / kind / f"{number}.jpg"), changed)


def labels(folder):
    """Labels, and decisions about them."""
    (folder / "some" / "cup").mkdir(parents=True)
    for number in range(3):
        shutil.copy(folder / "photos" / "cup" / f"{number}.jpg", folder / "some" / "cup")
    python("-m getnet_tf.autolabel some --reference cup.png --out there/labels --processes 1 --kinds", folder)
    from getnet_tf.autolabel import decisions
    from getnet_tf.autolabel.journal import fingerprint_of

    run = decisions.run_of(fingerprint_of(folder / "there" / "labels" / "journal.jsonl"))
    (folder / "decisions.json").write_text(decisions.text_of(run, {}))


def digits(folder):
    """A run on digits that was killed after a saved state, and one that is done."""
    attack_training.prepare_checkpoints(folder)
    (folder / "killed").mkdir()
    (folder / "run").rename(folder / "killed" / "run")


def on_maps(folder):
    """Networks on maps, trained for a few steps."""
    for module, name in (("alignment", "align"), ("retrieval", "code")):
        python(f"-m getnet_tf.{module}.train --data photos --out {name} --preset quick", folder)


def parts(folder):
    """What makes codes of pictures, and a model's parts, as files."""
    for name in ("align", "code"):
        python(f"{ROOT}/export/to_tflite.py {name} --out {name}.tflite --variant float32", folder)
    python(f"{ROOT}/export/to_tflite.py done --out digits.tflite --variant float32", folder)
    python("-m getnet_tf.retrieval index photos --model code.tflite --regions --out there/index", folder)


def made(folder, names):
    """A folder with inputs, those of `names` that were not made before: its absolute path."""
    folder = folder.absolute()
    folder.mkdir(exist_ok=True)
    for name in (name for name in NEEDS if name in names):
        done = folder / f"{name}.done"
        if not done.exists():
            bench.say(f"making {name}")
            NEEDS[name](folder)
            done.touch()
    return folder


NEEDS = {"pictures": pictures, "labels": labels, "digits": digits, "on_maps": on_maps, "parts": parts}
PHOTOS = "--siamese-steps 4 --log-every 2 --batch 4 --copies 2 --size 32 --locating-steps 4 --scenes 8"
TRAINING = " ".join(attack_training.TRAINING).replace("--out run", f"--out {OUT}/run")
LABELLING = "-m getnet_tf.autolabel photos --processes 1 --kinds"
QUICK = f"--data photos --out {OUT}/run --preset quick"
WATCHED = "-m edge_demo --reference mug.png --source desk.mp4 --headless --kinds --max-frames 40"
SEEN = ("pictures",)
WITH_PARTS = ("pictures", "digits", "on_maps", "parts")

WRITERS = (
    Writer("recording", f"{WATCHED} --out {OUT}/found", SEEN, heavy=False),
    Writer("snapshots", f"{WATCHED} --snapshots {OUT}/seen", SEEN, goes_on=True, heavy=False),
    Writer(
        "gallery",
        f"-m edge_demo gallery {OUT}/things --add cup.png mug.png",
        SEEN,
        may_lack=r".*\.npz",
        heavy=False,
    ),
    Writer("match --pairs", f"-m edge_demo match --pairs pairs.csv --out {OUT}/a.jsonl", SEEN, heavy=False),
    Writer("demo", f"-m edge_demo demo --out {OUT}/found.jpg", heavy=False),
    Writer("labels", f"{LABELLING} --reference cup.png --out {OUT}/labels", SEEN, heavy=False),
    Writer("labels by folder", f"{LABELLING} --by-folder --out {OUT}/labels", SEEN, heavy=False),
    Writer(
        "labels --apply",
        f"-m getnet_tf.autolabel some --apply decisions.json --out {OUT}/labels",
        ("pictures", "labels"),
        "there",
        heavy=False,
    ),
    Writer("preview", f"-m getnet_tf.data.preview --out {OUT}/preview.png", heavy=False),
    Writer("moving scene", f"-m getnet_tf.data.moving --out {OUT}/scene", heavy=False),
    Writer(
        "index",
        f"-m getnet_tf.retrieval index photos --model code.tflite --regions --out {OUT}/index",
        WITH_PARTS,
        heavy=False,
    ),
    Writer(
        "search",
        f"-m getnet_tf.retrieval search there/index cup.png --json {OUT}/a.json --html {OUT}/a.html",
        WITH_PARTS,
        heavy=False,
    ),
    Writer(
        "index's scores",
        f"-m getnet_tf.retrieval evaluate photos --model code.tflite --queries 0.2 --out {OUT}/index --json {OUT}/a.json",
        WITH_PARTS,
        heavy=False,
    ),
    Writer(
        "whitening",
        f"-m getnet_tf.retrieval.whiten photos --model code.tflite --dim 8 --out {OUT}/white.npz",
        WITH_PARTS,
        heavy=False,
    ),
    Writer(
        "scores and figures",
        f"-m getnet_tf.evaluate --model digits.tflite --data few.npz --pairs 60 --json {OUT}/a.json "
        f"--report {OUT}/a.html --figures {OUT}/figures",
        WITH_PARTS,
        heavy=False,
    ),
    Writer("join", f"{ROOT}/export/join.py digits.tflite align.tflite --out {OUT}/a.tflite", WITH_PARTS),
    Writer("training, digits", f"-m getnet_tf.train {TRAINING}", ("digits",)),
    Writer("the same, --resume", f"-m getnet_tf.train {TRAINING} --resume", ("digits",), "killed"),
    Writer("training, photos", f"-m getnet_tf.train --data photos --out {OUT}/run {PHOTOS}", SEEN),
    Writer("training, aligner", f"-m getnet_tf.alignment.train {QUICK}", SEEN),
    Writer("training, describer", f"-m getnet_tf.individuals.train {QUICK}", SEEN),
    Writer("training, coder", f"-m getnet_tf.retrieval.train {QUICK}", SEEN),
    Writer(
        "scores of a run",
        f"-m getnet_tf.evaluate --model done --pairs 60 --json {OUT}/a.json --report {OUT}/a.html --figures {OUT}/figures",
        ("digits",),
    ),
    Writer(
        "export, digits",
        f"{ROOT}/export/to_tflite.py done --out {OUT}/a.tflite --steps 10 --report {OUT}/a.json",
        ("digits",),
    ),
    Writer(
        "export, on maps",
        f"{ROOT}/export/to_tflite.py code --out {OUT}/a.tflite --variant float32 --report {OUT}/a.json",
        ("pictures", "on_maps"),
    ),
)
