"""One training, from settings to a checkpoint: data, network, trainer, calibration."""

import pathlib

from edge_demo.folder_lock import FolderLock
from getnet_tf.card import Card, commit, read_card
from getnet_tf.config import InTurnConfig
from getnet_tf.data import source
from getnet_tf.data.seen import seen_in
from getnet_tf.errors import InputError
from getnet_tf.training import run_folder

WATCHED_PHOTO_PAIRS = 40  # validation pairs looked at in each interval; photos are large


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
        InputError: for bad data, a folder that holds another run or a damaged checkpoint, or a loss that is not finite.
        EdgeError: if another program works in the folder.
    """
    folder = pathlib.Path(folder)
    run_folder.check(folder, config, resume)
    if (folder / "model.keras").is_file():
        read_card(folder)  # a damaged one is no end
        return folder / "model.keras"
    with FolderLock(folder):
        run_folder.check(folder, config, resume)  # what another has done until it let go of the folder
        return _trained(config, folder, command, verbose, splits)


def _trained(config, folder, command, verbose, splits):
    """The checkpoint of a run whose folder is held."""
    import keras
    import numpy as np

    from getnet_tf import checkpoint
    from getnet_tf.backbones.encoder import load_pretrained
    from getnet_tf.evaluation import metrics
    from getnet_tf.evaluation.calibration import calibrate
    from getnet_tf.evaluation.predictor import KerasPredictor, predict_pairs
    from getnet_tf.model import GetNet
    from getnet_tf.training import alternating, in_turn
    from getnet_tf.training.recorder import RunRecorder

    splits = splits or source.load(config.data)
    seen = seen_in(splits)  # now, before a picture can be moved away
    train_seed, val_seed, _ = run_folder.pair_seeds(config.train.seed)
    hw, settings = config.model.image_hw, config.train
    val_pairs = source.pairs_of(splits["val"], config.data, hw, val_seed)
    pretrained = isinstance(settings, InTurnConfig)
    if not pretrained:
        train_pairs = source.pairs_of(splits["train"], config.data, hw, train_seed, config.data.augment)

    keras.config.set_dtype_policy(settings.precision)
    keras.utils.set_random_seed(settings.seed)
    network = GetNet(config.model)
    load_pretrained(network)
    recorder = RunRecorder(folder, val_pairs, WATCHED_PHOTO_PAIRS if pretrained else run_folder.WATCHED_PAIRS)
    run_folder.begin(folder, config)  # not before the data have proved good
    callbacks = [recorder, keras.callbacks.TensorBoard(folder / "tensorboard", write_graph=False)]
    code = commit()  # of what trains, whatever is checked out by the end
    if pretrained:
        trainer = in_turn.train(network, config, splits["train"], folder, recorder, callbacks, verbose)
        start = in_turn.localiser_start(network, settings)
    else:
        trainer = alternating.train(network, settings, train_pairs, recorder, callbacks, verbose)
        start = None
    predictions = predict_pairs(recorder.predictor or KerasPredictor(network), val_pairs.once())
    if not np.isfinite(predictions.distance).all():
        raise InputError(
            f"The network is not finite at step {trainer.step}. Lower --learning-rate and train again, "
            f"into another --out."
        )
    calibration = calibrate(predictions.label, predictions.distance)
    accuracy = metrics.pair_accuracy(predictions.label, predictions.distance, calibration.threshold)
    scores = {"val_pair_accuracy": accuracy, "val_pairs": len(predictions.label)}
    seconds = round(trainer.seconds, 1)
    card = Card(config, calibration, command, code, seconds, scores, start, seen)
    path = folder / "model.keras"
    checkpoint.save(path, network, card)
    (folder / "state.npz").unlink(missing_ok=True)
    if verbose:
        pictures = source.pictures_of(splits["train"])
        print(
            f"learned from {pictures} pictures; {accuracy:.1%} of {len(predictions.label)} validation pairs are right"
        )
    return path
