"""Addresses, of cameras and brokers, and how to show one without its password."""

from __future__ import annotations

import ipaddress
import re

ENCODE = "%2F for /, %3F for ?, %23 for # and %40 for @"  # what ends a login, written so that it does not
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/+")
_HOST = re.compile(r"(?P<name>\[[^]]*\]|[^:]*)(?::(?P<port>[0-9]{0,5}))?")
_MOST_PORT = 65535
# Cameras also take their password as a parameter: /video.cgi?user=admin&pwd=secret
_SECRET = re.compile(
    r"((?:^|[?&;])[^=&;?]*(?:user|login|pass|pwd|key|token|secret|auth|sig)[^=&;?]*=)[^&;]*", re.IGNORECASE
)


def scheme(spec: str) -> str | None:
    """The part before "://", in lower case; None for what is no address."""
    found = _SCHEME.match(spec)
    return found[1].lower() if found and spec[found.end(1) :].startswith("://") else None


def is_clear(url: str) -> bool:
    """Whether it is certain where an address's login ends: who reads it otherwise asks for a host by a piece of a password.

    The login ends before the first "/", "?" or "#". An "@" behind that may be a path's, or it ends a password that holds one of
    these: "rtsp://ann:p@ss#word@host" is read as user, "p", host "ss". So one is accepted only where nothing before it can be
    taken for a login, or what is taken for the host is a number, which no name server is asked for.

    Args:
        url: with a scheme.
    """
    if not url.isprintable():  # one reader drops line breaks, another one keeps them
        return False
    authority, rest = _parts(url)
    _, at, host = authority.rpartition("@")
    if "@" not in rest:
        return True
    return (not at and ":" not in host) or _is_number(host)


def masked(url: str) -> str:
    """The address as messages may show it: whoever logs in is "***", and so is every parameter like a password.

    Passwords hold any character, "@", "/" and "?" included, and people type addresses wrong: so everything up to
    the last "@" is taken for a login, and so is "name:word" where a host and its port should be. That hides too much where a
    path holds an "@", and never too little.

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
    elif found and not _has_port(_parts(url)[0]):
        url = f"{url[:start]}***{_parts(url)[1]}"
    return _SECRET.sub(r"\1***", url)


def _parts(url: str) -> tuple[str, str]:
    """What stands between the scheme and the first "/", "?" or "#", and the rest."""
    found = _SCHEME.match(url)
    after = url[found.end() if found else 0 :]
    authority = re.split(r"[/?#]", after, maxsplit=1)[0]
    return authority, after[len(authority) :]


def _has_port(authority: str) -> bool:
    """Whether what has no login ends as a host does: by a port, or without a colon."""
    found = _HOST.fullmatch(authority)
    return found is not None and int(found["port"] or 0) <= _MOST_PORT


def _is_number(host: str) -> bool:
    """Whether a host, with its port or without, is an IP address."""
    found = _HOST.fullmatch(host)
    try:
        ipaddress.ip_address(found["name"].strip("[]") if found else host)
    except ValueError:
        return False
    return True
