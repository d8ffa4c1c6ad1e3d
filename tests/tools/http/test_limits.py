"""What strangers and accidents send: sizes, slowness, random bytes, wrong hosts, settings that would open the door."""

import asyncio
import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import UnderstudyError
from stream.pipeline.spec import SwapSpec
from tests.tools.live.serve.served import served
from tools.http import limits
from tools.http.server import HttpTimeouts
from tools.live.serve.settings import IceServer, Settings, parse_ice

PHOTO = cv2.imencode(".png", np.full((32, 32, 3), 200, np.uint8))[1].tobytes()


def test_an_upload_makes_a_room_and_is_gone_with_it() -> None:
    async def main() -> None:
        async with served(default=None) as (server, url, http):
            async with http.post(
                f"{url}/api/rooms?consent=true", data=PHOTO, headers={"Content-Type": "image/png"}
            ) as response:
                assert response.status == 201
                room = await response.json()
            assert room["whip"] == f"/whip/{room['name']}" and server.rooms.rooms[room["name"]].source is not None
            async with http.delete(f"{url}/api/rooms/{room['name']}") as response:
                assert response.status == 204
            assert not server.rooms.rooms
            async with http.get(f"{url}/api/rooms/{room['name']}") as response:
                assert response.status == 404

    asyncio.run(main())


def test_uploads_are_limited_and_looked_at() -> None:
    async def main() -> None:
        async with served() as (server, url, http):
            png = {"Content-Type": "image/png"}
            black = cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))[1].tobytes()
            for data, headers, status in (
                (io.BytesIO(b"x" * (13 * 1024 * 1024)), png, 413),
                (PHOTO, {"Content-Type": "text/html"}, 415),
                (os.urandom(1000), png, 422),
                (black, png, 422),
            ):
                async with http.post(f"{url}/api/rooms?consent=true", data=data, headers=headers) as response:
                    assert response.status == status
            assert not server.rooms.rooms

    asyncio.run(main())


def test_random_bytes_at_every_door() -> None:
    async def main() -> None:
        async with served() as (server, url, http):
            rng = np.random.default_rng(5)
            doors = ["/", "/whip/a", "/whep/a", "/whip/a/b", "/api/rooms", "/api/rooms/a", "/metrics", "/api/settings"]
            kinds = ["application/sdp", "application/trickle-ice-sdpfrag", "image/png", "application/json"]
            for door in doors:
                for method in ("POST", "PATCH", "DELETE", "PUT"):
                    for kind in kinds:
                        data = rng.bytes(1000)
                        async with http.request(method, url + door, data=data, headers={"Content-Type": kind}) as got:
                            assert 400 <= got.status < 500
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
            writer.write(rng.bytes(1000) + b"\r\n\r\n")
            assert b"400" in await asyncio.wait_for(reader.read(), 10)
            writer.close()
            assert not server.rooms.rooms
            async with http.get(f"{url}/healthz") as got:
                assert got.status == 200

    asyncio.run(main())


def test_who_connects_and_does_not_ask_is_hung_up_on() -> None:
    async def main() -> None:
        async with served(patience=HttpTimeouts(head=0.3)) as (_, url, http):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
            assert await asyncio.wait_for(_rest(reader), 5) == b""
            writer.close()
            async with http.get(f"{url}/healthz") as got:
                assert got.status == 200
            await asyncio.sleep(0.5)
            async with http.get(f"{url}/healthz") as got:  # over the connection that was kept
                assert got.status == 200

    asyncio.run(main())


def test_who_has_asked_once_and_then_drips_is_hung_up_on() -> None:
    async def main() -> None:
        async with served(patience=HttpTimeouts(kept=0.5)) as (_, url, _http):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200" in await asyncio.wait_for(reader.readline(), 5)

            async def drip() -> None:
                writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
                while True:
                    writer.write(b"X-Slow: 1\r\n")
                    await asyncio.sleep(0.1)

            dripping = asyncio.create_task(drip())
            await asyncio.wait_for(_rest(reader), 5)
            dripping.cancel()
            writer.close()

    asyncio.run(main())


def test_a_body_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_WITHIN", 0.3)

    async def main() -> None:
        async with served() as (_, url, _http):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
            head = b"POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\n"
            writer.write(head + b"Content-Length: 900\r\n\r\nv=0")
            assert b"408" in await asyncio.wait_for(reader.readline(), 5)
            writer.close()

    asyncio.run(main())


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


