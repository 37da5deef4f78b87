"""What every localiser can say of itself."""

from getnet_tf.backbones import BACKBONES


class Localiser:
    """A localiser: it says where to look, and all that follows from how it does.

    Subclasses set the attributes, and define what they do differently. A `Branch` holds the models and calls them.

    Attributes:
        name: what settings call it. Two may share a name if they suit different backbones.
        takes_reference: whether it searches for what a reference shows.
        on_maps: whether it sees the maps of a pretrained backbone instead of the image.
        objects: how many objects, at least and at most, a composed scene has that it learns from.
    """

    name = ""
    takes_reference = False
    on_maps = False
    objects = (1, 1)

    def suits(self, config):
        """Whether it is made for the backbone of a `ModelConfig`."""
        return BACKBONES[config.backbone].pretrained == self.on_maps

    def check(self, config):
        """Raises ValueError, with what was expected and what came, if a `ModelConfig` does not fit."""

    def area_hw(self, config):
        """(h, w) of what the encoder describes, pixels."""
        return config.crop_hw

    def parts(self, config, keras):
        """Its models by name, in the order in which they are made.

        Args:
            config: `ModelConfig`.
            keras: the Keras namespace to build the flat models with, `keras` or `tf_keras`.
        """
        return {}

    def find(self, branch, image, shown, training, encoder_training):
        """Where it looks, and what is there: see `Branch.find`."""
        raise TypeError(f"{type(self).__name__} does not say how it finds.")

    def see(self, branch, image):
        """What it knows of a frame before it is told of any reference: see `Branch.see`."""
        raise TypeError(f"{type(self).__name__} does not say what it sees.")

    def locate(self, branch, seen, descriptor):
        """Where it looks in a frame, by what it has seen of it and a reference: see `Branch.locate`."""
        raise TypeError(f"{type(self).__name__} takes no reference: where it looks is in what it sees.")

    def inputs(self, config):
        """Shapes, without the batch, of what `find` takes beside the image: dict by name."""
        return {}

    def metadata(self, config):
        """What the edge must know of it: fields of `edge_demo.model.metadata.Metadata`."""
        return {"theta_kind": config.theta_kind, "descriptor_shape": None}

    def transformer_variables(self, branch):
        """What learns in the transformer's phase: a list."""
        return []
