"""Who may use the page: this computer's own browser, or whoever has the token; and never another page in that browser."""

from __future__ import annotations

import hashlib
import hmac
import math
from urllib.parse import urlsplit

from aiohttp import web

from edge_demo.errors import EdgeError
from edge_demo.web.endpoint import Endpoint
from edge_demo.web.guesses import Guesses
from edge_demo.web.refusal import Refusal

LEAST_CHARACTERS = 12  # of a token: guessing it over the network must be hopeless
COOKIE_S = 30 * 24 * 3600
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Judges requests.

    Args:
        endpoint: where they arrive.
        token: what one must know; None: nothing.

    Raises:
        EdgeError: if the token is too short, or missing where others can reach the endpoint.
    """

    def __init__(self, endpoint: Endpoint, token: str | None):
        if token is None and not endpoint.loopback:
            raise EdgeError(
                f"--web {endpoint.name}:{endpoint.port}: expected a token, for others can reach this address. Add --token "
                f"SECRET, or set GETNET_TOKEN, which other users of this computer can't read."
            )
        if token is not None and len(token) < LEAST_CHARACTERS:
            raise EdgeError(
                f"--token: expected at least {LEAST_CHARACTERS} characters, received {len(token)}. Make one with: openssl "
                f"rand -hex 16"
            )
        self._endpoint, self._token, self._guesses = endpoint, token, Guesses()
        self._cookie = f"getnet_{endpoint.port}"  # browsers share cookies between ports

    def check(self, request: web.Request) -> bool:
        """Lets a request pass, and gives whether it comes with the token, or there is none to know.

        Raises:
            Refusal: 403 for what another page sent, 401 for what lacks the token, 429 as `log_in`.
        """
        host = request.headers.get("Host", "")
        if not self._endpoint.answers_to(_hostname(host)):
            raise Refusal(403, f"Expected an address of this computer in Host, received: {host!r:.80}.")
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
            raise Refusal(403, f"Expected this page's own requests, received one of {origin!r:.80}.")
        # Pictures that another page embeds come without Origin. Links to our page may.
        site = request.headers.get("Sec-Fetch-Site", "none")
        if site not in ("same-origin", "none") and request.path != "/":
            raise Refusal(403, f"Expected this page's own requests, received a {site!r:.20} one.")
        known = self._knows(request)
        if request.path.startswith("/api/") and request.path != "/api/login" and not known:
            raise Refusal(401, "Expected the token, received none or another. Log in, or send it as Bearer.")
        return known

    def log_in(self, token: object, address: str) -> web.Response:
        """Answers a token from an address with the cookie that stands for it.

        Raises:
            Refusal: 401 for another token; 429 if there were too many from there, and whatever token this is.
        """
        if self._token is not None and not self._is_token(token, address):
            raise Refusal(401, "Expected the token that the program was started with, received another.")
        response = web.json_response({})
        if self._token is not None:
            response.set_cookie(
                self._cookie, self._pass(), max_age=COOKIE_S, httponly=True, samesite="Strict"
            )
        return response

    def _knows(self, request: web.Request) -> bool:
        if self._token is None or _same(request.cookies.get(self._cookie, ""), self._pass()):
            return True
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and self._is_token(token, request.remote or "")

    def _is_token(self, token: object, address: str) -> bool:
        if wait_s := self._guesses.wait_s(address):
            raise Refusal(
                429,
                f"Expected no token for now, as too many others came from {address:.80}. Wait {math.ceil(wait_s)} s.",
            )
        if isinstance(token, str) and _same(token, self._token):
            self._guesses.right(address)
            return True
        self._guesses.wrong(address)
        return False

    def _pass(self) -> str:
        """What the cookie holds: it survives a restart with the same token, and doesn't tell the token."""
        return hmac.new(self._token.encode(errors="replace"), b"getnet cookie", hashlib.sha256).hexdigest()


def _same(received: str, expected: str) -> bool:
    """In a time that does not depend on where they differ."""
    return hmac.compare_digest(received.encode(errors="replace"), expected.encode(errors="replace"))


def _hostname(host: str) -> str:
    """Without the port, which a tunnel may change, and in lower case; "" for what is none."""
    if not host or set(host) & set("/@\\?# \t"):
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
