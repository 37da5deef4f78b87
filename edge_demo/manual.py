"""What `--help` says: the manual as it was written, and the defaults that say something."""

from __future__ import annotations

import argparse

NOTHING = (None, False, (), argparse.SUPPRESS)  # defaults of what is left out when it is not given


class Manual(argparse.ArgumentDefaultsHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the description's lines, and adds a default where there is one that the text does not name itself."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        left_out = any(action.default is nothing for nothing in NOTHING)
        if left_out or "default" in (action.help or ""):
            return action.help
        return super()._get_help_string(action)
