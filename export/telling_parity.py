"""Does a teller's file compute what was trained? The same canvases through both; how near is near enough, `cells_parity` says."""

from export.cells_parity import agreement, refusal

__all__ = ["agreement", "found_by", "refusal"]


def found_by(tell, canvases):
    """What is told of canvases.

    Args:
        tell: `edge_demo.model.layout.cells.See`: a `CellReader` of a file, or `Twin` of a network.
        canvases: iterable of (320, 320, 3) float32, RGB in [0, 1].

    Returns:
        list of (400, D) float32, each cell of length 1.
    """
    found = [tell(canvas) for canvas in canvases]
    return [cells.reshape(-1, cells.shape[-1]) for cells in found]
