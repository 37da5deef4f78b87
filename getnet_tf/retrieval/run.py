"""One training of codes, from settings to a checkpoint."""

from getnet_tf.training.on_maps import run as on_maps


def run(config, folder, resume=False, command="", verbose=1):
    """Trains head and whitening, and saves the checkpoint.

    Args:
        config: `CodeConfig`.
        folder, resume, command, verbose: as of `on_maps.run`, which also says what is returned and raised.
    """
    return on_maps.run(_course, config, folder, resume, command, verbose)


def _course():
    from getnet_tf.retrieval.card import CodeCard
    from getnet_tf.retrieval.seen import batches_of, built, look
    from getnet_tf.retrieval.trainer import CodeRecorder, CodeTrainer

    return on_maps.Course(
        look=look,
        network=built,
        batches=batches_of,
        trainer=CodeTrainer,
        recorder=CodeRecorder,
        card=CodeCard,
    )
