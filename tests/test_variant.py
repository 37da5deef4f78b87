"""export.variant: which types every form of a file promises."""

import pytest

from export.flatbuffer import Operator
from export.variant import SMALL, VARIANTS


def conv(*dtypes, weights=SMALL):
    return Operator("find", "CONV_2D", dtypes, weights)


@pytest.mark.parametrize(
    ("name", "dtypes"),
    [
        ("float32", ("float32", "float32", "float32")),
        ("float16", ("float32", "float16", "float32")),
        ("dynamic", ("float32", "int8", "float32")),
        ("int8-ptq", ("int8", "int8", "int8")),
        ("int8-qat", ("int8", "int8", "int8")),
    ],
)
def test_a_layer_of_the_promised_types_is_none_too_many(name, dtypes):
    for other, variant in VARIANTS.items():
        alike = other == name or {other, name} == {"int8-ptq", "int8-qat"}
        assert variant.is_stray(conv(*dtypes)) is not alike


def test_small_layers_may_stay_in_float_where_activations_do():
    small = conv("float32", "float32", "float32", weights=SMALL - 1)
    assert not VARIANTS["dynamic"].is_stray(small) and not VARIANTS["float16"].is_stray(small)
    assert VARIANTS["int8-qat"].is_stray(small)


def test_operators_without_weights_of_their_own_are_never_stray():
    assert not VARIANTS["int8-qat"].is_stray(Operator("find", "BATCH_MATMUL", ("float32", "float32")))
