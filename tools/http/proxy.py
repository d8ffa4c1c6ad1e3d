"""Proxy: what a reverse proxy on this machine says of a request, and whether one passed it on at all.

Pure but for aiohttp's request. A proxy on another machine is not believed.
"""

import re

from aiohttp import web

from stream.net.loopback import is_loopback

PREFIX = "X-Forwarded-Prefix"
MARKS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", PREFIX)
_PATH = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,8}")


def prefix(request: web.Request) -> str:
    """The path under which the proxy shows this server, without a slash at its end; empty where nothing believable was
    said."""
    told = request.headers.get(PREFIX, "").rstrip("/")
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    if not told or not isinstance(peer, tuple) or not is_loopback(str(peer[0])):
        return ""
    return told if _PATH.fullmatch(told) and ".." not in told else ""


def proxied(request: web.Request) -> bool:
    """Whether a proxy says that it passed this request on. One that says nothing cannot be told apart."""
    return any(name in request.headers for name in MARKS)
