"""A client of WHIP and WHEP against a small server: what it sends, what it makes of refusals, and how it ends."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from engines.errors import InputError
from stream.webrtc.client import Client
from stream.webrtc.peer import Peer
from tests.stream.io.feeding import port
from tests.stream.webrtc.test_peer import Grey
from tests.waiting import until


class Endpoint:
    """A WHIP and a WHEP endpoint for one client. seen: what it was asked, in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self.offer = ""
        self.pictures: list[object] = []
        self.peer = Peer()

    async def whip(self, request: web.Request) -> web.Response:
        self._note(request)
        self.offer = await request.text()
        answer = await self.peer.publish(self.offer, self.pictures.append, lambda _: None)
        return web.Response(status=201, text=answer, headers={"Location": "../session/7"})

    async def refuse(self, request: web.Request) -> web.Response:
        self._note(request)
        return web.Response(status=403, text="this token may not publish\n")

    async def end(self, request: web.Request) -> web.Response:
        self._note(request)
        await self.peer.close()
        return web.Response()

    def _note(self, request: web.Request) -> None:
        self.seen.append((request.method, request.path, request.headers.get("Authorization", "")))


def served(check: Callable[[str, Endpoint], Awaitable[None]]) -> None:
    async def main() -> None:
        endpoint, app, number = Endpoint(), web.Application(), port()
        app.add_routes(
            [
                web.post("/whip/room", endpoint.whip),
                web.post("/closed", endpoint.refuse),
                web.delete("/session/7", endpoint.end),
            ]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", number).start()
        try:
            await check(f"http://127.0.0.1:{number}", endpoint)
        finally:
            await runner.cleanup()

    asyncio.run(main())


def test_it_publishes_with_its_token_and_ends_its_session() -> None:
    async def check(url: str, endpoint: Endpoint) -> None:
        gone: list[bool] = []
        async with Client(f"{url}/whip/room", token="secret") as client:
            client.when_gone(lambda: gone.append(True))
            await client.publish(Grey())
            assert client.resource == f"{url}/session/7", "relative to the endpoint"
            await until(lambda: endpoint.pictures)
        assert endpoint.seen == [("POST", "/whip/room", "Bearer secret"), ("DELETE", "/session/7", "Bearer secret")]
        assert gone
        assert "a=sendonly" in endpoint.offer and endpoint.offer.index("H264") < endpoint.offer.index("VP8")

    served(check)


def test_a_refusal_is_told_in_the_servers_own_words_and_ends_no_session() -> None:
    async def check(url: str, endpoint: Endpoint) -> None:
        async with Client(f"{url}/closed") as client:
            with pytest.raises(InputError, match="/closed answered 403: this token may not publish"):
                await client.publish(Grey())
        assert endpoint.seen == [("POST", "/closed", "")]

    served(check)


def test_a_server_that_is_not_there_is_told() -> None:
    async def main() -> None:
        async with Client(f"http://127.0.0.1:{port()}/whip/room") as client:
            with pytest.raises(InputError, match="cannot be reached"):
                await client.publish(Grey())

    asyncio.run(main())
