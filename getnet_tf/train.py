"""Trains a GetNet from 0/1 pair labels.

    python -m getnet_tf.train --out runs/first                     # embedded digits in noise, about 4 minutes
    python -m getnet_tf.train --out runs/first --resume            # go on after a kill
    python -m getnet_tf.train --out runs/siamese --localiser none  # the Siamese baseline
    python -m getnet_tf.train --out runs/quick --preset quick      # seconds, to see that everything works
    python -m getnet_tf.train --out runs/mine --data my_photos/    # a folder with a folder of photos for each class
    python -m getnet_tf.train --out runs/pairs --data pairs.csv    # photos of which only pairs are labelled

The run folder then holds `model.keras` (the checkpoint), `log.csv`, `boxes.jsonl` and `tensorboard/`.
"""

import argparse
import dataclasses
import functools
import pathlib
import shlex
import sys

from edge_demo.model.thetas import KINDS
from getnet_tf.backbones import BACKBONES, PRETRAINED
from getnet_tf.choices import (
    DECISIONS,
    LEARNS,
    PRECISIONS,
    SAMPLED,
    SCHEDULES,
    SPLITS,
    STARTS,
    SUPERVISIONS,
    VARIANTS,
)
from getnet_tf.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from getnet_tf.console import start_tensorflow
from getnet_tf.data import source
from getnet_tf.errors import InputError, report_errors
from getnet_tf.heads import HEADS
from getnet_tf.localisers import LOCALISERS

SIZES = (8, 1024)  # sides of the network's image that make sense, pixels
WATCHED_PHOTO_PAIRS = 40  # validation pairs looked at in each interval; photos are large
# Where --data names photos. A pretrained backbone has little to learn, and every step of it is slow on a CPU.
PHOTOS = {
    "backbone": "efficientnet-lite0",
    "localiser": "guided",
    "schedule": "in-turn",
    "batch": 32,
    "learning_rate": 4e-4,
    "margin": 1.15,
    "log_every": 50,
    "area_weight": 0.02,
}
EMBEDDING_DIM = 1000  # of photos: as many as ImageNet has classes, see `encoder.build_encoder`
FRAME = 1.5  # side of a frame that a localiser searches, per side of the target area
# A backbone of random weights has everything to learn, and learns it from the pixels.
PHOTOS_FROM_SCRATCH = {"localiser": "none", "schedule": "alternate", "pairs": 6400, "log_every": 20}
# Seconds instead of minutes: `python -m getnet_tf.train --preset quick`. Learns almost nothing.
QUICK = {"pairs": 6400, "log_every": 20}
QUICK_PHOTOS = {
    "siamese_steps": 20,
    "locating_steps": 20,
    "scenes": 64,
    "views": 2,
    "log_every": 20,
    "size": 96,
    "pairs": 640,
}


