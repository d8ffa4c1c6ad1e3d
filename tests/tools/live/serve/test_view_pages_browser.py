"""A server that goes and comes back, as browsers live through it: the bare viewer plays again, and so does the page."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stream.webrtc.client import Client
from tests.stream.io.feeding import port
from tests.tools.live.serve.browser import CHROMIUM, chromium
from tests.tools.live.serve.served import Colour, served
from tests.tools.live.serve.test_page_alone import camera_file, photo

KEY = "a-key-that-stays-the-same"
STATE = "document.documentElement?.dataset.state"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


def test_the_viewer_plays_again_after_the_server_was_away(tmp_path: Path) -> None:
    camera_file(tmp_path / "camera.mjpeg")
    place = port()

    async def main() -> None:
        async with chromium(tmp_path / "profile", tmp_path / "camera.mjpeg", (640, 480)) as tab:
            for again in (False, True):
                async with served(port=place) as (server, url, _):
                    if not again:
                        await tab.call("Page.navigate", url=f"{url}/view/{KEY}?token=none")
                        await tab.until(f"{STATE} === 'waiting'", 20)
                        assert await tab.js("document.getElementById('view').hidden"), "nobody publishes yet"
                    async with Client(f"{url}/whip/{KEY}") as up:
                        await up.publish(Colour(90))
                        await tab.until(f"{STATE} === 'playing'", 40)
                        assert not await tab.js("document.getElementById('view').hidden")
                        if not again:
                            await tab.js("window.mark = 1")
                        assert await tab.js("window.mark") == 1, "the page was not loaded anew"
                        assert await tab.js("document.getElementById('view').controls") is False
                        await tab.call(
                            "Emulation.setDefaultBackgroundColorOverride", color={"r": 0, "g": 0, "b": 0, "a": 0}
                        )
                        ground = "['documentElement', 'body'].map((n) => getComputedStyle(document[n]).backgroundColor)"
                        assert await tab.js(ground) == ["rgba(0, 0, 0, 0)"] * 2
                        assert len(server.rooms.rooms[KEY].viewers) == 1
                await tab.until(f"{STATE} === 'waiting'", 20)
                assert await tab.js("document.getElementById('view').hidden"), "nothing is shown meanwhile"
            assert {urlsplit(u).hostname for u in tab.asked} == {"127.0.0.1"}

    asyncio.run(main())


def test_the_page_publishes_again_under_the_same_key(tmp_path: Path) -> None:
    camera_file(tmp_path / "camera.mjpeg")
    place = port()

    async def main() -> None:
        async with chromium(tmp_path / "profile", tmp_path / "camera.mjpeg") as tab:
            async with served(default=None, port=place) as (server, url, _):
                await tab.call("Page.navigate", url=f"{url}/")
                await tab.until("document.documentElement?.dataset.ready === 'yes'")
                await tab.attach("#photo", photo(tmp_path / "face.png", 200))
                await tab.js("document.getElementById('consent').click()")
                await tab.js("document.getElementById('go').click()")
                await tab.until("document.getElementById('state').textContent === 'Live.'", 40)
                (name,) = server.rooms.rooms
                assert await tab.js("document.getElementById('link').value") == f"{url}/view/{name}"
            await tab.until("document.getElementById('state').classList.contains('bad')", 20)
            assert "trying again" in await tab.js("document.getElementById('state').textContent")
            async with served(default=None, port=place) as (server, url, http):
                await tab.until("document.getElementById('state').textContent === 'Live.'", 40)
                assert list(server.rooms.rooms) == [name]
                async with http.delete(f"{url}/api/rooms/{name}") as response:
                    assert response.status == 204
                await tab.until("document.getElementById('go').textContent === 'Start'", 20)
                assert "ended by request" in await tab.js("document.getElementById('state').textContent")
                await asyncio.sleep(2)
                assert not server.rooms.rooms, "who was sent away does not come back by himself"

    asyncio.run(main())
