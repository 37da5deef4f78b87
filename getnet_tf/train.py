"""Trains a GetNet from 0/1 pair labels.

    python -m getnet_tf.train --out runs/first                     # embedded digits in noise, about 4 minutes
    python -m getnet_tf.train --out runs/first --resume            # go on after a kill
    python -m getnet_tf.train --out runs/siamese --localiser none  # the Siamese baseline
    python -m getnet_tf.train --out runs/quick --preset quick      # seconds, to see that everything works
    python -m getnet_tf.train --out runs/mine --data my_photos/    # a folder with a folder of photos for each class
    python -m getnet_tf.train --out runs/things --data my_things/ --individuals    # a folder for each thing
    python -m getnet_tf.train --out runs/pairs --data pairs.csv    # photos of which only pairs are labelled

The run folder then holds `model.keras` (the checkpoint), `log.csv`, `boxes.jsonl` and `tensorboard/`.
"""

import argparse
import dataclasses
import pathlib
import shlex
import sys

from edge_demo.model.thetas import LOCATED
from getnet_tf import presets
from getnet_tf.backbones import BACKBONES, PRETRAINED
from getnet_tf.choices import (
    DECISIONS,
    DIGIT_VARIANTS,
    LEARNS,
    PRECISIONS,
    SAMPLED,
    SCHEDULES,
    SPLITS,
    STARTS,
    SUPERVISIONS,
)
from getnet_tf.config import DataConfig, InTurnConfig, ModelConfig, RunConfig
from getnet_tf.console import start_tensorflow
from getnet_tf.data import source
from getnet_tf.errors import InputError, report_errors
from getnet_tf.heads import HEADS
from getnet_tf.localisers import LOCALISERS
from getnet_tf.training.run import run

# What `--help` gives the defaults of: what it is called there, and an example of the run.
EXAMPLES = {
    "": presets.digits(),
    "photos: ": presets.photos("FOLDER"),
    "photos, random weights: ": presets.photos("FOLDER", weights="random"),
}


