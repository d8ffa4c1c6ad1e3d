"""Walls: what stands between strangers and the server: limits, headers, errors without detail.

Knows HTTP; knows nothing of what is served.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from engines.errors import UnderstudyError
from tools.http.token_gate import NotLetIn

log = logging.getLogger("understudy.http")

BODY_WITHIN = 15.0  # seconds for a whole body
HEAD_WITHIN = 10.0  # seconds from connecting to a first request
KEPT = 30.0  # seconds that a connection is kept for the next whole request
LINGER = 2.0  # seconds that the rest of a refused body is read, so that the answer gets through
CONNECTIONS = 256
TOLD = ("allow", "retry-after", "www-authenticate", "accept-post", "accept-patch")  # headers that go with an error
EXPOSED = "Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate, X-Disclosure"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self)",
    "Cache-Control": "no-store",
    "Server": "understudy",
}


def problem(status: int, title: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error as RFC 9457 writes it."""
    body = json.dumps({"type": "about:blank", "status": status, "title": title}).encode()
    return web.Response(status=status, body=body, content_type="application/problem+json", headers=headers)


async def body(request: web.Request, kinds: tuple[str, ...], most: int) -> bytes:
    """The request's body. Raises HTTPException: 415 for another type, 413 for too much, 408 for too slow."""
    if request.content_type not in kinds:
        headers = {f"Accept-{request.method.capitalize()}": ", ".join(kinds)}
        raise web.HTTPUnsupportedMediaType(reason=f"send {' or '.join(kinds)}", headers=headers)
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length or 0)
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.content.iter_chunked(1 << 16):
                data += chunk
                if len(data) > most:
                    raise web.HTTPRequestEntityTooLarge(most, len(data))
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason="the body came too slowly") from None
    return bytes(data)


def middleware(local: bool, origins: tuple[str, ...], silent: set[Any]) -> Any:
    """Headers on every answer, errors as problems, and on loopback without tokens nobody but this machine's own pages.

    local: refuse hosts that are not this machine by name (against DNS rebinding). silent: connections that made no
    request yet. origins: other pages that may call, CORS.
    """

    @web.middleware
    async def wall(request: web.Request, handler: Handler) -> web.StreamResponse:
        silent.discard(request.protocol)
        origin = request.headers.get("Origin")
        preflight = request.method == "OPTIONS" and origin in origins
        response = await _answer(request, handler, local)
        if preflight and response.status == 405:  # what has no OPTIONS of its own
            response = web.Response(status=204)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if origin in origins:
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
            response.headers["Vary"] = "Origin"
            if preflight:
                response.headers["Access-Control-Allow-Methods"] = "POST, PATCH, DELETE, OPTIONS"
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match"
        return response

    return wall


async def _answer(request: web.Request, handler: Handler, local: bool) -> web.StreamResponse:
    host = (request.host or "").rsplit(":", 1)[0] if not (request.host or "").endswith("]") else request.host
    if local and host not in ("127.0.0.1", "localhost", "[::1]"):
        return problem(421, "this server answers to localhost only")
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        kept = {k: v for k, v in error.headers.items() if k.lower() in TOLD}
        return problem(error.status, error.reason or "refused", kept)
    except NotLetIn as error:
        return problem(error.status, str(error), _asking(error))
    except UnderstudyError as error:
        return problem(422, str(error))
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("a request failed: %s %s", request.method, request.match_info.route.name or "")
        return problem(500, "something went wrong here; the server's log has the details")


def _asking(error: NotLetIn) -> dict[str, str]:
    if error.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": str(error.retry)} if error.retry is not None else {}


def guarded(server: web.Server, silent: set[Any]) -> Callable[[], Any]:
    """A protocol factory that hangs up on those who connect and do not ask (slow loris), and on too many at once."""
    loop = asyncio.get_running_loop()

    def factory() -> Any:
        protocol = server()
        silent.add(protocol)

        def check() -> None:
            if protocol in silent:
                silent.discard(protocol)
                if protocol.transport is not None:
                    protocol.transport.abort()

        loop.call_later(0.0 if len(server.connections) >= CONNECTIONS else HEAD_WITHIN, check)
        return protocol

    return factory
