"""One training on cached maps, from settings to a checkpoint."""

import dataclasses
import pathlib
import shutil
from collections.abc import Callable

from edge_demo.folder_lock import FolderLock
from getnet_tf import archive
from getnet_tf.card import commit
from getnet_tf.console import say
from getnet_tf.training import run_folder


@dataclasses.dataclass(frozen=True)
class Course:
    """What one such training is, and another is not.

    `look` is a function of the settings that gives what there is to learn from, and raises InputError before anything is made.
    `network`, of the settings, gives a Keras model, and `pretrained`, of that, its parts that have ImageNet's weights. `batches`, of (network, what `look` gave, settings, folder of
    the cache), gives for each phase, in order, `MapBatches` to learn from and to watch. `trainer`, of (network, settings), gives a
    `PhaseTrainer`; `recorder`, of (folder, for each phase what is watched), a `StateRecorder`; `finish`, of the trainer, is called before its
    network is saved; and `card` is a `MapCard`.
    """

    look: Callable
    network: Callable
    batches: Callable
    trainer: Callable
    recorder: Callable
    card: type
    pretrained: Callable = lambda network: [network.trunk]
    finish: Callable = lambda trainer: None


def run(course, config, folder, resume=False, command="", verbose=1):
    """Trains and saves the checkpoint.

    Args:
        course: function that gives a `Course`, called after the folder is looked at: it may import TensorFlow.
        config: `MapConfig`.
        folder: of the run.
        resume: go on in a folder that was begun with the same settings.
        command: stored in the checkpoint.
        verbose: as of `keras.Model.fit`.

    Returns:
        Path of the checkpoint.

    Raises:
        InputError: for bad data, a folder that holds another run or a damaged checkpoint, or a loss that is not finite.
        EdgeError: if another program works in the folder.
    """
    folder = pathlib.Path(folder)
    run_folder.check(folder, config, resume)
    if (folder / "model.keras").is_file():
        course().card.read(folder)  # a damaged one is no end
        return folder / "model.keras"
    with FolderLock(folder):
        run_folder.check(folder, config, resume)  # what another has done until it let go of the folder
        return _trained(course(), config, folder, command, verbose)


def _trained(course, config, folder, command, verbose):
    """The checkpoint of a run whose folder is held."""
    import keras

    from getnet_tf.backbones.pretrained import load_lite0_weights
    from getnet_tf.training import phase_trainer

    found = course.look(config)
    keras.utils.set_random_seed(config.seed)
    network = course.network(config)
    if config.weights == "imagenet":
        for part in course.pretrained(network):
            load_lite0_weights(part)
    run_folder.begin(folder, config)
    code = commit()  # of what trains, whatever is checked out by the end
    batches = course.batches(network, found, config, folder / run_folder.CACHE)
    recorder = course.recorder(folder, {phase: watched for phase, (_, watched) in batches.items()})
    trainer = course.trainer(network, config)
    recorder.resume(trainer)
    phases = [trainer.phase(step) for step in range(config.steps)]
    for phase, (learned, _) in batches.items():
        end = len(phases) - phases[::-1].index(phase)
        if trainer.step < end:
            say(f"learning {phase}: {end - trainer.step} steps")
            phase_trainer.fit(trainer, learned.dataset, end, [recorder], verbose)
    course.finish(trainer)
    last = {row["phase"]: row for row in recorder.rows}
    scores = {
        f"{phase}_{name}": float(value)
        for phase, row in last.items()
        for name, value in row.items()
        if name.startswith("val_") and value
    }
    card = course.card(config, command, code, round(trainer.seconds, 1), scores)
    path = folder / "model.keras"
    archive.save(path, network, card.member, card.to_json())
    (folder / "state.npz").unlink(missing_ok=True)
    shutil.rmtree(folder / run_folder.CACHE, ignore_errors=True)
    return path
