"""A model without one of its functions: the others work as before."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edge_demo.model.emptied import without
from edge_demo.model.matcher import Matcher
from edge_demo.model.shipped import SHIPPED_MODEL


@pytest.fixture(scope="module")
def model():
    return SHIPPED_MODEL.read_bytes()


def outputs(model, name):
    runner = Interpreter(model_content=model, num_threads=1).get_signature_runner(name)
    rng = np.random.default_rng(3)
    details = sorted(runner.get_input_details().items())
    return runner(**{key: rng.random(detail["shape"], np.float32) for key, detail in details})


@pytest.mark.parametrize("name", ["describe", "embed", "locate"])
def test_the_other_functions_answer_as_before(model, name):
    expected, found = outputs(model, name), outputs(without(model, {"find"}), name)
    assert expected.keys() == found.keys()
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array)


def test_only_a_length_is_changed_and_the_function_is_gone(model):
    emptied = without(model, {"find"})
    changed = np.flatnonzero(np.frombuffer(model, np.uint8) != np.frombuffer(emptied, np.uint8))
    assert 1 <= len(changed) <= 4 and changed[-1] - changed[0] < 4
    outputs(model, "find")
    with pytest.raises(ValueError):
        outputs(emptied, "find")


def test_what_another_function_shares_stays(model):
    """The converter gave `describe` and `embed` the same operators."""
    assert without(model, {"embed"}) == model
    assert without(model, {"no such"}) == model
    assert without(model, {"describe", "embed"}) != model


@pytest.mark.parametrize("damaged", [b"", b"\xff" * 40, b"\x10\0\0\0TFL3" + b"\xff" * 40])
def test_a_damaged_file_is_refused(damaged):
    with pytest.raises(ValueError, match="damaged"):
        without(damaged, {"find"})


def test_a_matcher_that_looks_into_the_frame_has_no_find():
    matcher = Matcher(SHIPPED_MODEL, full_resolution=True)
    with pytest.raises(ValueError, match="without `full_resolution`"):
        matcher.find_array(np.zeros((*matcher.metadata.image_hw, 3), np.float32))
