"""The one way in which the server says no: a status and a line of JSON."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable

from aiohttp import web

from edge_demo.web.complaints import Complaints


class Refusal(Exception):
    """A request that is not done.

    Args:
        status: of HTTP, 400 or above.
        line: what was expected, what came.
    """

    def __init__(self, status: int, line: str):
        super().__init__(line)
        self.status = status


def told(complaints: Complaints):
    """Middleware that answers refusals, ours and aiohttp's, with {"error": line}; a bug's traceback is a complaint."""

    @web.middleware
    async def answer(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refusal:
            return web.json_response({"error": str(refusal)}, status=refusal.status)
        except web.HTTPError as error:
            allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
            return web.json_response({"error": error.text}, status=error.status, headers=allowed)
        except ConnectionError:  # who asked is gone
            return web.Response(status=400)
        except Exception:
            complaints.say(f"a bug:\n{traceback.format_exc()}")
            return web.json_response({"error": "A bug; the program's stderr says more."}, status=500)

    return answer
