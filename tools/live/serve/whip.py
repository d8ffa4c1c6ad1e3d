"""WHIP (RFC 9725) and WHEP over HTTP: requests, answers and headers. Knows nothing of what is behind them."""

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from stream.webrtc.sdp import LARGEST, BadSdp, parse_fragment
from tools.http import limits
from tools.http.auth import RequestAuth
from tools.http.proxy import prefix
from tools.http.tokens import Scope
from tools.live.serve import admission
from tools.live.serve.room import Link
from tools.live.serve.rooms import Refused, Rooms
from tools.live.serve.settings import Settings

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
NAME = r"{name:[A-Za-z0-9_-]{1,64}}"
SCOPES = {"whip": Scope.SWAP, "whep": Scope.VIEW}


class Signalling:
    """The handlers of both protocols."""

    def __init__(self, rooms: Rooms, settings: Settings, auth: RequestAuth) -> None:
        self._rooms, self._settings, self._auth = rooms, settings, auth

    def routes(self, base: str = "") -> list[web.RouteDef]:
        """base: the path before theirs, without a slash at its end."""
        made = []
        for kind in SCOPES:
            place, one = f"{base}/{kind}/{NAME}", f"{base}/{kind}/{NAME}/{{id:[A-Za-z0-9_-]{{1,64}}}}"
            made += [
                web.post(place, self._entering(kind)),
                web.options(place, self.options),
                web.patch(one, partial(self.patch, kind)),
                web.delete(one, partial(self.delete, kind)),
                web.options(one, self.options),
            ]
        return made

    def _entering(self, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def post(request: web.Request) -> web.Response:
            grant = self._auth.authorize(request, SCOPES[kind])
            offer = text(await limits.body(request, (SDP,), LARGEST))
            name = request.match_info["name"]
            try:
                enter = self._rooms.publish if kind == "whip" else self._rooms.play
                link, answer = await enter(name, offer, grant)
            except BadSdp as error:
                return limits.problem(400, str(error))
            except Refused as refused:
                return refusal(self._rooms, refused)
            headers = [
                ("Location", f"{prefix(request, self._settings.base_path)}/{kind}/{name}/{link.id}"),
                ("ETag", f'"{link.etag}"'),
                ("Accept-Patch", FRAGMENT),
                ("X-Disclosure", self._settings.disclosure),
                *(("Link", ice_link(s.url, s.username, s.credential)) for s in self._settings.ice),
            ]
            response = web.Response(status=201, body=answer.encode(), content_type=SDP)  # text gets a charset
            for key, value in headers:
                response.headers.add(key, value)
            return response

        return post

    async def options(self, request: web.Request) -> web.Response:
        """What can be done here; needs no token, as browsers send none."""
        if "id" in request.match_info:
            return web.Response(status=204, headers={**_allowed("PATCH, DELETE, OPTIONS"), "Accept-Patch": FRAGMENT})
        response = web.Response(status=204, headers={**_allowed("POST, OPTIONS"), "Accept-Post": SDP})
        preflight = "Access-Control-Request-Method" in request.headers  # which cannot read them
        for server in self._settings.ice:
            if server.credential is None and not preflight:
                response.headers.add("Link", ice_link(server.url, None, None))
        return response

    async def patch(self, kind: str, request: web.Request) -> web.Response:
        """Trickled candidates."""
        link = self._link(kind, request)
        data = text(await limits.body(request, (FRAGMENT,), LARGEST))
        match = request.headers.get("If-Match")
        if match is None:
            return limits.problem(428, "If-Match with the ETag of the ICE session is needed")
        try:
            fragment = parse_fragment(data)
            if match.strip() == "*":
                return limits.problem(422, "ICE restarts are not done here; DELETE and POST again")
            if f'"{link.etag}"' not in (one.strip() for one in match.split(",")):
                return limits.problem(412, "the ETag is that of another ICE session")
            if not await link.peer.trickle(fragment):
                return limits.problem(422, "ICE restarts are not done here; DELETE and POST again")
        except BadSdp as error:
            return limits.problem(400, str(error))
        return web.Response(status=204)  # without an ETag: the ICE session is the same

    async def delete(self, kind: str, request: web.Request) -> web.Response:
        """The client ends its session."""
        link = self._link(kind, request)
        await self._rooms.leave(request.match_info["name"], link.id)
        return web.Response(status=200)

    def _link(self, kind: str, request: web.Request) -> Link:
        """Of the request's own token, or any for an admin's. Raises 401, 403, 404."""
        grant = self._auth.authorize(request, SCOPES[kind])
        link = self._rooms.find(request.match_info["name"], request.match_info["id"])
        if link is None or link.publishes != (kind == "whip"):
            raise web.HTTPNotFound(reason="no such session; it may have ended")
        self._auth.own(request, grant, link.who)
        return link


def _allowed(methods: str) -> dict[str, str]:
    return {"Allow": methods, "Access-Control-Allow-Methods": methods}


def text(data: bytes) -> str:
    """A body's text. Raises 400."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise web.HTTPBadRequest(reason="the body is not UTF-8 text") from None


def refusal(rooms: Rooms, refused: Refused) -> web.Response:
    """An answer to one who cannot come in."""
    rooms.metrics.refused.labels(refused.kind).inc()
    headers = {"Retry-After": str(admission.RETRY)} if refused.status == 503 else None
    return limits.problem(refused.status, refused.reason, headers)


def ice_link(url: str, username: str | None, credential: str | None) -> str:
    """A `Link` header for an ICE server, as RFC 9725 has it."""
    login = f'; username="{username}"; credential="{credential}"; credential-type="password"' if username else ""
    return f'<{url}>; rel="ice-server"{login}'
