"""One training of an aligner, from settings to a checkpoint."""

from getnet_tf.training.on_maps import run as on_maps


def run(config, folder, resume=False, command="", verbose=1):
    """Trains both regressors and saves the checkpoint.

    Args:
        config: `AlignConfig`.
        folder, resume, command, verbose: as of `on_maps.run`, which also says what is returned and raised.
    """
    return on_maps.run(_course, config, folder, resume, command, verbose)


def _course():
    from getnet_tf.alignment.card import AlignCard
    from getnet_tf.alignment.encoded import batches_of
    from getnet_tf.alignment.network import Aligner
    from getnet_tf.alignment.trainer import AlignRecorder, AlignTrainer
    from getnet_tf.data.picture_folder import picture_files

    return on_maps.Course(
        look=lambda config: picture_files(config.source, config.pictures),
        network=lambda config: Aligner(config.image_hw),
        batches=batches_of,
        trainer=AlignTrainer,
        recorder=AlignRecorder,
        card=AlignCard,
    )
