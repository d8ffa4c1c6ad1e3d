"""Streams of events: what a proxy must not hold back, who does not read, how many one token may have, and its end."""

import asyncio
import contextlib
import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.tools.daemon.client import Client, served
from tools.daemon.queue.queued_job import JobState
from tools.http import event_stream
from tools.http.token_gate import TokenGate
from tools.http.tokens import Scope, TokenLimits, Tokens, save


def gate(folder: Path, listeners: int = 8) -> tuple[TokenGate, str, Tokens]:
    tokens, _, secret = Tokens().issued([Scope.ADMIN], None, TokenLimits(per_minute=6000, listeners=listeners))
    save(tokens, folder / "tokens.json")
    return TokenGate(folder / "tokens.json"), secret, tokens


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_proxy_is_told_not_to_hold_events_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c, c.http.get(f"{c.url}/events") as answer:
            assert answer.headers["X-Accel-Buffering"] == "no" and answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Content-Type"].startswith("text/event-stream")

    asyncio.run(main())


def test_one_token_has_so_many_listeners_and_gets_them_back(tmp_path: Path) -> None:
    made, secret, tokens = gate(tmp_path, 2)
    tokens, _, other = tokens.issued([Scope.VIEW], None)
    save(tokens, tmp_path / "tokens.json")

    async def main() -> None:
        async with served(tmp_path, made) as c, contextlib.AsyncExitStack() as stack:

            async def listen(who: str) -> tuple[int, Any]:
                answer = await stack.enter_async_context(c.http.get(f"{c.url}/events", headers=bearer(who)))
                return answer.status, answer

            first = (await listen(secret))[1]
            assert [(await listen(secret))[0] for _ in range(3)] == [200, 503, 503]
            assert (await listen(other))[0] == 200, "others are not concerned"
            first.close()
            _, told = await c.ask("POST", "/jobs", json=c.job(), headers=bearer(secret))
            async with asyncio.timeout(10):
                while len(c.scheduler.events) > 2:
                    await c.ask("PATCH", f"/jobs/{told['id']}", json={"priority": 1}, headers=bearer(secret))
                    await asyncio.sleep(0.01)
            assert (await listen(secret))[0] == 200

    asyncio.run(main())


def test_a_revoked_token_hears_nothing_more(tmp_path: Path) -> None:
    made, secret, tokens = gate(tmp_path)
    tokens, _, other = tokens.issued([Scope.ADMIN], None)
    save(tokens, tmp_path / "tokens.json")

    async def main() -> None:
        async with served(tmp_path, made) as c, c.http.get(f"{c.url}/events", headers=bearer(secret)) as answer:
            _, told = await c.ask("POST", "/jobs", json=c.job(), headers=bearer(other))
            async with asyncio.timeout(10):
                while told["id"].encode() not in await answer.content.readline():
                    pass
            save(Tokens(tuple(t for t in tokens.tokens if t.id in other)), tmp_path / "tokens.json")
            _, late = await c.ask("POST", "/jobs", json=c.job(), headers=bearer(other))
            async with asyncio.timeout(10):
                assert late["id"].encode() not in await answer.content.read(), "it ends"

    asyncio.run(main())


def test_who_does_not_read_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "DEAF_AFTER", 1.0)

    async def main(c: Client) -> None:
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", int(c.url.rpartition(":")[2])))
        deaf.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _, told = await c.ask("POST", "/jobs", json=c.job("x" * 3000))
        async with c.http.get(f"{c.url}/events") as heard:
            began = time.monotonic()
            async with asyncio.timeout(30):
                while len(c.scheduler.events) != 1:
                    await c.ask("PATCH", f"/jobs/{told['id']}", json={"priority": 1})
                    await heard.content.readline()
            assert time.monotonic() - began < 20
            await c.ask("PATCH", f"/jobs/{told['id']}", json={"priority": 9})
            async with asyncio.timeout(10):
                while b'"priority": 9' not in await heard.content.readline():
                    pass
        deaf.close()

    async def opened() -> None:
        async with served(tmp_path) as c:
            await main(c)

    asyncio.run(opened())


def test_text_that_is_no_unicode_is_a_bad_request(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            json_type = {"Content-Type": "application/json"}
            for field in ("target", "output", "who", "priority", "\ud800"):
                data = json.dumps(c.job() | {field: "\ud800"}).encode()
                assert (await c.ask("POST", "/jobs", data=data, headers=json_type))[0] == 400, field
            for key in ("é", "鍵", "a\x80"):
                assert (await c.ask("POST", "/jobs", json=c.job(), headers={"Idempotency-Key": key}))[0] == 400
            for path in ("/jobs/%ED%A0%80", "/jobs/%FF/events", "/jobs/%00"):
                assert (await c.ask("GET", path))[0] == 404
            assert (await c.ask("GET", "/jobs?state=%ED%A0%80"))[0] == 400
            assert c.scheduler.store.counts()[JobState.QUEUED] == 0

    asyncio.run(main())


def test_a_bearer_beyond_ascii_is_a_bad_request(tmp_path: Path) -> None:
    made, secret, _ = gate(tmp_path)

    async def main() -> None:
        async with served(tmp_path, made) as c:
            for token in ("é", "鍵" * 20, secret + "\xff"):
                assert (await c.ask("GET", "/jobs", headers=bearer(token)))[0] == 400
            assert (await c.ask("GET", "/jobs", headers=bearer(secret)))[0] == 200

    asyncio.run(main())
