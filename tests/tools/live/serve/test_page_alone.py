"""The page in a real browser, without networks: what it shows, what it says when something is wrong, how it fits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
import pytest

from tests.tools.live.serve.browser import CHROMIUM, Tab, chromium
from tests.tools.live.serve.served import served
from tools.live.serve.app import Server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


def camera_file(path: Path) -> None:
    """A second of something that moves, as Motion JPEG."""
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", Fraction(30), options={"qmin": "2", "qmax": "6"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        for i in range(30):
            rgb = np.full((480, 640, 3), 90, np.uint8)
            cv2.circle(rgb, (100 + 14 * i, 240), 60, (220, 160, 120), -1)
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuvj420p")
            frame.pts, frame.time_base = i, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def photo(path: Path, level: int) -> Path:
    assert cv2.imwrite(str(path), np.full((64, 64, 3), level, np.uint8))
    return path


@asynccontextmanager
async def page(
    tmp_path: Path, size: tuple[int, int] = (1200, 860), **settings: object
) -> AsyncIterator[tuple[Server, Tab]]:
    """The server and a browser that has its page open."""
    camera_file(tmp_path / "camera.mjpeg")
    async with (
        served(default=None, **settings) as (server, url, _),
        chromium(tmp_path / "profile", tmp_path / "camera.mjpeg") as tab,
    ):
        await tab.call("Page.navigate", url=f"{url}{server.settings.base_path}/")
        await tab.until("document.documentElement?.dataset.ready === 'yes'")
        yield server, tab


async def words(tab: Tab, id_: str) -> str:
    return str(await tab.js(f"document.getElementById('{id_}').textContent"))


async def start(tab: Tab, path: Path) -> None:
    await tab.attach("#photo", path)
    await tab.js("document.getElementById('consent').click()")
    await tab.js("document.getElementById('go').click()")


def test_from_photo_to_picture_and_back(tmp_path: Path) -> None:
    """Under a base path, from which all that the page asks for counts."""

    async def main() -> None:
        async with page(tmp_path, base_path="/x/y") as (server, tab):
            assert await tab.js("document.getElementById('go').disabled"), "no photo, no consent, no start"
            await tab.attach("#photo", photo(tmp_path / "face.png", 200))
            assert await tab.js("document.getElementById('go').disabled"), "a photo without consent is not enough"
            await tab.js("document.getElementById('consent').click()")
            await tab.js("document.getElementById('go').click()")
            await tab.until("document.getElementById('result').videoWidth > 0", 60)
            await tab.until("document.getElementById('result').currentTime > 1", 60)
            await tab.until("parseInt(document.getElementById('f-fps').textContent) > 5", 30)
            await tab.until("parseInt(document.getElementById('f-delay').textContent) > 0", 30)
            assert await words(tab, "label") == "Face replaced by Understudy"
            figures = "['route', 'rung'].map((n) => document.getElementById(`f-${n}`).dataset.value)"
            assert await tab.js(figures) == ["fast", "full"]
            assert await words(tab, "f-route") == "nothing", "before the face, in words"
            assert not await tab.js("document.getElementById('bar').hidden")
            assert (
                await tab.js("getComputedStyle(document.getElementById('you').parentElement).aspectRatio")
                == "640 / 480"
            )
            kept = "Object.keys(localStorage).sort()"
            assert await tab.js(kept) == ["understudy.key", "understudy.mirror"], "no photo, no token"
            (room,) = server.rooms.rooms.values()
            assert room.uploaded and len(room.links) == 2
            await tab.js("document.getElementById('go').click()")
            async with asyncio.timeout(15):
                while server.rooms.rooms:
                    await asyncio.sleep(0.1)
            assert await words(tab, "state") == "Stopped." and await tab.js("document.getElementById('label').hidden")
            assert {urlsplit(u.removeprefix("blob:")).hostname for u in tab.asked} == {"127.0.0.1"}
            paths = [urlsplit(u).path for u in tab.asked if u.startswith("http")]
            assert len(paths) > 5 and all(path.startswith("/x/y/") for path in paths), paths
            assert not [line for line in tab.console if "exception" in line.lower()]

    asyncio.run(main())


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """A photo without a face; then no room. The camera is let go, and one can try again."""

    async def main() -> None:
        async with page(tmp_path, most=1) as (server, tab):
            await start(tab, photo(tmp_path / "dark.png", 0))
            await tab.until("document.getElementById('state').classList.contains('bad')", 30)
            assert "no face seen" in await words(tab, "state")
            assert await words(tab, "go") == "Start" and not server.rooms.rooms
            assert await tab.js("document.getElementById('you').srcObject === null")
            server.rooms.draining = True
            await tab.attach("#photo", photo(tmp_path / "face.png", 200))
            assert not await tab.js("document.getElementById('consent').checked"), "it was said of the other photo"
            assert await tab.js("document.getElementById('go').disabled")
            await tab.js("document.getElementById('consent').click()")
            await tab.js("document.getElementById('go').click()")
            await tab.until("document.getElementById('state').textContent.includes('shutting down')", 30)
            assert not server.rooms.rooms

    asyncio.run(main())


def test_it_fits_a_phone(tmp_path: Path) -> None:
    async def main() -> None:
        async with page(tmp_path) as (_, tab):
            for width, height in ((360, 740), (740, 360)):
                await tab.call(
                    "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True
                )
                assert await tab.js("document.documentElement.scrollWidth") <= width
                small = await tab.js(
                    "[...document.querySelectorAll('button:not([hidden]), select, .face')]"
                    ".filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 36)"
                    ".map((e) => e.id || e.className)"
                )
                assert small == [], "a thumb hits it"
            (tmp_path / "phone.png").write_bytes(await tab.screenshot())
            assert await tab.js("document.querySelector('meta[name=viewport]').content.includes('width=device-width')")

    asyncio.run(main())
