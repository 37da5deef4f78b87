"""One training of an aligner, from settings to a checkpoint."""

import pathlib
import shutil

from getnet_tf.training import run_folder

CACHE = "cache"  # in the run folder, until the training is done


def run(config, folder, resume=False, command="", verbose=1):
    """Trains both regressors and saves the checkpoint.

    Args:
        config: `AlignConfig`.
        folder: of the run.
        resume: go on in a folder that was begun with the same settings.
        command: stored in the checkpoint.
        verbose: as of `keras.Model.fit`.

    Returns:
        Path of the checkpoint.

    Raises:
        InputError: for bad data, a folder that holds another run, or a loss that is not finite.
    """
    folder = pathlib.Path(folder)
    path = folder / "model.keras"
    run_folder.check(folder, config, resume)
    if path.is_file():
        return path

    import keras

    from getnet_tf.alignment import checkpoint
    from getnet_tf.alignment.card import AlignCard
    from getnet_tf.alignment.encoded import batches_of, picture_files
    from getnet_tf.alignment.network import AFFINE, SPLINE, Aligner
    from getnet_tf.alignment.trainer import AlignRecorder, AlignTrainer
    from getnet_tf.backbones.pretrained import load_lite0_weights
    from getnet_tf.card import commit
    from getnet_tf.console import say
    from getnet_tf.training.phase_trainer import fit

    paths = picture_files(config.source, config.pictures)  # before anything is made
    keras.utils.set_random_seed(config.seed)
    network = Aligner(config.image_hw)
    if config.weights == "imagenet":
        load_lite0_weights(network.trunk)
    run_folder.begin(folder, config)
    code = commit()
    batches = batches_of(network, paths, config, folder / CACHE)
    recorder = AlignRecorder(folder, {phase: watched for phase, (_, watched) in batches.items()})
    trainer = AlignTrainer(network, config)
    recorder.resume(trainer)
    for phase, end in ((AFFINE, config.affine_steps), (SPLINE, config.steps)):
        if trainer.step < end:
            say(f"learning {phase}: {end - trainer.step} steps")
            fit(trainer, batches[phase][0].dataset, end, [recorder], verbose)
    last = {row["phase"]: row for row in recorder.rows}
    scores = {f"{phase}_{n}": float(last[phase][n]) for phase in last for n in ("val_grid", "val_fits")}
    card = AlignCard(config, command, code, round(trainer.seconds, 1), scores)
    checkpoint.save(path, network, card)
    (folder / "state.npz").unlink(missing_ok=True)
    shutil.rmtree(folder / CACHE, ignore_errors=True)
    return path
