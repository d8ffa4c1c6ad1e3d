"""The live server behind nginx as docs/live.md sets it up, and as nginx does by default."""

import asyncio
import io
import re
import ssl
from pathlib import Path

import aiohttp
import cv2
import numpy as np
import pytest

from stream.webrtc.client import Client
from tests.programs import needs, nginx
from tests.stream.io.feeding import port as free_port
from tests.stream.rtmp.test_client import certificate
from tests.tools.http.test_auth import USUAL, bearer, made
from tests.tools.live.serve.served import Colour, Viewer, served
from tests.waiting import until
from tools.http.tokens import TokenLimits

ROOT = Path(__file__).parents[4]
PHOTO = cv2.imencode(".png", np.random.default_rng(0).integers(0, 255, (1200, 1200, 3), np.uint8))[1].tobytes()


def documented(outside: int, inside: int, chain: Path, key: Path) -> str:
    """The block from the documentation, with this machine's ports and certificate."""
    text = (ROOT / "docs" / "live.md").read_text("utf-8")
    block = re.search(r"^    server \{\n(?:    .*\n|\n)*?    \}\n", text, re.MULTILINE)
    assert block is not None
    told = block[0].replace("listen 443 ssl", f"listen 127.0.0.1:{outside} ssl").replace(":8080/", f":{inside}/")
    told = told.replace("/etc/ssl/live.pem", str(chain)).replace("/etc/ssl/live.key", str(key))
    return f"events {{}}\nhttp {{\n{told}}}\n"


@needs("nginx")
def test_as_documented_everything_works_under_a_path(tmp_path: Path) -> None:
    secrets = made(tmp_path / "t", one=(USUAL, TokenLimits()))
    chain, key = certificate(tmp_path)
    token, outside = secrets["one"], free_port()
    context = ssl.create_default_context(cafile=str(chain))

    async def main() -> None:
        async with served(tokens=tmp_path / "t") as (server, url, _):
            inside = int(url.rsplit(":", 1)[1])
            base = f"https://127.0.0.1:{outside}/swap"
            with nginx(tmp_path / "nginx", documented(outside, inside, chain, key), outside):
                connector = aiohttp.TCPConnector(ssl=context)
                async with aiohttp.ClientSession(connector=connector, headers=bearer(token)) as http:
                    async with http.get(f"{base}/") as got:
                        assert got.status == 200
                        links = re.findall(r'(?:href|src)="([^"]+)"', await got.text())
                    assert len(links) >= 3
                    for link in links:
                        async with http.get(f"{base}/{link}") as got:
                            assert got.status == 200, "the page finds its parts under the path"
                    headers = {"Content-Type": "image/png"}
                    assert len(PHOTO) > 4 << 20
                    async with http.post(
                        f"{base}/api/rooms?consent=true", data=io.BytesIO(PHOTO), headers=headers
                    ) as got:
                        room = await got.json()
                        assert got.status == 201 and room["whip"] == f"/swap/whip/{room['name']}"
                whip = f"https://127.0.0.1:{outside}{room['whip']}"
                async with Client(whip, token, context) as up:
                    await up.publish(Colour(90))
                    assert up.resource is not None and up.resource.startswith(f"{whip}/")
                    async with Client(whip.replace("whip", "whep"), token, context) as down:
                        viewer = Viewer()
                        await down.play(viewer.picture, viewer.sound)
                        await viewer.until(5)
                await until(lambda: not server.rooms.rooms)  # the goodbye went to the Location

    asyncio.run(main())


