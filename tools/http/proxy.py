"""Proxy: what a reverse proxy on this machine says of a request, and whether one passed it on at all.

Pure but for aiohttp's request. A proxy on another machine is not believed.
"""

from aiohttp import web

from stream.net.loopback import is_loopback
from tools.http.base_path import is_base_path

PREFIX = "X-Forwarded-Prefix"
MARKS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", PREFIX)


def prefix(request: web.Request, base: str = "") -> str:
    """The path under which who asks sees this server, without a slash at its end. base: as it was given at the start;
    empty: as the proxy says, if that is believable, else none."""
    if base:
        return base
    told = request.headers.get(PREFIX, "").rstrip("/")
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    if not told or not isinstance(peer, tuple) or not is_loopback(str(peer[0])):
        return ""
    return told if is_base_path(told) else ""


def proxied(request: web.Request) -> bool:
    """Whether a proxy says that it passed this request on. One that says nothing cannot be told apart."""
    return any(name in request.headers for name in MARKS)
