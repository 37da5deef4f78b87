"""What a request carries, read no further than it may be long."""

from __future__ import annotations

import asyncio

from aiohttp import web

from edge_demo.web.refusal import Refusal

COMES_S = 60.0  # a picture over a slow network


async def body_of(request: web.Request, most: int) -> bytes:
    """The body of a request.

    Args:
        request: nothing of its body was read before.
        most: bytes.

    Raises:
        Refusal: 413 if it says that it is longer, or as soon as it is; 408 if it doesn't come in time.
    """
    if (request.content_length or 0) <= most:
        try:
            content = await asyncio.wait_for(_read(request, most + 1), COMES_S)
        except asyncio.TimeoutError:
            raise Refusal(408, f"Expected a whole request within {COMES_S:.0f} s. Send it again.") from None
        if len(content) <= most:
            return content
    raise Refusal(
        413, f"Expected at most {most} bytes, received {request.content_length or 'more'}. Send less."
    )


async def _read(request: web.Request, enough: int) -> bytes:
    content = bytearray()
    while len(content) < enough and (piece := await request.content.readany()):
        content += piece
    return bytes(content)