@needs("nginx")
@pytest.mark.parametrize("end", ["/", ""], ids=["the proxy takes the path away", "the proxy leaves it"])
def test_with_a_base_path_everything_works_behind_a_proxy_that_says_nothing(tmp_path: Path, end: str) -> None:
    secrets = made(tmp_path / "t", one=(USUAL, TokenLimits()))
    token, outside = secrets["one"], free_port()

    async def main() -> None:
        async with served(tokens=tmp_path / "t", base_path="/x/y") as (server, url, _):
            blocks = (
                f"events {{}}\nhttp {{\nserver {{ listen 127.0.0.1:{outside}; client_max_body_size 12m;\n"
                f"location /x/y/ {{ proxy_pass {url}{end}; proxy_http_version 1.1; }} }} }}\n"
            )
            with nginx(tmp_path / "nginx", blocks, outside):
                root = f"http://127.0.0.1:{outside}"
                async with aiohttp.ClientSession(root, headers=bearer(token)) as http:
                    room = await all_of_it(http, "/x/y")
                whip = root + room["whip"]
                async with Client(whip, token) as up:
                    await up.publish(Colour(90))
                    assert up.resource is not None and up.resource.startswith(f"{whip}/")
                    async with Client(root + room["whep"], token) as down:
                        viewer = Viewer()
                        await down.play(viewer.picture, viewer.sound)
                        assert down.resource is not None and down.resource.startswith(f"{root}{room['whep']}/")
                        await viewer.until(5)
                await until(lambda: not server.rooms.rooms)  # the goodbye went to the Location

    asyncio.run(main())


async def all_of_it(http: aiohttp.ClientSession, base: str) -> dict[str, str]:
    """The page and its parts, the API. Returns a room."""
    async with http.get(f"{base}/") as got:
        assert got.status == 200
        links = re.findall(r'(?:href|src)="([^"]+)"', await got.text())
    for link in [*links, "whip.js", "texts.json", "openapi.json", "view/key", "api/settings", "healthz", "readyz"]:
        async with http.get(f"{base}/{link}") as got:
            assert got.status == 200, link
    headers = {"Content-Type": "image/png"}
    async with http.post(f"{base}/api/rooms?consent=true", data=io.BytesIO(PHOTO), headers=headers) as got:
        room: dict[str, str] = await got.json()
        assert got.status == 201 and room["whip"] == f"{base}/whip/{room['name']}"
    async with http.get(f"{base}/api/rooms/{room['name']}") as got:
        assert (await got.json())["live"] is False
    return room


def test_a_base_path_without_a_slash_leads_to_the_page_and_the_server_answers_without_it_too() -> None:
    async def main() -> None:
        async with served(base_path="/x") as (_, url, http):
            async with http.get(f"{url}/x", allow_redirects=False) as got:
                assert got.status == 308 and got.headers["Location"] == "/x/"
            for path in ("/", "/x/", "/app.js", "/x/app.js", "/healthz", "/x/healthz"):
                async with http.get(url + path) as got:
                    assert got.status == 200, path
            async with http.get(f"{url}/x/x/healthz") as got:
                assert got.status == 404

    asyncio.run(main())


@needs("nginx")
def test_a_server_without_tokens_answers_no_proxy_that_says_it_is_one(tmp_path: Path) -> None:
    """What is left is nginx's default, which cannot be told from a local client: the documentation warns of it."""
    outside = free_port()

    async def main() -> None:
        async with served() as (_, url, http):
            places = "".join(
                f"location /{name}/ {{ proxy_pass {url}/; {more} }}\n"
                for name, more in (
                    ("default", ""),
                    ("host", "proxy_set_header Host $http_host;"),
                    ("for", "proxy_set_header X-Forwarded-For $remote_addr;"),
                    ("prefix", "proxy_set_header X-Forwarded-Prefix /x;"),
                )
            )
            blocks = f"events {{}}\nhttp {{\nserver {{ listen 127.0.0.1:{outside};\n{places} }} }}\n"
            with nginx(tmp_path / "nginx", blocks, outside):
                foreign = {"Host": "live.example.org"}
                seen = {}
                for name in ("default", "host", "for", "prefix"):
                    async with http.get(f"http://127.0.0.1:{outside}/{name}/healthz", headers=foreign) as got:
                        seen[name] = got.status
                assert seen == {"default": 200, "host": 421, "for": 421, "prefix": 421}

    asyncio.run(main())
    text = re.sub(r"\s+", " ", (ROOT / "docs" / "live.md").read_text("utf-8"))
    assert "A server without tokens must not stand behind a proxy" in text
