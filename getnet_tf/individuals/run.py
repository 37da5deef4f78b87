"""One training of a describer, from settings to a checkpoint."""

from getnet_tf.training.on_maps import run as on_maps


def run(config, folder, resume=False, command="", verbose=1):
    """Trains the head and saves the checkpoint.

    Args:
        config: `CellsConfig`.
        folder, resume, command, verbose: as of `on_maps.run`, which also says what is returned and raised.
    """
    return on_maps.run(_course, config, folder, resume, command, verbose)


def _course():
    from getnet_tf.individuals.card import CellsCard
    from getnet_tf.individuals.encoded import batches_of, look
    from getnet_tf.individuals.network import Describer
    from getnet_tf.individuals.trainer import CellsRecorder, CellsTrainer

    return on_maps.Course(
        look=look,
        network=lambda config: Describer(config.image_hw, config.dim),
        batches=batches_of,
        trainer=CellsTrainer,
        recorder=CellsRecorder,
        card=CellsCard,
    )
