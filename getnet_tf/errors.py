"""Failures that a user can repair, and how a command line reports them."""

import errno
import os
import signal
import sys

from edge_demo.asked_to_end import asked_to_end
from edge_demo.broken_pipe import read_or_left
from edge_demo.console import one_line, open_streams
from edge_demo.errors import EdgeError

# Which extra of setup.py brings a package; "train" the others.
_EXTRAS = {
    "apache_beam": "bulk",
    "faiss": "retrieval",
    "pymilvus": "milvus",
    "scipy": "retrieval",
    "supervision": "label",
    "tqdm": "label",
    "trimesh": "render",
}
_FULL = os.strerror(errno.ENOSPC)


class InputError(ValueError):
    """Something outside the program is not as it must be: one line with what was expected, what came, what to do."""


def how_to_install(extra):
    """What to do where a package of an extra of setup.py is missing. On PyPI our name may be a stranger's: a checkout is ours."""
    return f"Run, in the checkout of GetNet-TF: pip install -e '.[{extra}]'."


def report_errors(run, *args):
    """Calls `run(*args)` for a command line: an expected failure becomes one line on stderr and exit code 2.

    Args:
        run: a function that returns an exit code, or None for 0. It reads the options, too, so that this sees to the end
            of --help.

    Returns:
        int, the exit code.
    """
    open_streams()
    with asked_to_end(
        signal.default_int_handler
    ):  # a service's end, and a closed terminal, are Ctrl-C to every command
        return read_or_left(_reported, run, *args)


def _reported(run, *args):
    try:
        return run(*args) or 0
    except (InputError, EdgeError) as error:
        print(f"error: {one_line(str(error))}", file=sys.stderr)
    except ModuleNotFoundError as error:
        if error.name.split(".")[0] in ("getnet_tf", "export", "edge_demo"):
            raise
        advice = how_to_install(_EXTRAS.get(error.name.split(".")[0], "train"))
        print(f"error: this command needs {error.name}, which is not installed. {advice}", file=sys.stderr)
    except BrokenPipeError:  # `read_or_left` knows whose
        raise
    except MemoryError:
        print("error: expected more memory. End other programs, or give smaller settings.", file=sys.stderr)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        _say_of_a_place(f"{error.strerror or error}{where}")
    except KeyboardInterrupt:
        print("interrupted: what was finished is kept", file=sys.stderr)
        return 130
    except Exception as error:
        # TensorFlow writes logs and graphs by itself, and has a name of its own for a full disk, and the same for a full memory.
        if not (type(error).__module__.startswith("tensorflow.") and _FULL in str(error)):
            raise
        _say_of_a_place(_FULL)
    return 2


def _say_of_a_place(words):
    print(one_line(f"error: {words}: check that the place exists and has room"), file=sys.stderr)
