"""Trains a GetNet from 0/1 pair labels.

    python -m getnet_tf.train --out runs/first                     # embedded digits in noise, about 4 minutes
    python -m getnet_tf.train --out runs/first --resume            # go on after a kill
    python -m getnet_tf.train --out runs/siamese --localiser none  # the Siamese baseline
    python -m getnet_tf.train --out runs/quick --preset quick      # seconds, to see that everything works

The run folder then holds `model.keras` (the checkpoint), `log.csv`, `boxes.jsonl` and `tensorboard/`.
"""

import argparse
import dataclasses
import pathlib
import shlex
import sys

from getnet_tf.choices import (
    BACKBONES,
    DECISIONS,
    LOCALISERS,
    PRECISIONS,
    SCHEDULES,
    SPLITS,
    THETA_KINDS,
    VARIANTS,
)
from getnet_tf.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from getnet_tf.console import start_tensorflow
from getnet_tf.data import source
from getnet_tf.errors import InputError, report_errors

# Where --data names photos. A pretrained backbone has little to learn, and every step of it is slow on a CPU.
PHOTOS = {
    "backbone": "efficientnet-lite0",
    "pairs": 6400,
    "batch": 32,
    "learning_rate": 1e-3,
    "log_every": 20,
    "area_weight": 0.02,
}
# Seconds instead of minutes: `python -m getnet_tf.train --preset quick`. Learns almost nothing.
QUICK = {"pairs": 6400, "log_every": 20}
QUICK_PHOTOS = {"pairs": 640, "log_every": 10}


def build_parser():
    """The command line; every default comes from `getnet_tf.config`."""
    parser = argparse.ArgumentParser(
        prog="python -m getnet_tf.train",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
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
    add("--size", type=int, default=160, help="side of the network's image of photos, pixels")
    add("--variant", choices=VARIANTS, default=data.variant, help="how the digits are hidden")
    add("--noise", type=float, default=data.noise, help="grey level that the noise reaches, 0 to 1")
    add("--no-augment", dest="augment", action="store_false", help="show training digits as they are")
    add("--localiser", choices=LOCALISERS, default=model.localiser, help="none: the plain Siamese network")
    add("--backbone", choices=BACKBONES, default=model.backbone, help="the encoder; see getnet_tf.encoder")
    add(
        "--weights",
        default=model.weights,
        metavar="imagenet|random|FILE",
        help="of a pretrained backbone; random: all of it learns; FILE: of Keras's MobileNetV2",
    )
    add("--theta-kind", choices=THETA_KINDS, default=model.theta_kind, help="what the transformer may do")
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
        options.data, options.variant, options.noise, options.augment, split_by=options.split_by
    )
    height, width, channels = source.image_shape(data, options.size)
    photos = source.is_photos(options.data)
    model = ModelConfig(
        image_hw=(height, width),
        channels=channels,
        crop_hw=(height, width) if photos else ModelConfig.crop_hw,
        localiser=options.localiser,
        theta_kind=options.theta_kind,
        backbone=options.backbone,
        weights=options.weights,
        decision=options.decision,
    )
    names = {field.name for field in dataclasses.fields(TrainConfig)}
    train = TrainConfig(**{name: value for name, value in vars(options).items() if name in names})
    return RunConfig(model, data, train)


def run(config, folder, resume=False, command="", verbose=1):
    """Trains, calibrates on the validation split and saves the checkpoint.

    Args:
        config: `RunConfig`.
        folder: of the run.
        resume: go on in a folder that was begun with the same settings.
        command: stored in the checkpoint.
        verbose: 1 shows Keras's progress bar, 2 a line per interval, 0 nothing.

    Returns:
        Path of the checkpoint.

    Raises:
        InputError: for bad data, a folder that holds another run, or a loss that is not finite.
    """
    from getnet_tf import run_folder

    folder = pathlib.Path(folder)
    path = folder / "model.keras"
    run_folder.check(folder, config, resume)
    if path.is_file():
        return path

    import keras
    import numpy as np

    from getnet_tf import checkpoint, metrics
    from getnet_tf.calibration import calibrate
    from getnet_tf.card import Card, commit
    from getnet_tf.encoder import load_pretrained
    from getnet_tf.model import GetNet
    from getnet_tf.predictor import KerasPredictor, predict_pairs
    from getnet_tf.recorder import RunRecorder
    from getnet_tf.training import AlternatingTrainer

    splits = source.load(config.data)
    train_seed, val_seed, _ = run_folder.pair_seeds(config.train.seed)
    hw = config.model.image_hw
    train_pairs = source.pairs_of(splits["train"], config.data, hw, train_seed, config.data.augment)
    val_pairs = source.pairs_of(splits["val"], config.data, hw, val_seed)

    keras.config.set_dtype_policy(config.train.precision)
    keras.utils.set_random_seed(config.train.seed)
    network = GetNet(config.model)
    load_pretrained(network.encoder, config.model)
    trainer = AlternatingTrainer(network, config.train)
    recorder = RunRecorder(folder, val_pairs)
    run_folder.begin(folder, config)  # not before the data have proved good
    recorder.resume(trainer)

    code = commit()  # of what trains, whatever is checked out by the end
    every = config.train.log_every
    callbacks = [recorder, keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False)]
    if trainer.step < config.train.steps:
        trainer.fit(
            train_pairs.dataset(trainer.step, config.train.steps, config.train.batch),
            steps_per_epoch=every,
            initial_epoch=trainer.step // every,
            epochs=config.train.steps // every,
            shuffle=False,  # the pairs come shuffled
            callbacks=callbacks,
            verbose=verbose,
        )
    predictions = predict_pairs(KerasPredictor(network), val_pairs.once())
    if not np.isfinite(predictions.distance).all():
        raise InputError(
            f"The network is not finite at step {trainer.step}. Lower --learning-rate and train again."
        )
    calibration = calibrate(predictions.label, predictions.distance)
    accuracy = metrics.pair_accuracy(predictions.label, predictions.distance, calibration.threshold)
    scores = {"val_pair_accuracy": accuracy, "val_pairs": len(predictions.label)}
    seconds = round(trainer.seconds, 1)
    card = Card(config, calibration, command, code, seconds, scores)
    checkpoint.save(path, network, card)
    (folder / "state.npz").unlink(missing_ok=True)
    return path


def main(argv=None):
    """The command line; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    parser = build_parser()
    options = parser.parse_args(argv)
    # Other defaults lie below what the command line says.
    photos = source.is_photos(options.data)
    if photos:
        parser.set_defaults(**PHOTOS)
    if options.preset == "quick":
        parser.set_defaults(**(QUICK_PHOTOS if photos else QUICK))
    options = parser.parse_args(argv)
    return report_errors(_main, options, argv)


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
