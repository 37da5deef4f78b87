"""What a checkpoint tells the edge about itself."""

from edge_demo.model import metadata as model_metadata
from getnet_tf.localisers import localiser_of


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
    return model_metadata.Metadata(
        image_hw=model.image_hw,
        channels=model.channels,
        color="gray" if model.channels == 1 else "rgb",
        value_range=(0.0, 1.0),
        fit=model_metadata.FIT,
        localiser=model.localiser,
        crop_hw=model.area_hw,
        embedding_dim=model.embedding_dim,
        decision=model.decision,
        threshold=calibration.threshold,
        score_curve=calibration.curve(),
        quantization=quantization,
        early_no=early_no,
        training_command=card.command,
        commit=card.commit,
        scores=card.scores,
        seen=card.seen,
        **localiser_of(model).metadata(model),
    )
