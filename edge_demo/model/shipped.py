"""Where the model that comes with the program is."""

from __future__ import annotations

from pathlib import Path

from edge_demo.errors import EdgeError

SHIPPED_MODEL = Path(__file__).parents[1] / "models" / "getnet.tflite"


def chosen(named: Path | None) -> Path:
    """The model's file: the one that is named, or else the one that ships.

    Raises:
        EdgeError: if none is named and none is shipped.
    """
    if named is not None:
        return named
    if not SHIPPED_MODEL.exists():
        raise EdgeError(
            "No model: none is shipped here, and --model names none. Make one with: "
            "python export/to_tflite.py, then give it by --model."
        )
    return SHIPPED_MODEL
