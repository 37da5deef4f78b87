"""How our pages look: the style that the camera program's page has, for pages that are one file."""

import importlib.resources


def looks():
    """The style sheet: str, ASCII."""
    return importlib.resources.files("edge_demo.web").joinpath("page", "looks.css").read_text("ascii")
