"""All cells, one after the other: what is where."""

from getnet_tf.heads.head import Head

CHANNELS = 32  # of a cell that are kept


class Flatten(Head):
    """Keeps the layout of its picture: which stroke is where.

    That tells objects apart best once the transformer has put them into place.
    """

    name, any_size = "flatten", False

    def pool(self, cells, keras):
        from getnet_tf.backbones.blocks import conv_bn_relu

        return keras.layers.Flatten()(conv_bn_relu(cells, CHANNELS, 1, 1, keras))
