"""Small trainings on handwritten digits, and files of them, for the tests of what comes after a training."""

from export import to_tflite
from getnet_tf import train
from getnet_tf.config import AlternationConfig, DataConfig, ModelConfig, RunConfig

PARITY_IMAGES = 20  # of a file that `exported` makes


def trained(digits_file, folder, **model):
    """A run of a few steps: its weights are no longer the initial ones, more is not needed. Returns its folder."""
    train_config = AlternationConfig(pairs=128, batch=8, log_every=8, transformer_steps=2, whole_steps=6)
    config = RunConfig(ModelConfig(**model), DataConfig(source=str(digits_file)), train_config)
    return train.run(config, folder, command="python -m getnet_tf.train", verbose=0)


def exported(run, folder, variant):
    """`model.tflite` and `report.json` of a run in a folder, as the command line makes them."""
    out, report = folder / "model.tflite", folder / "report.json"
    arguments = [
        run,
        "--out",
        out,
        "--variant",
        variant,
        "--report",
        report,
        "--parity-images",
        PARITY_IMAGES,
    ]
    assert to_tflite.main([str(argument) for argument in arguments]) == 0
