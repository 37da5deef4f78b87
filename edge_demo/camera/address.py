"""Addresses, of cameras and brokers, and how to show one without its password."""

from __future__ import annotations

import re

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/+")
# Cameras also take their password as a parameter: /video.cgi?user=admin&pwd=secret
_SECRET = re.compile(
    r"((?:^|[?&;])[^=&;?]*(?:user|login|pass|pwd|key|token|secret|auth|sig)[^=&;?]*=)[^&;#]*", re.IGNORECASE
)


def scheme(spec: str) -> str | None:
    """The part before "://", in lower case; None for what is no address."""
    found = _SCHEME.match(spec)
    return found[1].lower() if found and spec[found.end(1) :].startswith("://") else None


def masked(url: str) -> str:
    """The address as messages may show it: whoever logs in is "***", and so is every parameter like a password.

    Passwords hold any character, "@", "/" and "?" included, and people type addresses wrong: so everything up to
    the last "@" is taken for a login. That hides too much where a path holds an "@", and never too little.

    Args:
        url: an address, well formed or not; a path without a login stays as it is.

    Example:
        >>> masked("rtsp://admin:secret@10.0.0.7:554/stream?token=abc&channel=1")
        'rtsp://***@10.0.0.7:554/stream?token=***&channel=1'
    """
    found = _SCHEME.match(url)
    start = found.end() if found else 0
    login, at, rest = url[start:].rpartition("@")
    if at and (found or ":" in login):
        url = f"{url[:start]}***@{rest}"
    return _SECRET.sub(r"\1***", url)
