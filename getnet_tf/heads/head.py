"""What every pooling head can say of itself."""


class Head:
    """A pooling head. Subclasses set the attributes and define `pool`.

    Attributes:
        name: what settings call it.
        any_size: whether it pools maps of any size, as a pretrained backbone gives them.
    """

    name = ""
    any_size = True

    def pool(self, cells, keras):
        """Symbolic map (B, h, w, C) -> vectors (B, P), of layers that 8-bit quantization accepts.

        Args:
            cells: output of a layer.
            keras: the Keras namespace to build with, `keras` or `tf_keras`.
        """
        raise TypeError(f"{type(self).__name__} does not say how it pools.")
