"""A daemon's interface over real HTTP for the tests, and who speaks with it. Its jobs only pretend to work."""

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from stream.telemetry.metrics import Metrics
from tests.tools.daemon.queueing import scheduling
from tools.daemon.api import Api, listen
from tools.daemon.files.allowed import AllowedFolders
from tools.daemon.queue.scheduler import Scheduler, SchedulerLimits
from tools.http.token_gate import TokenGate


@dataclass
class Client:
    """What the tests speak with. folder: where files may lie."""

    scheduler: Scheduler
    http: aiohttp.ClientSession
    url: str
    folder: Path
    count: int = 0

    def job(self, work: str = "fine", **more: Any) -> dict[str, Any]:
        """A request whose pretended work is `work`; each has an output of its own."""
        self.count += 1
        made = {"target": f"{self.folder}/{work}", "output": f"{self.folder}/{self.count}.mp4", "source": ["ann"]}
        return {**made, **more}

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.http.request(method, self.url + path, **more) as answer:
            return answer.status, json.loads(await answer.text() or "null")


@contextlib.asynccontextmanager
async def served(
    folder: Path, gate: TokenGate | None = None, work: bool = False, base: str = ""
) -> AsyncIterator[Client]:
    (folder / "videos").mkdir(exist_ok=True)
    async with (
        scheduling(folder / "state", work, SchedulerLimits(patience=0.3)) as scheduler,
        aiohttp.ClientSession() as http,
    ):
        allowed = AllowedFolders((folder / "videos",), (folder / "state",))
        api = Api(scheduler, allowed, gate or TokenGate(None), Metrics(), lambda: [ENDPOINT], base)
        server, port = await listen(api, "127.0.0.1", 0)
        try:
            yield Client(scheduler, http, f"http://127.0.0.1:{port}", folder / "videos")
        finally:
            await server.close()


ENDPOINT: dict[str, object] = {
    "name": "cam",
    "publishing": False,
    "came": 0,
    "left": 0,
    "dropped": 0,
    "delay_ms": None,
    "outputs": [{"to": "live.m3u8", "open": True, "opened": 1, "lost": 0}],
    "trouble": "",
}
