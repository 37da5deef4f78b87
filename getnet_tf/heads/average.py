"""The average of all cells: what is there, wherever it is."""

from getnet_tf.heads.head import Head


class Average(Head):
    """Averages the layout away, and so knows an object anywhere in the picture without having been shown it there.

    The better one where nothing puts the object into place, and the one of pretrained backbones.
    Source: Lin et al. 2014 (arXiv:1312.4400), global average pooling; SPoC without its weights.
    """

    name = "average"

    def pool(self, cells, keras):
        return keras.layers.GlobalAveragePooling2D()(cells)
