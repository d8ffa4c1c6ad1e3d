"""The daemon's events through nginx with its default buffers: they arrive when they happen."""

import asyncio
from pathlib import Path

import aiohttp

from tests.programs import needs, nginx
from tests.stream.io.feeding import port as free_port
from tests.tools.daemon.client import served


@needs("nginx")
def test_events_come_through_a_buffering_proxy_at_once(tmp_path: Path) -> None:
    outside = free_port()

    async def main() -> None:
        async with served(tmp_path) as c:
            blocks = (
                f"events {{}}\nhttp {{\nserver {{ listen 127.0.0.1:{outside};\n"
                f"location / {{ proxy_pass {c.url}; proxy_http_version 1.1; }} }} }}\n"
            )
            with nginx(tmp_path / "nginx", blocks, outside):
                async with (
                    asyncio.timeout(10),
                    aiohttp.ClientSession() as http,
                    http.get(f"http://127.0.0.1:{outside}/events") as events,
                ):
                    _, told = await c.ask("POST", "/jobs", json=c.job())
                    while told["id"].encode() not in await events.content.readline():
                        pass

    asyncio.run(main())
