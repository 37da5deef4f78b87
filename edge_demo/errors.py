"""The one kind of failure that the edge expects."""


class EdgeError(ValueError):
    """Something outside the program is not as it must be: a file, a camera, a picture, a model, a disk.

    The message is one line: what was expected, what came, what to try next. The command lines print it on
    stderr and return exit code 2; any other exception is a bug and keeps its traceback.
    """
