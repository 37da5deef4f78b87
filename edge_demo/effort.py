"""How much time goes into looking: one word, for films and pictures alike."""

from __future__ import annotations

QUICK, NORMAL, THOROUGH = EFFORTS = ("quick", "normal", "thorough")
