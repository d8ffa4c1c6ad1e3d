"""Who may do what: tokens, their scopes, their sessions, and whose room it is."""

import asyncio
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.errors import InputError, UnderstudyError
from stream.webrtc.client import Client
from tests.tools.live.serve.served import Colour, Viewer, served
from tools.http.tokens import Scope, TokenError, TokenLimits, Tokens, save
from tools.live.serve.settings import Settings

PHOTO = cv2.imencode(".png", np.full((32, 32, 3), 200, np.uint8))[1].tobytes()
PNG = {"Content-Type": "image/png"}


def made(path: Path, **asked: tuple[tuple[Scope, ...], TokenLimits]) -> dict[str, str]:
    """A token file; the secrets by name."""
    tokens, secrets = Tokens(), {}
    for name, (scopes, limits) in asked.items():
        tokens, _, secrets[name] = tokens.issued(scopes, None, limits)
    save(tokens, path)
    return secrets


def bearer(secret: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"} if secret else {}


USUAL = (Scope.VIEW, Scope.SWAP, Scope.UPLOAD)


def test_who_has_no_token_stays_outside(tmp_path: Path) -> None:
    secrets = made(tmp_path / "t", mine=(USUAL, TokenLimits()))

    async def main() -> None:
        async with served(tokens=tmp_path / "t") as (server, url, http):
            for token in (None, "wrong-token-wrong-token", secrets["mine"][:-1]):
                async with Client(f"{url}/whip/k", token) as up:
                    with pytest.raises(InputError, match="401"):
                        await up.publish(Colour(90))
            for path in ("/metrics", "/api/rooms/k"):
                async with http.get(url + path) as response:
                    assert response.status == 401 and response.headers["WWW-Authenticate"] == "Bearer"
            async with Client(f"{url}/whip/k", secrets["mine"]) as up, Client(f"{url}/whep/k", secrets["mine"]) as down:
                await up.publish(Colour(90))
                viewer = Viewer()
                await down.play(viewer.picture, viewer.sound)
                await viewer.until(3)
                async with http.delete(up.resource or "") as response:
                    assert response.status == 401 and "k" in server.rooms.rooms
            for path in ("/healthz", "/readyz", "/", "/api/settings"):
                async with http.get(url + path) as response:
                    assert response.status == 200
            assert 'reason="token"} 6.0' in server.metrics.text().decode()

    asyncio.run(main())


def test_a_scope_opens_its_own_doors_alone(tmp_path: Path) -> None:
    one = TokenLimits()
    secrets = made(
        tmp_path / "t", view=((Scope.VIEW,), one), swap=((Scope.SWAP,), one), upload=((Scope.UPLOAD,), one),
        admin=((Scope.ADMIN,), one),
    )  # fmt: skip

    async def main() -> None:
        async with served(tokens=tmp_path / "t") as (_, url, http), Client(f"{url}/whip/k", secrets["swap"]) as up:
            await up.publish(Colour(90))

            async def status(method: str, path: str, who: str, **more: Any) -> int:
                headers = {**bearer(secrets[who]), **more.pop("headers", {})}
                async with http.request(method, url + path, headers=headers, **more) as response:
                    return response.status

            sdp = {"Content-Type": "application/sdp"}
            for who, opened in (
                ("view", ("GET /api/rooms/k", "POST /whep/k")),
                ("swap", ("POST /whip/x",)),
                ("upload", ("POST /api/rooms",)),
                ("admin", ("GET /metrics", "GET /api/rooms/k", "POST /whep/k", "POST /whip/x", "POST /api/rooms")),
            ):
                for door in ("GET /metrics", "GET /api/rooms/k", "POST /whep/k", "POST /whip/x", "POST /api/rooms"):
                    method, path = door.split()
                    more: dict[str, Any] = {"data": b"v=0", "headers": sdp} if "wh" in path else {}
                    if path == "/api/rooms":
                        more = {"data": PHOTO, "headers": PNG}
                        path += "?consent=true"
                    got = await status(method, path, who, **more)
                    assert (got != 403) == (door in opened), (who, door, got)

    asyncio.run(main())


def test_anothers_room_takes_an_admin(tmp_path: Path) -> None:
    secrets = made(
        tmp_path / "t", one=(USUAL, TokenLimits()), two=(USUAL, TokenLimits()), admin=((Scope.ADMIN,), TokenLimits())
    )

    async def main() -> None:
        async with served(tokens=tmp_path / "t") as (server, url, http):
            async with http.post(
                f"{url}/api/rooms?consent=true", data=PHOTO, headers={**PNG, **bearer(secrets["one"])}
            ) as response:
                room = (await response.json())["name"]
            async with Client(f"{url}/whip/{room}", secrets["two"]) as thief:
                with pytest.raises(InputError, match="404"):
                    await thief.publish(Colour(90))
            async with Client(f"{url}/whip/{room}", secrets["one"]) as up:
                await up.publish(Colour(90))
                for place in (up.resource or "", f"{url}/api/rooms/{room}"):
                    async with http.delete(place, headers=bearer(secrets["two"])) as response:
                        assert response.status == 403 and room in server.rooms.rooms
                async with http.delete(f"{url}/api/rooms/{room}", headers=bearer(secrets["admin"])) as response:
                    assert response.status == 204 and room not in server.rooms.rooms

    asyncio.run(main())


def test_a_token_has_so_many_sessions_and_gets_them_back(tmp_path: Path) -> None:
    secrets = made(tmp_path / "t", one=(USUAL, TokenLimits(sessions=1)), two=(USUAL, TokenLimits()))

    async def main() -> None:
        async with served(tokens=tmp_path / "t") as (server, url, _):
            for _ in range(2):
                async with (
                    Client(f"{url}/whip/a", secrets["one"]) as up,
                    Client(f"{url}/whip/b", secrets["one"]) as late,
                ):
                    await up.publish(Colour(90))
                    with pytest.raises(InputError, match="503"):
                        await late.publish(Colour(90))
                    assert set(server.rooms.rooms) == {"a"}
                    async with Client(f"{url}/whip/c", secrets["two"]) as other:
                        await other.publish(Colour(90))
                assert not server.rooms.rooms

    asyncio.run(main())


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    secrets = made(tmp_path / "t", one=(USUAL, TokenLimits(per_minute=3)))

    async def main() -> None:
        async with served(tokens=tmp_path / "t") as (_, url, http):
            seen = []
            for _ in range(5):
                async with http.get(f"{url}/api/rooms/k", headers=bearer(secrets["one"])) as response:
                    seen.append(response.status)
                    if response.status == 429:
                        assert int(response.headers["Retry-After"]) >= 1
            assert seen == [404, 404, 404, 429, 429]

    asyncio.run(main())


def test_an_upload_has_the_tokens_own_limit(tmp_path: Path) -> None:
    secrets = made(tmp_path / "t", one=(USUAL, TokenLimits(upload=50)))

    async def main() -> None:
        headers = {**PNG, **bearer(secrets["one"])}
        async with (
            served(tokens=tmp_path / "t") as (_, url, http),
            http.post(f"{url}/api/rooms?consent=true", data=PHOTO, headers=headers) as response,
        ):
            assert len(PHOTO) > 50 and response.status == 413

    asyncio.run(main())


def test_a_server_for_others_needs_tokens(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="understudy token add"):
        Settings(host="0.0.0.0").check()

    async def main() -> None:
        (tmp_path / "t").write_text("plain-words-are-no-tokens\n")
        (tmp_path / "t").chmod(0o600)
        with pytest.raises(TokenError, match="damaged"):
            async with served(tokens=tmp_path / "t"):
                pass

    asyncio.run(main())