def build_parser():
    """The command line; every default comes from `getnet_tf.config`."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.train",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    model, data, train = ModelConfig(), DataConfig(), TrainConfig()
    add = parser.add_argument
    add("--out", type=pathlib.Path, required=True, metavar="RUN", help="folder of the run")
    add("--resume", action="store_true", help="go on with the run in --out, with the same settings")
    add(
        "--preset",
        choices=("full", "quick"),
        default="full",
        help="quick: seconds, to see that everything works",
    )
    add("--export", action="store_true", help="go on to RUN/model.tflite, int8")
    add(
        "--data",
        default=data.source,
        metavar="digits|mnist|FILE.npz|FOLDER|tfds:NAME|PAIRS.csv",
        help="embedded digits, MNIST, a file of digits; photos: a folder of class folders, a TFDS set, or "
        "lines of image0,image1,label",
    )
    add("--split-by", choices=SPLITS, default=data.split_by, help="of photos; class: test classes are new")
    add(
        "--size",
        type=int,
        default=224,
        help="of photos: side of what the encoder sees, pixels; a localiser sees frames half as large again",
    )
    add(
        "--backgrounds",
        default=data.backgrounds,
        metavar="FOLDER",
        help="pictures of any places, to compose scenes on; without it, pieces of the photos",
    )
    add("--variant", choices=VARIANTS, default=data.variant, help="how the digits are hidden")
    add("--noise", type=float, default=data.noise, help="grey level that the noise reaches, 0 to 1")
    add("--no-augment", dest="augment", action="store_false", help="show training digits as they are")
    add("--localiser", choices=LOCALISERS, default=model.localiser, help="none: the plain Siamese network")
    add(
        "--backbone",
        choices=BACKBONES,
        default=model.backbone,
        help="the encoder; see getnet_tf.backbones.encoder",
    )
    add(
        "--head",
        choices=HEADS,
        default=argparse.SUPPRESS,
        help="how the encoder pools its map (default: as suits the backbone)",
    )
    add(
        "--weights",
        default=model.weights,
        metavar="imagenet|random|FILE",
        help="of a pretrained backbone; random: all of it learns; FILE: of Keras's MobileNetV2",
    )
    add("--theta-kind", choices=KINDS, default=model.theta_kind, help="what the transformer may do")
    add("--decision", choices=DECISIONS, default=model.decision, help="joined: the paper's joined vector")
    add("--pairs", type=int, default=train.pairs, help="labelled pairs seen in all")
    add("--batch", type=int, default=train.batch, help="pairs per step")
    add("--learning-rate", type=float, default=train.learning_rate, help="peak, cosine decay")
    add("--margin", type=float, default=train.margin, help="of the contrastive loss")
    add(
        "--schedule", choices=SCHEDULES, default=train.schedule, help="alternate: as the paper, section III-D"
    )
    add(
        "--transformer-steps",
        type=int,
        default=train.transformer_steps,
        help="of a round: the transformer alone",
    )
    add("--whole-steps", type=int, default=train.whole_steps, help="of a round: the whole network")
    add("--siamese-steps", type=int, default=train.siamese_steps, help="in-turn: of the Siamese part, first")
    add("--locating-steps", type=int, default=train.locating_steps, help="in-turn: of the transformer, then")
    add("--locating-rate", type=float, default=train.locating_rate, help="in-turn: peak, of the transformer")
    add("--learns", choices=LEARNS, default=train.learns, help="in-turn: what of the encoder learns")
    add(
        "--slack",
        type=float,
        default=train.slack,
        help="in-turn: distance up to which same pairs cost nothing",
    )
    add("--keep-weight", type=float, default=train.keep_weight, help="in-turn: of what ImageNet taught")
    add("--start", choices=STARTS, default=train.start, help="of a guided localiser")
    add("--supervision", choices=SUPERVISIONS, default=train.supervision, help="of locating on photos")
    add("--scenes", type=int, default=train.scenes, help="composed to learn locating on photos")
    add("--views", type=int, default=train.views, help="changed copies of every photo, itself included")
    add("--sampled", choices=SAMPLED, default=model.sampled, help="what the target area is cut from")
    add("--area-weight", type=float, default=train.area_weight, help="weight of the scale prior")
    add(
        "--log-every",
        type=int,
        default=train.log_every,
        help="steps between log lines and states to resume from",
    )
    add("--precision", choices=PRECISIONS, default=train.precision, help="dtype policy")
    add("--jit", action="store_true", default=train.jit, help="compile the step with XLA")
    add("--seed", type=int, default=train.seed, help="of the pairs and the initial weights")
    add("--threads", type=int, default=0, help="CPU threads; 0: all")
    add("--deterministic", action="store_true", help="bit-equal from run to run, somewhat slower")
    return parser


def config_from(options):
    """Command-line options -> `RunConfig`."""
    data = DataConfig(
        options.data,
        options.variant,
        options.noise,
        options.augment,
        split_by=options.split_by,
        backgrounds=options.backgrounds,
    )
    photos = source.is_photos(options.data)
    if photos and not SIZES[0] <= options.size <= SIZES[1]:
        raise ValueError(
            f"Invalid `size`. Expected {SIZES[0]} to {SIZES[1]} pixels. Received: {options.size}."
        )
    if options.schedule == "in-turn" and options.localiser == "none":
        options.locating_steps = 0
    elif options.schedule == "in-turn" and source.is_csv(options.data):
        raise ValueError(
            f"A localiser on a pretrained backbone learns from scenes composed of classes, which pairs do not tell. Give "
            f"--localiser none, or a folder for each class. Received: --localiser {options.localiser}, "
            f"--data {options.data}."
        )
    on_maps = photos and options.localiser != "none" and options.backbone in PRETRAINED
    height, width, channels = source.image_shape(
        data, round(options.size * FRAME) // 32 * 32 if on_maps else options.size
    )
    model = ModelConfig(
        image_hw=(height, width),
        channels=channels,
        crop_hw=(options.size, options.size) if photos else ModelConfig.crop_hw,
        embedding_dim=EMBEDDING_DIM if photos else ModelConfig.embedding_dim,
        localiser=options.localiser,
        theta_kind=options.theta_kind,
        backbone=options.backbone,
        head=getattr(options, "head", ""),
        weights=options.weights,
        decision=options.decision,
        sampled=options.sampled,
    )
    names = {field.name for field in dataclasses.fields(TrainConfig)}
    train = TrainConfig(**{name: value for name, value in vars(options).items() if name in names})
    return RunConfig(model, data, train)


def run(config, folder, resume=False, command="", verbose=1, splits=None):
    """Trains, calibrates on the validation split and saves the checkpoint.

    Args:
        config: `RunConfig`.
        folder: of the run.
        resume: go on in a folder that was begun with the same settings.
        command: stored in the checkpoint.
        verbose: 1 shows Keras's progress bar, 2 a line per interval, 0 nothing.
        splits: dict of "train" and "val" in place of what `config.data` names, as `data.source.load` gives it.

    Returns:
        Path of the checkpoint.

    Raises:
        InputError: for bad data, a folder that holds another run, or a loss that is not finite.
    """
    from getnet_tf.training import run_folder

    folder = pathlib.Path(folder)
    path = folder / "model.keras"
    run_folder.check(folder, config, resume)
    if path.is_file():
        return path

    import keras
    import numpy as np

    from getnet_tf import checkpoint
    from getnet_tf.backbones.encoder import load_pretrained
    from getnet_tf.card import Card, commit
    from getnet_tf.evaluation import metrics
    from getnet_tf.evaluation.calibration import calibrate
    from getnet_tf.evaluation.predictor import KerasPredictor, predict_pairs
    from getnet_tf.model import GetNet
    from getnet_tf.training import alternating as training
    from getnet_tf.training import in_turn_run as photo_training
    from getnet_tf.training.alternating import AlternatingTrainer
    from getnet_tf.training.recorder import RunRecorder

    splits = splits or source.load(config.data)
    train_seed, val_seed, _ = run_folder.pair_seeds(config.train.seed)
    hw, settings = config.model.image_hw, config.train
    val_pairs = source.pairs_of(splits["val"], config.data, hw, val_seed)
    in_turn = settings.schedule == "in-turn"
    if not in_turn:
        train_pairs = source.pairs_of(splits["train"], config.data, hw, train_seed, config.data.augment)

    keras.config.set_dtype_policy(settings.precision)
    keras.utils.set_random_seed(settings.seed)
    network = GetNet(config.model)
    load_pretrained(network)
    recorder = RunRecorder(folder, val_pairs, WATCHED_PHOTO_PAIRS if in_turn else run_folder.WATCHED_PAIRS)
    run_folder.begin(folder, config)  # not before the data have proved good
    callbacks = [recorder, keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False)]
    code = commit()  # of what trains, whatever is checked out by the end
    if in_turn:
        trainer = photo_training.train(network, config, splits["train"], folder, recorder, callbacks, verbose)
    else:
        trainer = AlternatingTrainer(network, settings)
        recorder.resume(trainer)
        batches = functools.partial(train_pairs.dataset, size=settings.batch)
        training.fit(trainer, batches, settings.steps, callbacks, verbose)
    predictions = predict_pairs(KerasPredictor(network), val_pairs.once())
    if not np.isfinite(predictions.distance).all():
        raise InputError(
            f"The network is not finite at step {trainer.step}. Lower --learning-rate and train again, "
            f"into another --out."
        )
    calibration = calibrate(predictions.label, predictions.distance)
    accuracy = metrics.pair_accuracy(predictions.label, predictions.distance, calibration.threshold)
    scores = {"val_pair_accuracy": accuracy, "val_pairs": len(predictions.label)}
    seconds = round(trainer.seconds, 1)
    card = Card(config, calibration, command, code, seconds, scores)
    checkpoint.save(path, network, card)
    (folder / "state.npz").unlink(missing_ok=True)
    if verbose:
        pictures = source.pictures_of(splits["train"])
        print(
            f"learned from {pictures} pictures; {accuracy:.1%} of {len(predictions.label)} validation pairs are right"
        )
    return path


def parse(argv):
    """The command line's arguments -> options. What kind of data they name decides over the defaults."""
    parser = build_parser()
    options = parser.parse_args(argv)
    photos = source.is_photos(options.data)
    if photos:
        parser.set_defaults(**PHOTOS)
        if source.is_csv(options.data):  # pairs have no classes to compose scenes of
            parser.set_defaults(localiser="none")
        options = parser.parse_args(argv)
        if options.weights == "random" or options.backbone not in PRETRAINED:
            parser.set_defaults(**PHOTOS_FROM_SCRATCH)
        if options.localiser == "none":
            parser.set_defaults(locating_steps=0)
    if options.preset == "quick":
        parser.set_defaults(**(QUICK_PHOTOS if photos else QUICK))
    return parser.parse_args(argv)


def main(argv=None):
    """The command line; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    return report_errors(_main, parse(argv), argv)


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
