"""A headless Chromium, driven by its own debugging protocol over aiohttp: enough to click through a page."""

import asyncio
import base64
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Tab:
    """One page. asked: every address that was requested."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._count = socket, 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.asked: list[str] = []
        self.console: list[str] = []
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self._socket:
            event = message.json()
            if "id" in event:
                self._waiting.pop(event["id"]).set_result(event)
            elif event.get("method") == "Network.requestWillBeSent":
                self.asked.append(event["params"]["request"]["url"])
            elif event.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.console.append(str(event["params"]))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._count += 1
        answer = self._waiting[self._count] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._count, "method": method, "params": params})
        got = await asyncio.wait_for(answer, 20)
        assert "error" not in got, got
        result: dict[str, Any] = got["result"]
        return result

    async def js(self, code: str) -> Any:
        """The value of an expression; promises are awaited."""
        found = await self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, code: str, patience: float = 30) -> None:
        """Waits for an expression to become true."""
        async with asyncio.timeout(patience):
            while not await self.js(code):
                await asyncio.sleep(0.2)

    async def attach(self, selector: str, path: Path) -> None:
        """Puts a file into a file input."""
        found = await self.call("Runtime.evaluate", expression=f"document.querySelector({selector!r})")
        await self.call("DOM.setFileInputFiles", objectId=found["result"]["objectId"], files=[str(path.resolve())])

    async def screenshot(self) -> bytes:
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])


@contextlib.asynccontextmanager
async def chromium(folder: Path, camera: Path, size: tuple[int, int] = (1200, 860)) -> AsyncIterator[Tab]:
    """A browser with a camera that plays a Motion-JPEG file. folder: for its profile."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--autoplay-policy=no-user-gesture-required",
        "--remote-debugging-port=0",
        f"--window-size={size[0]},{size[1]}",
        f"--user-data-dir={folder}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        note = folder / "DevToolsActivePort"
        async with asyncio.timeout(30):
            while not note.exists() or len(note.read_text().split()) < 2:
                await asyncio.sleep(0.1)
        port = note.read_text().split()[0]
        async with aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{port}/json/list") as response:
                pages = [p for p in await response.json() if p["type"] == "page"]
            async with http.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=1 << 26) as socket:
                tab = Tab(socket)
                for domain in ("Page", "Network", "Runtime", "DOM", "Log"):
                    await tab.call(f"{domain}.enable")
                yield tab
    finally:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
        if process.returncode is None:
            process.kill()
            await process.wait()
