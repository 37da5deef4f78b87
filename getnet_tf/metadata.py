"""What a checkpoint tells the edge about itself."""

from edge_demo.model import metadata as model_metadata
from getnet_tf.localisers.neck import LOCAL_DIM
from getnet_tf.model import CONTEXT, TRUST


def metadata_of(card, calibration, quantization, early_no=None):
    """The metadata of a file made of a checkpoint.

    Args:
        card: `Card` of the checkpoint.
        calibration: `Calibration` of the file, whose distances may differ from the checkpoint's.
        quantization: name of the variant, or "none".
        early_no: levels of `evaluation.early_no` for the file, or None.

    Returns:
        `edge_demo.model.metadata.Metadata`.
    """
    model = card.config.model
    located = model.localiser != "none"
    looks_twice = model.on_maps and model.sampled == "image"
    return model_metadata.Metadata(
        image_hw=model.image_hw,
        channels=model.channels,
        color="gray" if model.channels == 1 else "rgb",
        value_range=(0.0, 1.0),
        fit=model_metadata.FIT,
        localiser=model.localiser,
        theta_kind=model.theta_kind if located else None,
        crop_hw=model.crop_hw if located else model.image_hw,
        embedding_dim=model.embedding_dim,
        descriptor_shape=descriptor_shape(model),
        decision=model.decision,
        threshold=calibration.threshold,
        score_curve=calibration.curve(),
        quantization=quantization,
        looks={"trust": TRUST, "context": CONTEXT} if looks_twice else None,
        early_no=early_no,
        training_command=card.command,
        commit=card.commit,
        scores=card.scores,
    )


def descriptor_shape(config):
    """(K, D) of the descriptor that `find` takes, of a `ModelConfig`; None if it takes none."""
    return (2 * (1 + config.descriptor_cells**2), LOCAL_DIM) if config.localiser == "guided" else None
