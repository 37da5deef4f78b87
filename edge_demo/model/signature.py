"""One named function of a model file: floats in and out whatever its tensors are, but for those that another one takes as they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from edge_demo.errors import EdgeError, NotFinite

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

# What LiteRT raises where a model is not as it says, and Python while it reads what LiteRT found.
LITERT_ERRORS = (ValueError, RuntimeError, TypeError, IndexError, KeyError, OverflowError, MemoryError)

Shape = tuple[int | None, ...]  # None: whatever the file says


class Signature:
    """Calls a signature of a loaded model; quantizes inputs and dequantizes outputs where they are int8.

    What one signature hands over to another stays as it is.

    Args:
        interpreter: with the model loaded.
        name: of the signature, such as "find".
        inputs: the shape that each input must have.
        outputs: the shape that each output must have.
        handed_over: names of inputs and outputs that are neither quantized nor dequantized.

    Call arguments:
        One float32 array per input, by name; of what is handed over, what the other signature gave.

    Returns:
        One float32 array per output, by name; of what is handed over, in the tensor's own type.

    Raises:
        EdgeError: if the model lacks the signature or its shapes or types are others.
        NotFinite: on a call, if an output is not finite.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        name: str,
        inputs: dict[str, Shape],
        outputs: dict[str, Shape],
        handed_over: Collection[str] = (),
    ):
        present = interpreter.get_signature_list()
        if name not in present:
            raise EdgeError(f"expected a signature `{name}`, found {sorted(present) or 'none'}.")
        self.name = name
        self._runner = interpreter.get_signature_runner(name)
        self._inputs = self._runner.get_input_details()
        self._outputs = self._runner.get_output_details()
        self._handed_over = frozenset(handed_over)
        for side, details, expected in (
            ("inputs", self._inputs, inputs),
            ("outputs", self._outputs, outputs),
        ):
            received = {key: tuple(int(n) for n in detail["shape"]) for key, detail in details.items()}
            if received.keys() != expected.keys() or not all(
                _fits(received[key], expected[key]) for key in expected
            ):
                raise EdgeError(
                    f"expected {side} {_shapes(expected)} of `{name}`, received {_shapes(received)}."
                )
            for key, detail in details.items():
                dtype = detail["dtype"]
                if dtype not in (np.float32, np.int8):
                    raise EdgeError(
                        f"expected float32 or int8 for `{key}` of `{name}`, received {dtype.__name__}."
                    )
                scale, zero_point = detail["quantization"]
                if dtype == np.int8 and not (0 < scale < np.inf and -128 <= zero_point <= 127):
                    raise EdgeError(
                        f"expected a scale above 0 and a zero point of 8 bits for `{key}` of `{name}`, received {scale:g} and "
                        f"{zero_point}."
                    )

    def __call__(self, **arrays: np.ndarray) -> dict[str, np.ndarray]:
        as_it_is = self._handed_over
        inputs = {
            key: array if key in as_it_is else _quantized(array, self._inputs[key])
            for key, array in arrays.items()
        }
        results = self._run(inputs)
        results = {
            key: array if key in as_it_is else _dequantized(array, self._outputs[key])
            for key, array in results.items()
        }
        for key, array in results.items():
            if not np.isfinite(array).all():
                raise NotFinite(
                    f"The model's output `{key}` of `{self.name}` is not finite for this picture. Try "
                    f"another picture; if they all fail, the model is broken: try another."
                )
        return results

    def hands_over(self, name: str, to: Signature) -> bool:
        """Whether an output is, in shape, type and scale, what another signature takes by this name."""
        given, taken = self._outputs.get(name), to._inputs.get(name)
        return (
            given is not None
            and taken is not None
            and np.array_equal(given["shape"], taken["shape"])
            and given["dtype"] == taken["dtype"]
            and given["quantization"] == taken["quantization"]
        )

    def floats(self, name: str, array: np.ndarray) -> np.ndarray:
        """An output that was handed over, as float32."""
        return _dequantized(array, self._outputs[name])

    def warm_up(self) -> None:
        """Runs once on zeros, whatever comes out, so that the first real call doesn't pay for the allocation.

        Raises:
            EdgeError: if the model can't run here, as with an operation that this LiteRT lacks.
        """
        self._run({key: np.zeros(detail["shape"], detail["dtype"]) for key, detail in self._inputs.items()})

    def _run(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            return self._runner(**inputs)
        except LITERT_ERRORS as error:
            raise EdgeError(
                f"expected `{self.name}` to run, received: {' '.join(str(error).split())}"
            ) from None


def _quantized(array: np.ndarray, detail: dict) -> np.ndarray:
    if detail["dtype"] == np.float32:
        return array
    scale, zero_point = detail["quantization"]
    return np.clip(np.round(array / scale) + zero_point, -128, 127).astype(np.int8)


def _dequantized(array: np.ndarray, detail: dict) -> np.ndarray:
    if detail["dtype"] == np.float32:
        return array
    scale, zero_point = detail["quantization"]
    return (array.astype(np.float32) - zero_point) * np.float32(scale)


def _fits(received: tuple[int, ...], expected: Shape) -> bool:
    return len(received) == len(expected) and all(
        wanted in (None, size) for size, wanted in zip(received, expected, strict=True)
    )


def _shapes(shapes: dict[str, Shape]) -> str:
    return (
        ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())).replace("None", "any")
        or "none"
    )
