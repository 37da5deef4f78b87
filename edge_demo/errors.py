"""The kind of failure that the edge expects, and the one of its kind that a film outlives."""


class EdgeError(ValueError):
    """Something outside the program is not as it must be: a file, a camera, a picture, a model, a disk.

    The message is one line: what was expected, what came, what to try next. The command lines print it on
    stderr and return exit code 2; any other exception is a bug and keeps its traceback.
    """


class NotFinite(EdgeError):
    """A model gives no number for a picture; for another one it may."""
