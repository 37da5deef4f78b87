"""The twin encoder's layers (III-B), and the weights that ImageNet taught some of them: the backbones, listed here.

A backbone's layers are imported when they are built, so that settings can be checked without TensorFlow.
"""

from getnet_tf.backbones.backbone import Backbone


class SmallCnn(Backbone):
    """A few layers that learn everything from the pairs: for digits."""

    name, head = "small-cnn", "flatten"


class EfficientNetLite0(Backbone):
    """EfficientNet-Lite0, of which a package brings ImageNet's weights."""

    name, pretrained = "efficientnet-lite0", True

    @property
    def layers(self):
        from getnet_tf.backbones import efficientnet_lite0

        return efficientnet_lite0

    def load(self, trunk, top, weights):
        from getnet_tf.backbones.pretrained import load_lite0_weights

        load_lite0_weights(trunk, top)

    def classifier(self):
        from getnet_tf.backbones.pretrained import lite0_classifier

        return lite0_classifier()


class MobileNetV2(Backbone):
    """MobileNetV2, with the weights of Keras's applications or of a file."""

    name, pretrained, weights_file = "mobilenet-v2", True, True

    @property
    def layers(self):
        from getnet_tf.backbones import mobilenet_v2

        return mobilenet_v2

    def load(self, trunk, top, weights):
        self.layers.load_weights(trunk, top, weights)


BACKBONES = {backbone.name: backbone for backbone in (SmallCnn(), EfficientNetLite0(), MobileNetV2())}
PRETRAINED = tuple(name for name, backbone in BACKBONES.items() if backbone.pretrained)
