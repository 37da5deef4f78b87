"""The forms that a file can have, and the types that each promises."""

import dataclasses

SMALL = 1024  # weights; the converter leaves layers of fewer in float where activations stay float


@dataclasses.dataclass(frozen=True)
class Variant:
    """One form of the file.

    `weights` and `activations` are the types of every convolution and dense layer; `emulated` says whether the network runs
    under fake quantization first, which settles the ranges of its activations; `fine_tuned`, whether it then learns there.
    """

    name: str
    weights: str
    activations: str
    emulated: bool = False
    fine_tuned: bool = False

    @property
    def quantized(self):
        """Whether the converter has anything to do but to copy the weights."""
        return self.weights != "float32"

    def is_stray(self, operator):
        """Whether a `flatbuffer.Operator` is a convolution or dense layer of other types than promised."""
        if not operator.constant_weights:
            return False
        types = set(operator.dtypes)
        if self.activations == "float32" and operator.weights < SMALL and types == {"float32"}:
            return False
        return operator.dtypes != (self.activations, self.weights, self.activations)


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("float32", "float32", "float32"),
        Variant("float16", "float16", "float32"),
        Variant("dynamic", "int8", "float32"),
        Variant("int8-ptq", "int8", "int8", emulated=True),
        Variant("int8-qat", "int8", "int8", emulated=True, fine_tuned=True),
    )
}
