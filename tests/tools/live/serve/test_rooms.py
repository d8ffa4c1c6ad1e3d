"""Rooms: what a token may have of them, viewers who never connect, tokens that end, descriptors that run short."""

import asyncio
from pathlib import Path

import aiohttp
import cv2
import numpy as np
import pytest
from aiortc import RTCPeerConnection

from engines.errors import InputError
from stream.webrtc.client import Client
from tests.tools.http.test_auth import USUAL, bearer, made
from tests.tools.live.serve.served import Colour, Viewer, served
from tests.waiting import until
from tools.http.tokens import Scope, TokenLimits, Tokens, load, save
from tools.live.serve import rooms

resource = pytest.importorskip("resource")
PHOTO = cv2.imencode(".png", np.full((32, 32, 3), 200, np.uint8))[1].tobytes()
PNG, SDP = {"Content-Type": "image/png"}, {"Content-Type": "application/sdp"}


async def offer() -> bytes:
    """Of a viewer who will never connect."""
    connection = RTCPeerConnection()
    for kind in ("video", "audio"):
        connection.addTransceiver(kind, direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    text = str(connection.localDescription.sdp)
    await connection.close()
    return text.encode()


async def post(http: aiohttp.ClientSession, url: str, data: bytes, headers: dict[str, str]) -> int:
    async with http.post(url, data=data, headers=headers) as response:
        return response.status


def test_a_viewer_who_never_connects_is_dropped_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "CONNECT_WITHIN", 2.0)

    async def main() -> None:
        async with served() as (server, url, http), Client(f"{url}/whip/k") as up:
            await up.publish(Colour(90))
            async with Client(f"{url}/whep/k") as down:
                viewer = Viewer()
                await down.play(viewer.picture, viewer.sound)
                await viewer.until(3)
                assert [await post(http, f"{url}/whep/k", await offer(), SDP) for _ in range(3)] == [201] * 3
                room = server.rooms.rooms["k"]
                assert len(room.viewers) == 4
                await until(lambda: len(room.viewers) == 1)
                await viewer.until(len(viewer.frames) + 3)
                assert room.session is not None and len(room.session.video) == 1, "nobody makes pictures for them"
            async with http.get(f"{url}/api/rooms/k") as response:
                assert (await response.json())["live"], "and the publisher stays"

    asyncio.run(main())


def test_one_token_has_so_many_viewers_and_gets_them_back(tmp_path: Path) -> None:
    secrets = made(tmp_path / "t", one=(USUAL, TokenLimits(viewers=2)), two=(USUAL, TokenLimits()))

    async def main() -> None:
        async with served(tokens=tmp_path / "t") as (server, url, http), Client(f"{url}/whip/k", secrets["two"]) as up:
            await up.publish(Colour(90))
            sdp = SDP | bearer(secrets["one"])
            assert [await post(http, f"{url}/whep/k", await offer(), sdp) for _ in range(3)] == [201, 201, 503]
            assert await post(http, f"{url}/whep/k", await offer(), SDP | bearer(secrets["two"])) == 201
            room = server.rooms.rooms["k"]
            assert room.session is not None and len(room.session.video) == 3
            link = next(one for one in room.viewers if one.who in secrets["one"])
            async with http.delete(f"{url}/whep/k/{link.id}", headers=bearer(secrets["one"])) as response:
                assert response.status == 200
            assert await post(http, f"{url}/whep/k", b"v=0\r\n", sdp) == 400, "which gives its place back"
            assert [await post(http, f"{url}/whep/k", await offer(), sdp) for _ in range(2)] == [201, 503]

    asyncio.run(main())


def test_one_token_has_so_many_rooms_and_gets_them_back(tmp_path: Path) -> None:
    secrets = made(tmp_path / "t", one=(USUAL, TokenLimits(rooms=2)), two=(USUAL, TokenLimits()))

    async def main() -> None:
        async with served(tokens=tmp_path / "t") as (server, url, http):
            mine, others = PNG | bearer(secrets["one"]), PNG | bearer(secrets["two"])
            assert [await post(http, f"{url}/api/rooms?consent=true", PHOTO, mine) for _ in range(3)] == [201, 201, 503]
            assert await post(http, f"{url}/api/rooms?consent=true", PHOTO, others) == 201
            assert len(server.rooms.rooms) == 3
            name = next(iter(server.rooms.rooms))
            async with http.delete(f"{url}/api/rooms/{name}", headers=bearer(secrets["one"])) as response:
                assert response.status == 204
            assert [await post(http, f"{url}/api/rooms?consent=true", PHOTO, mine) for _ in range(2)] == [201, 503]

    asyncio.run(main())


def test_a_revoked_token_ends_its_sessions_and_its_watching(tmp_path: Path) -> None:
    secrets = made(tmp_path / "t", one=(USUAL, TokenLimits()), two=(USUAL, TokenLimits()))

    def revoke(secret: str) -> None:
        tokens = load(tmp_path / "t")
        save(Tokens(tuple(t for t in tokens.tokens if t.id not in secret)), tmp_path / "t")

    async def main() -> None:
        async with (
            served(tokens=tmp_path / "t") as (server, url, http),
            Client(f"{url}/whip/k", secrets["one"]) as up,
            Client(f"{url}/whep/k", secrets["two"]) as down,
        ):
            await up.publish(Colour(90))
            viewer = Viewer()
            await down.play(viewer.picture, viewer.sound)
            await viewer.until(3)
            revoke(secrets["two"])
            await until(lambda: not server.rooms.rooms["k"].viewers)
            assert server.rooms.rooms["k"].session is not None, "the other token's session goes on"
            async with http.post(
                f"{url}/api/rooms?consent=true", data=PHOTO, headers=PNG | bearer(secrets["one"])
            ) as response:
                assert response.status == 201
            save(Tokens().issued([Scope.ADMIN], None)[0], tmp_path / "t")
            await until(lambda: not server.rooms.rooms)

    asyncio.run(main())


def test_with_few_descriptors_left_nothing_new_begins() -> None:
    """Sessions and viewers are refused before what runs has none left."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def main() -> None:
        async with served() as (server, url, http), Client(f"{url}/whip/k") as up:
            await up.publish(Colour(90))
            data = await offer()
            used = sum(1 for _ in Path("/dev/fd").iterdir())
            resource.setrlimit(resource.RLIMIT_NOFILE, (used + 20, hard))
            try:
                assert await post(http, f"{url}/whep/k", data, SDP) == 503
                async with Client(f"{url}/whip/l") as late:
                    with pytest.raises(InputError, match=r"503.*too many files"):
                        await late.publish(Colour(90))
                async with http.get(f"{url}/readyz") as response:
                    assert response.status == 503
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert await post(http, f"{url}/whep/k", data, SDP) == 201
            assert len(server.rooms.sessions()) == 1

    asyncio.run(main())