def test_headers_and_hosts() -> None:
    async def main() -> None:
        async with served(origins=("https://friend.example",)) as (_, url, http):
            async with http.get(f"{url}/", headers={"Origin": "https://friend.example"}) as got:
                assert "default-src 'none'" in got.headers["Content-Security-Policy"]
                assert got.headers["Access-Control-Allow-Origin"] == "https://friend.example"
            async with http.get(f"{url}/nothing", headers={"Origin": "https://stranger.example"}) as got:
                assert got.status == 404 and "Access-Control-Allow-Origin" not in got.headers
                assert got.headers["X-Content-Type-Options"] == "nosniff" and got.headers["Server"] == "understudy"
            async with http.get(f"{url}/", headers={"Host": "rebound.example"}) as got:
                assert got.status == 421

    asyncio.run(main())


def test_clients_on_other_origins_find_that_candidates_may_be_trickled() -> None:
    """They look for PATCH among the methods that the resource allows, which scripts see only where it is exposed."""

    async def main() -> None:
        origin = {"Origin": "https://friend.example"}
        async with served(origins=("https://friend.example",)) as (_, url, http):
            async with http.options(f"{url}/whip/a/some-session", headers=origin) as got:
                assert "PATCH" in got.headers["Access-Control-Allow-Methods"].split(", ")
                assert "Access-Control-Allow-Methods" in got.headers["Access-Control-Expose-Headers"].split(", ")
            async with http.options(f"{url}/whip/a/some-session") as got:
                assert "PATCH" in got.headers["Access-Control-Allow-Methods"], "on the server's own origin too"
            async with http.post(f"{url}/whip/a", data=b"x", headers=origin) as got:
                assert "Access-Control-Allow-Methods" in got.headers["Access-Control-Expose-Headers"].split(", ")

    asyncio.run(main())


def test_without_tokens_what_a_proxy_passed_on_is_refused() -> None:
    async def main() -> None:
        async with served() as (_, url, http):
            for name in ("X-Forwarded-For", "Forwarded", "Via"):
                async with http.get(f"{url}/healthz", headers={name: "192.0.2.1"}) as got:
                    assert got.status == 421 and "--tokens" in (await got.json())["detail"]

    asyncio.run(main())


def test_without_tokens_pages_of_other_sites_are_refused_and_their_links_are_not() -> None:
    async def main() -> None:
        async with served(origins=("https://friend.example",)) as (_, url, http):

            async def status(site: str, mode: str, origin: str | None = None) -> int:
                headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
                headers |= {"Origin": origin} if origin else {}
                async with http.get(f"{url}/healthz", headers=headers) as got:
                    return got.status

            assert await status("cross-site", "no-cors") == await status("same-site", "no-cors") == 403
            assert await status("cross-site", "cors", "https://stranger.example") == 403
            assert await status("cross-site", "cors", "https://friend.example") == 200
            assert await status("cross-site", "navigate") == 200, "the user followed a link"
            assert await status("same-origin", "cors") == await status("none", "navigate") == 200

    asyncio.run(main())


def test_the_page_asks_nobody_else() -> None:
    async def main() -> None:
        async with served() as (_, url, http):
            for path, kind in (("/", "text/html"), ("/app.js", "text/javascript"), ("/style.css", "text/css")):
                async with http.get(url + path) as got:
                    text = await got.text()
                    assert got.status == 200 and got.content_type == kind
                    assert "http://" not in text and "https://" not in text

    asyncio.run(main())


def test_the_door_stays_shut_without_tokens(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="--tokens"):
        Settings(host="0.0.0.0").check()
    with pytest.raises(UnderstudyError, match="consent"):
        Settings(spec=SwapSpec(((tmp_path / "a.jpg",),))).check()
    with pytest.raises(UnderstudyError, match="--cert"):
        Settings(cert=tmp_path).check()
    Settings().check()


def test_ice_servers_are_read() -> None:
    assert parse_ice("stun:h.example:3478") == IceServer("stun:h.example:3478")
    assert parse_ice("turn:me:se:cret@h.example:1") == IceServer("turn:h.example:1", "me", "se:cret")
    assert "se:cret" not in repr(parse_ice("turn:me:se:cret@h.example:1"))
    with pytest.raises(UnderstudyError):
        parse_ice("http://h.example")
