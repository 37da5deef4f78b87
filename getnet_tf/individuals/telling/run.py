"""One training of a teller, from settings to a checkpoint."""

from getnet_tf.training.on_maps import run as on_maps


def run(config, folder, resume=False, command="", verbose=1):
    """Trains the end of the trunk and the head, and saves the checkpoint.

    Args:
        config: `TellingConfig`.
        folder, resume, command, verbose: as of `on_maps.run`, which also says what is returned and raised.
    """
    return on_maps.run(_course, config, folder, resume, command, verbose)


def _course():
    from getnet_tf.individuals.telling.card import TellingCard
    from getnet_tf.individuals.telling.encoded import batches_of, look
    from getnet_tf.individuals.telling.trainer import TellingRecorder, TellingTrainer

    return on_maps.Course(
        look=look,
        network=_network,
        batches=batches_of,
        trainer=TellingTrainer,
        recorder=TellingRecorder,
        card=TellingCard,
        pretrained=lambda network: [network.trunk, network.end],
        finish=TellingTrainer.draw_back,
    )


def _network(config):
    from getnet_tf.individuals import shipped
    from getnet_tf.individuals.telling.network import Teller

    network = Teller(config.image_hw, config.dim)
    if config.weights == "imagenet":
        shipped.load_into(network.cells)
    return network
