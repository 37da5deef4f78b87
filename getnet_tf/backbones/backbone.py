"""What every backbone can say of itself."""


class Backbone:
    """A backbone. One that is pretrained comes in two parts, with a map of stride 16 between them.

    Attributes:
        name: what settings call it.
        pretrained: whether it knows photos from ImageNet.
        weights_file: whether its weights may come from a file that the user names.
        head: the pooling head that suits it, a key of `getnet_tf.heads.HEADS`.
    """

    name = ""
    pretrained = False
    weights_file = False
    head = "average"

    @property
    def layers(self):
        """Of a pretrained one, the module with `build_trunk`, `build_top`, their channels, and `normalize`."""
        raise TypeError(f"{self.name} has no trunk and no top.")

    def load(self, trunk, top, weights):
        """Gives a pretrained one's two models their weights: "imagenet" or a file."""
        raise TypeError(f"{self.name} has no weights to load.")

    def classifier(self):
        """Kernel (top channels, classes) and bias of ImageNet's classifier; None where there is none."""
        return None