def build_parser():
    """The command line. A setting that is not given is absent from its options: `getnet_tf.presets` has it."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.train",
        description=__doc__.splitlines()[0],
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )

    def setting(group, option, help, **how):
        name = option.removeprefix("--").replace("-", "_")
        group.add_argument(option, help=f"{help} (default: {_default(name)})", **how)

    add = parser.add_argument
    add("--out", type=pathlib.Path, required=True, metavar="RUN", help="folder of the run")
    add(
        "--resume",
        action="store_true",
        default=False,
        help="go on with the run in --out, with the same settings",
    )
    add(
        "--preset",
        choices=("full", "quick"),
        default="full",
        help="quick: to see that everything works (default: full)",
    )
    add("--export", action="store_true", default=False, help="go on to RUN/model.tflite, int8")
    add("--threads", type=int, default=0, help="CPU threads; 0: all (default: 0)")
    add(
        "--deterministic",
        action="store_true",
        default=False,
        help="bit-equal from run to run, somewhat slower",
    )

    group = parser.add_argument_group("data")
    group.add_argument(
        "--data",
        default=DataConfig.source,
        metavar="digits|mnist|FILE.npz|FOLDER|tfds:NAME|PAIRS.csv",
        help="embedded digits, MNIST, a file of digits; photos: a folder of class folders, a TFDS set, or "
        f"lines of image0,image1,label (default: {DataConfig.source})",
    )
    setting(group, "--variant", "how digits are hidden", choices=DIGIT_VARIANTS)
    setting(group, "--noise", "of digits: grey level that the noise reaches, 0 to 1", type=float)
    setting(group, "--split-by", "of photos; class: test classes are new", choices=SPLITS)
    group.add_argument(
        "--individuals",
        action="store_true",
        help="of photos: a folder holds one thing, and others may look like it; without it, things of one kind",
    )
    group.add_argument(
        "--no-augment", dest="augment", action="store_false", help="show training pictures as they are"
    )

    group = parser.add_argument_group("network")
    setting(group, "--localiser", "none: the plain Siamese network", choices=LOCALISERS)
    setting(group, "--backbone", "the encoder; see getnet_tf.backbones.encoder", choices=BACKBONES)
    setting(group, "--head", "how the encoder pools its map", choices=HEADS)
    group.add_argument(
        "--weights",
        metavar="imagenet|random|FILE",
        help="of a pretrained backbone; random: all of it learns; FILE: of Keras's MobileNetV2 "
        f"(default: {ModelConfig.weights})",
    )
    setting(group, "--theta-kind", "what the transformer may do", choices=LOCATED)
    setting(group, "--decision", "joined: the paper's joined vector", choices=DECISIONS)
    setting(group, "--sampled", "what a localiser on maps cuts the target area from", choices=SAMPLED)
    group.add_argument(
        "--size",
        type=int,
        help="of photos: side of what the encoder sees, pixels; a localiser on a pretrained backbone sees frames half "
        f"as large again (default: {presets.SIDE})",
    )

    group = parser.add_argument_group("training")
    setting(group, "--batch", "pairs per step", type=int)
    setting(group, "--learning-rate", "peak, cosine decay", type=float)
    setting(group, "--margin", "of the contrastive loss", type=float)
    setting(group, "--area-weight", "of the scale prior, where only labels say where to look", type=float)
    setting(group, "--log-every", "steps between log lines and states to resume from", type=int)
    setting(group, "--precision", "dtype policy", choices=PRECISIONS)
    group.add_argument("--jit", action="store_true", help="compile the step with XLA")
    setting(group, "--seed", "of the pairs and the initial weights", type=int)

    group = parser.add_argument_group("training, of weights that are random at first")
    setting(group, "--pairs", "labelled pairs seen in all", type=int)
    setting(group, "--schedule", "alternate: as the paper, section III-D", choices=SCHEDULES)
    setting(group, "--transformer-steps", "of a round: the transformer alone", type=int)
    setting(group, "--whole-steps", "of a round: the whole network", type=int)

    group = parser.add_argument_group("training, on a pretrained backbone: what things are, then where")
    setting(group, "--siamese-steps", "of the Siamese part, first", type=int)
    setting(group, "--learns", "what of the encoder learns", choices=LEARNS)
    setting(group, "--slack", "distance up to which same pairs cost nothing", type=float)
    setting(group, "--keep-weight", "of what ImageNet taught", type=float)
    setting(group, "--copies", "changed copies of every photo, itself included", type=int)
    setting(group, "--locating-steps", "of the transformer, then", type=int)
    setting(group, "--locating-rate", "peak, of the transformer", type=float)
    setting(group, "--supervision", "of the transformer", choices=SUPERVISIONS)
    setting(group, "--scenes", "composed for the transformer", type=int)
    group.add_argument(
        "--backgrounds",
        metavar="FOLDER",
        help="pictures of any places, to compose scenes on (default: pieces of the photos)",
    )
    setting(group, "--start", "of a guided localiser", choices=STARTS)
    return parser


def _default(name):
    """What a setting is where nobody gives it: "64; photos: 32"."""
    said = {}
    for where, run_config in EXAMPLES.items():
        for part in (run_config.model, run_config.data, run_config.train):
            if hasattr(part, name):
                said.setdefault(getattr(part, name), where)
    first, *others = said
    return "; ".join([str(first), *(f"{said[value]}{value}" for value in others)])


def config_from(options):
    """What was given on the command line, over the preset of what `--data` names -> `RunConfig`.

    Raises:
        ValueError: for a setting that cannot be, that does not go with the others, or that nothing would read.
    """
    given = {name: value for name, value in vars(options).items() if name not in ("data", "preset")}
    quick = options.preset == "quick"
    if source.is_photos(options.data):
        named = {name: given[name] for name in ("backbone", "weights", "localiser", "size") if name in given}
        preset_of = presets.photo_pairs if source.is_csv(options.data) else presets.photos
        preset = preset_of(options.data, quick=quick, **named)
    else:
        preset = presets.digits(options.data, quick)
    model, train = _changed(preset.model, given), _changed(preset.train, given)
    # --seed is the training's: runs that differ by it learn from the same split.
    data = _changed(preset.data, {**given, "seed": preset.data.seed})
    in_turn = isinstance(train, InTurnConfig)
    if in_turn and model.localiser != "none" and source.is_csv(data.source):
        raise ValueError(
            f"A localiser on a pretrained backbone learns from scenes composed of classes, which pairs do not tell. Give "
            f"--localiser none, or a folder for each class. Received: --localiser {model.localiser}, --data {data.source}."
        )
    for options_of_one, read, reader in _readers(model, data, train):
        for name in options_of_one.split():
            if name in given and not read:
                raise ValueError(
                    f"--{name.replace('_', '-')} does not apply: only {reader} has a use for it. Received: --data "
                    f"{data.source}, --localiser {model.localiser}, --backbone {model.backbone}, --weights {model.weights}. "
                    f"Leave it out."
                )
    return RunConfig(model, data, train)


def _changed(part, given):
    names = {field.name for field in dataclasses.fields(part)}
    return dataclasses.replace(part, **{name: value for name, value in given.items() if name in names})


def _readers(model, data, train):
    """Options that not every run reads: rows of (their names, whether this one does, what does)."""
    photos, in_turn = source.is_photos(data.source), isinstance(train, InTurnConfig)
    located = model.localiser != "none"
    alternates = not in_turn and located and train.schedule == "alternate"
    by_labels = not in_turn or train.supervision == "pairs"
    return [
        ("variant", not photos, "a training on digits"),
        ("noise", not photos and data.variant != "cluttered", "a training on digits in noise"),
        ("split_by size", photos, "a training on photos"),
        (
            "individuals",
            in_turn and photos and not source.is_csv(data.source),
            "a training of a backbone with pretrained weights on folders of photos",
        ),
        ("weights", model.backbone in PRETRAINED, f"a backbone of {', '.join(PRETRAINED)}"),
        ("theta_kind", located, "a localiser"),
        ("sampled", model.on_maps, "a localiser on a pretrained backbone"),
        ("area_weight", located and by_labels, "a localiser that learns by pair labels alone"),
        ("pairs", not in_turn, "a network whose weights are random at first"),
        ("schedule", not in_turn and located, "a localiser in a network whose weights are random at first"),
        ("transformer_steps whole_steps", alternates, "a localiser with --schedule alternate"),
        ("siamese_steps learns slack keep_weight", in_turn, "a backbone with pretrained weights"),
        ("copies", in_turn and data.augment, "a backbone with pretrained weights, without --no-augment,"),
        (
            "locating_steps locating_rate supervision scenes backgrounds",
            in_turn and located,
            "a localiser on a backbone with pretrained weights",
        ),
        ("start", in_turn and model.takes_reference, "a guided localiser"),
    ]


def parse(argv):
    """The command line's arguments -> options, see `build_parser`."""
    return build_parser().parse_args(argv)


def main(argv=None):
    """The command line; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    return report_errors(lambda: _main(parse(argv), argv))


def _main(options, argv):
    try:
        config = config_from(options)
    except ValueError as error:
        raise InputError(str(error)) from error
    tf = start_tensorflow(options.threads)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    verbose = 1 if sys.stdout.isatty() else 2
    command = shlex.join(["python", "-m", "getnet_tf.train", *argv])
    path = run(config, options.out, options.resume, command, verbose)
    print(f"checkpoint: {path}")
    if options.export:
        tflite = path.with_suffix(".tflite")
        # The exporter lives behind its own door: its Keras and ours do not share a process well.
        import subprocess

        return subprocess.run(
            [sys.executable, "-m", "export.to_tflite", str(path), "--out", str(tflite)]
        ).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
