"""Where the page is served: an address and a port of this computer, and the names that lead there."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket

from edge_demo.errors import EdgeError

LOOPBACK = "127.0.0.1"
DEFAULT = f"{LOOPBACK}:8080"


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A socket that listens."""

    socket: socket.socket
    name: str  # as the command line gave the address
    loopback: bool  # whether only this computer reaches it

    @property
    def port(self) -> int:
        """The one that was asked for, or got where 0 was."""
        return self.socket.getsockname()[1]

    @property
    def url(self) -> str:
        """What to type into a browser, on another device if that can reach it."""
        address = ipaddress.ip_address(self.socket.getsockname()[0])
        host = _outward(address.version) if address.is_unspecified else self.name
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def answers_to(self, host: str) -> bool:
        """Whether a browser that asks for `host`, without a port, means us.

        Another page can make the browser believe that its own name leads here (DNS rebinding), but not that a number or one
        of our names is its own.
        """
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host in {"localhost", self.name} or (not self.loopback and host in _own_names())
        return address.is_loopback or not self.loopback


def opened(text: str) -> Endpoint:
    """Listens at ADDRESS:PORT, or at PORT of this computer alone; 0 is any free port.

    Raises:
        EdgeError: if it is no such address, or nothing can listen there.
    """
    address, _, port = text.rpartition(":")
    name = address.removeprefix("[").removesuffix("]") or LOOPBACK
    if not (port.isascii() and port.isdecimal() and len(port) < 6 and int(port) < 65536):
        raise EdgeError(
            f"--web: expected ADDRESS:PORT, such as {DEFAULT}, received: {text!r:.80}. Give a port below 65536."
        )
    try:
        family, *_, place = socket.getaddrinfo(name, int(port), type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(place[:2], family=family)
    except (OSError, UnicodeError) as error:
        reason = str(getattr(error, "strerror", None) or error).split(" (")[0]
        raise EdgeError(
            f"--web {text:.80}: expected an address of this computer and a free port, received: {reason}. Try "
            f"{LOOPBACK}:{port}, or another port, such as --web {name:.80}:{(int(port) + 1) % 65536}."
        ) from None
    return Endpoint(listening, name.lower(), ipaddress.ip_address(place[0]).is_loopback)


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, f"{name}.local"}


def _outward(version: int) -> str:
    """The address by which others reach this computer. Nothing is sent: only the route is looked up."""
    family, far = (socket.AF_INET, "192.0.2.1") if version == 4 else (socket.AF_INET6, "2001:db8::1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            return probe.getsockname()[0]
    except OSError:  # no network: nobody else can come
        return "localhost"
