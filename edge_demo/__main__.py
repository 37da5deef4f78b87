"""The command line: without a name it watches; `match`, `gallery`, `demo` and `doctor` do something else.

python -m edge_demo --help            # the manual
python -m edge_demo match --help
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence

from edge_demo.broken_pipe import read_or_left
from edge_demo.console import one_line, open_streams
from edge_demo.errors import EdgeError
from edge_demo.model.shipped import SHIPPED_MODEL


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 0, 2 for an expected failure, 130 for a second Ctrl-C."""
    open_streams()
    return read_or_left(_reported, sys.argv[1:] if argv is None else list(argv))


def _reported(argv: list[str]) -> int:
    try:
        _check_libraries()
        return _run(argv)
    except EdgeError as error:
        print(f"error: {one_line(str(error))}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `read_or_left` knows whose
        raise
    except OSError as error:
        where = f" ({error.filename!s:.200})" if error.filename else ""
        print(
            f"error: expected to read and write what the options name, received: {error.strerror or error}{where}.",
            file=sys.stderr,
        )
        return 2
    except MemoryError:
        print("error: expected more memory. End other programs, or take smaller pictures.", file=sys.stderr)
        return 2
    except ImportError as error:
        if (error.name or "").startswith("edge_demo"):
            raise
        print(f"error: {error}. What to do: python -m edge_demo doctor", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


def _check_libraries() -> None:
    """Under a limit of memory that is too low for OpenCV, its import ends the program without a word: a child tries it first.

    Raises:
        EdgeError: if it is so.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return
    import subprocess

    tried = [sys.executable, "-c", "import cv2, ai_edge_litert.interpreter"]
    if subprocess.run(tried, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode < 0:
        raise EdgeError(
            f"Expected enough memory for OpenCV and LiteRT, received a limit of {limit >> 20} MB. Raise it (ulimit -v)."
        )


def _run(argv: list[str]) -> int:
    """Imports the one command alone: the doctor must come where OpenCV or LiteRT can't be imported."""
    if argv[:1] == ["doctor"]:
        from edge_demo.doctor import doctor

        return doctor.main(argv[1:], SHIPPED_MODEL)
    if argv[:1] == ["match"]:
        from edge_demo.commands import match

        return match.main(argv[1:])
    if argv[:1] == ["gallery"]:
        from edge_demo.commands import gallery

        return gallery.main(argv[1:])
    if argv[:1] == ["demo"]:
        from edge_demo.commands import demo

        return demo.main(argv[1:])
    if argv == ["--version"]:
        print(f"getnet {importlib.metadata.version('getnet-tf')}")
        return 0
    from edge_demo.commands import watch

    return watch.main(argv)


if __name__ == "__main__":
    sys.exit(main())
