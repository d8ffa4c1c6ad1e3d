"""Limits: what every request passes on every HTTP server here: bounded bodies, headers, hosts, errors without detail.

Knows HTTP; knows nothing of what is served.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from engines.errors import UnderstudyError
from stream.net.loopback import host_of, is_loopback
from tools.http.activity import RequestActivity
from tools.http.proxy import proxied
from tools.http.token_gate import AccessDenied

log = logging.getLogger("understudy.http")

BRACKETS = 100  # in a JSON body: no honest one is nested deep
BODY_WITHIN = 15.0  # seconds for a whole body
TOLD = ("allow", "retry-after", "www-authenticate", "accept-post", "accept-patch")  # headers that go with an error
EXPOSED = (  # Access-Control-Allow-Methods: by it WHIP clients on other origins tell whether candidates may be trickled
    "Location, ETag, Link, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate, X-Disclosure,"
    " Access-Control-Allow-Methods"
)
METHODS = "POST, PATCH, DELETE, OPTIONS"
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


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    """An error as RFC 9457 writes it: `title` is the status's own, `detail` says what was wrong with this request."""
    told = {"type": "about:blank", "status": status, "title": HTTPStatus(status).phrase, "detail": detail}
    body = json.dumps(told).encode()
    return web.Response(status=status, body=body, content_type="application/problem+json", headers=headers)


async def body(
    request: web.Request, kinds: tuple[str, ...], most: int, grow: Callable[[int], object] = lambda _: None
) -> bytes:
    """The request's body. grow: told of the bytes as they come; what it raises is passed on. Raises HTTPException: 415
    for another type, 413 for too much, 408 for too slow."""
    if request.content_type not in kinds:
        headers = {f"Accept-{request.method.capitalize()}": ", ".join(kinds)}
        raise web.HTTPUnsupportedMediaType(reason=f"send {' or '.join(kinds)}", headers=headers)
    if (request.content_length or 0) > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length or 0)
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.content.iter_chunked(1 << 16):
                grow(len(chunk))
                data += chunk
                if len(data) > most:
                    raise web.HTTPRequestEntityTooLarge(most, len(data))
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason="the body came too slowly") from None
    return bytes(data)


async def json_body(request: web.Request, most: int) -> Any:
    """The request's body as JSON. Raises HTTPException: 400 for what is no JSON, is nested deep, or holds half of a
    surrogate pair, which no file name and no database takes; the others as `body`."""
    data = await body(request, ("application/json",), most)
    try:
        if data.count(b"[") + data.count(b"{") > BRACKETS:
            raise ValueError("nested too deep")
        told = json.loads(data)
        json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # a UnicodeEncodeError is a ValueError
        raise web.HTTPBadRequest(reason="the body is not JSON, or holds text that is not Unicode") from error
    return told


def header(request: web.Request, name: str) -> str | None:
    """A header of printable ASCII, None where it is absent. Raises HTTPException: 400 for other letters."""
    value = request.headers.get(name)
    if value is not None and not (value.isascii() and value.isprintable()):
        raise web.HTTPBadRequest(reason=f"{name} holds letters that are not plain ASCII")
    return value


def middleware(local: bool, origins: tuple[str, ...], activity: RequestActivity) -> Any:
    """Headers on every answer, errors as problems, and on loopback without tokens nobody but this machine's own pages.

    local: refuse hosts that are not this machine by name (against DNS rebinding), and what a proxy says it passed on.
    activity: is told of every request.
    origins: other pages that may call, CORS.
    """

    @web.middleware
    async def limited(request: web.Request, handler: Handler) -> web.StreamResponse:
        with activity.request(request.protocol):
            return await answered(request, handler)

    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        preflight = request.method == "OPTIONS" and origin in origins
        response = await _answer(request, handler, local, origins)
        if preflight and response.status == 405:  # what has no OPTIONS of its own
            response = web.Response(status=204)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if origin in origins:
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
            response.headers["Vary"] = "Origin"
            if request.method == "OPTIONS":
                response.headers.setdefault("Access-Control-Allow-Methods", METHODS)
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match"
        return response

    return limited


async def _answer(request: web.Request, handler: Handler, local: bool, origins: tuple[str, ...]) -> web.StreamResponse:
    if local and not is_loopback(host_of(request.host or "")):
        return problem(421, "this server answers to localhost only")
    if local and _of_another_page(request, origins):
        return problem(403, "a page of another site asked; name it with --origin where it may")
    if local and proxied(request):
        return problem(421, "a proxy passed this on, and without tokens it would let everybody in; start with --tokens")
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        kept = {k: v for k, v in error.headers.items() if k.lower() in TOLD}
        return problem(error.status, error.reason or "refused", kept)
    except AccessDenied as error:
        return problem(error.status, str(error), _asking(error))
    except UnderstudyError as error:
        return problem(422, str(error))
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("a request failed: %s %s", request.method, request.match_info.route.name or "")
        return problem(500, "something went wrong here; the server's log has the details")


def _of_another_page(request: web.Request, origins: tuple[str, ...]) -> bool:
    """Whether a browser says that a page of another site asks, and not its user. It could read nothing, but keep
    streams of events open, or cancel what it guesses the name of."""
    told = request.headers
    foreign = told.get("Sec-Fetch-Site") in ("cross-site", "same-site") and told.get("Sec-Fetch-Mode") != "navigate"
    return foreign and told.get("Origin") not in origins


def _asking(error: AccessDenied) -> dict[str, str]:
    if error.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": str(error.retry)} if error.retry is not None else {}
