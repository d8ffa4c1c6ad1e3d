"""ViewPages: the bare page that plays one stream, for OBS's browser source, and the QR code of its address."""

import io
from functools import partial
from pathlib import Path

from aiohttp import web

from tools.http import limits
from tools.http.auth import RequestAuth
from tools.http.tokens import Scope
from tools.live.serve.settings import Settings
from tools.live.serve.whip import NAME

STATIC = Path(__file__).parent / "static"
PARTS = {"/view.js": ("view.js", "text/javascript"), "/view.css": ("view.css", "text/css")}
LONGEST = 600  # bytes of an address in a QR code


class ViewPages:
    """The handlers. The page needs no token, what it plays does."""

    def __init__(self, settings: Settings, auth: RequestAuth) -> None:
        self._settings, self._auth = settings, auth

    def routes(self, base: str = "") -> list[web.RouteDef]:
        """base: the path under which they are, empty for none."""
        return [
            web.get(f"{base}/view/{NAME}", self.page),
            *(web.get(base + path, partial(self.part, *part)) for path, part in PARTS.items()),
            web.post(f"{base}/api/qr", self.qr),
        ]

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(body=(STATIC / "view.html").read_bytes(), content_type="text/html", charset="utf-8")

    async def part(self, name: str, kind: str, _: web.Request) -> web.Response:
        return web.Response(body=(STATIC / name).read_bytes(), content_type=kind, charset="utf-8")

    async def qr(self, request: web.Request) -> web.Response:
        """The text of the body as a QR code in SVG. The page alone knows by which address it was reached."""
        self._auth.authorize(request, Scope.VIEW)
        text = (await limits.body(request, ("text/plain",), LONGEST)).decode("utf-8", "replace")
        if not (text and text.isprintable()):
            raise web.HTTPUnprocessableEntity(reason=f"send an address of at most {LONGEST} bytes")
        import segno  # wanted here alone

        drawn = io.BytesIO()
        segno.make_qr(text, error="m").save(drawn, kind="svg", scale=4, border=2, light="#fff", xmldecl=False)
        return web.Response(body=drawn.getvalue(), content_type="image/svg+xml")


def asked_key(request: web.Request) -> str | None:
    """The key that a room is to have, `?key=`: long enough that nobody guesses it; None where none is asked for. Raises
    422."""
    key = request.query.get("key")
    if key is None:
        return None
    if not 16 <= len(key) <= 64 or not all(c.isascii() and (c.isalnum() or c in "-_") for c in key):
        raise web.HTTPUnprocessableEntity(reason="a room's key has 16 to 64 letters, digits, - or _")
    return key
