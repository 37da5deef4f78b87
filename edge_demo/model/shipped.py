"""Where the model that comes with the program is."""

from __future__ import annotations

from pathlib import Path

SHIPPED_MODEL = Path(__file__).parents[1] / "models" / "getnet.tflite"
