"""One named function of a model file, float in and float out whatever its tensors are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge_demo.errors import EdgeError

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter


class Signature:
    """Calls a signature of a loaded model; quantizes inputs and dequantizes outputs where they are int8.

    Args:
        interpreter: with the model loaded.
        name: of the signature, such as "find".
        inputs: the shape that each input must have.
        outputs: the shape that each output must have.

    Call arguments:
        One float32 array per input, by name.

    Returns:
        One float32 array per output, by name.

    Raises:
        EdgeError: if the model lacks the signature or its shapes or types are others; on a call, if an output
            is not finite.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        name: str,
        inputs: dict[str, tuple[int, ...]],
        outputs: dict[str, tuple[int, ...]],
    ):
        present = interpreter.get_signature_list()
        if name not in present:
            raise EdgeError(f"expected a signature `{name}`, found {sorted(present) or 'none'}.")
        self.name = name
        self._runner = interpreter.get_signature_runner(name)
        self._inputs = self._runner.get_input_details()
        self._outputs = self._runner.get_output_details()
        for side, details, expected in (
            ("inputs", self._inputs, inputs),
            ("outputs", self._outputs, outputs),
        ):
            received = {key: tuple(int(n) for n in detail["shape"]) for key, detail in details.items()}
            if received != expected:
                raise EdgeError(
                    f"expected {side} {_shapes(expected)} of `{name}`, received {_shapes(received)}."
                )
            for key, detail in details.items():
                dtype = detail["dtype"]
                if dtype not in (np.float32, np.int8):
                    raise EdgeError(
                        f"expected float32 or int8 for `{key}` of `{name}`, received {dtype.__name__}."
                    )

    def __call__(self, **arrays: np.ndarray) -> dict[str, np.ndarray]:
        results = self._runner(**{key: _quantized(array, self._inputs[key]) for key, array in arrays.items()})
        results = {key: _dequantized(array, self._outputs[key]) for key, array in results.items()}
        for key, array in results.items():
            if not np.isfinite(array).all():
                raise EdgeError(
                    f"The model's output `{key}` of `{self.name}` is not finite for this picture. Try "
                    f"another picture; if they all fail, the model is broken: try another."
                )
        return results

    def warm_up(self) -> None:
        """Runs once on zeros, whatever comes out, so that the first real call doesn't pay for the allocation.

        Raises:
            EdgeError: if the model can't run here, as with an operation that this LiteRT lacks.
        """
        try:
            self._runner(
                **{key: np.zeros(detail["shape"], detail["dtype"]) for key, detail in self._inputs.items()}
            )
        except (RuntimeError, ValueError) as error:
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


def _shapes(shapes: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())) or "none"
