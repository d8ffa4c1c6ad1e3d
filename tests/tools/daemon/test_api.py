"""The interface over real HTTP: by the letter of its own document, behind tokens, and against what strangers send."""

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stream.telemetry.metrics import Metrics
from tests.tools.daemon.queueing import keeping, until
from tools.daemon.api import Api, listen
from tools.daemon.job_store import JobState
from tools.daemon.openapi import document
from tools.daemon.scheduler import Scheduler
from tools.http.token_gate import TokenGate
from tools.http.tokens import Limits, Scope, Tokens, save


@dataclass
class Client:
    """What the tests speak with."""

    keeper: Scheduler
    http: aiohttp.ClientSession
    url: str
    folder: Path

    def job(self, target: str = "fine", **more: Any) -> dict[str, Any]:
        """A request whose pretended work is `target`."""
        return {"target": target, "output": "b.mp4", "source": ["ann"], "consent": True, **more}

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self.http.request(method, self.url + path, **more) as answer:
            return answer.status, json.loads(await answer.text() or "null")


@contextlib.asynccontextmanager
async def served(
    folder: Path, gate: TokenGate | None = None, work: bool = False, folders: tuple[Path, ...] = ()
) -> AsyncIterator[Client]:
    async with keeping(folder / "state", work=work) as keeper, aiohttp.ClientSession() as http:
        api = Api(keeper, folders, gate or TokenGate(None), Metrics(), lambda: [{"name": "cam"}])
        server, port = await listen(api, "127.0.0.1", 0)
        try:
            yield Client(keeper, http, f"http://127.0.0.1:{port}", folder)
        finally:
            await server.close()


def test_a_job_from_its_posting_to_its_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, work=True) as c:
            async with c.http.post(f"{c.url}/jobs", json=c.job(priority=3)) as answer:
                assert answer.status == 201
                told = await answer.json()
                place = answer.headers["Location"]
            assert told["state"] == "queued" and told["priority"] == 3 and place == f"/jobs/{told['id']}"
            await until(c.keeper, told["id"], JobState.DONE)
            status, told = await c.ask("GET", place)
            assert status == 200 and (told["state"], told["progress"], told["frames"]) == ("done", 1.0, 5)
            assert [h["what"] for h in told["history"]] == ["added", "started", "done"]
            status, listed = await c.ask("GET", "/jobs?state=done&limit=5")
            assert status == 200 and [j["id"] for j in listed["jobs"]] == [told["id"]] and listed["counts"]["done"] == 1

    asyncio.run(main())


def test_a_lost_answer_can_be_asked_for_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            headers = {"Idempotency-Key": "k1"}
            first = await c.ask("POST", "/jobs", json=c.job(), headers=headers)
            second = await c.ask("POST", "/jobs", json=c.job(), headers=headers)
            assert (first[0], second[0]) == (201, 200) and first[1] == second[1]
            assert (await c.ask("POST", "/jobs", json=c.job()))[0] == 201

    asyncio.run(main())


def test_jobs_are_moved_cancelled_and_retried(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            _, told = await c.ask("POST", "/jobs", json=c.job())
            place = f"/jobs/{told['id']}"
            assert (await c.ask("PATCH", place, json={"priority": 7}))[1]["priority"] == 7
            assert (await c.ask("PATCH", place, json={"priority": 700}))[0] == 422
            assert (await c.ask("PATCH", place, json={"state": "done"}))[0] == 422
            assert (await c.ask("POST", f"{place}/retry"))[0] == 409
            assert (await c.ask("POST", f"{place}/cancel"))[1]["state"] == "cancelled"
            status, problem = await c.ask("POST", f"{place}/cancel")
            assert status == 409 and "cancelled" in problem["title"]
            assert (await c.ask("POST", f"{place}/retry"))[1]["state"] == "queued"
            for method, path in (("GET", "/jobs/x"), ("POST", "/jobs/x/cancel"), ("GET", "/jobs/x/events")):
                assert (await c.ask(method, path))[0] == 404

    asyncio.run(main())


def test_progress_is_heard_as_it_happens_and_ends_with_its_job(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, work=True) as c:
            _, told = await c.ask("POST", "/jobs", json=c.job("sleep:0.3"))
            async with asyncio.timeout(15), c.http.get(f"{c.url}/jobs/{told['id']}/events") as answer:
                assert answer.headers["Content-Type"].startswith("text/event-stream")
                text = (await answer.read()).decode()  # to its end
            events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
            assert events[-1]["state"] == "done" and {"running", "done"} <= {e["state"] for e in events}
            assert any(e["frames"] == 5 and e["progress"] == 0.5 for e in events)
            async with asyncio.timeout(15), c.http.get(f"{c.url}/jobs/{told['id']}/events") as answer:
                assert (await answer.read()).count(b"data: ") == 1, "what is over is told once"
            async with c.http.get(f"{c.url}/events") as answer:
                _, other = await c.ask("POST", "/jobs", json=c.job())
                async with asyncio.timeout(15):
                    while other["id"].encode() not in await answer.content.readline():
                        pass

    asyncio.run(main())


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"{", "application/json", 400, "not JSON"),
        (b"[" * 50_000, "application/json", 400, "not JSON"),
        (b"[]", "application/json", 422, "object"),
        (b"{}", "application/json", 422, "target"),
        (b'{"priority": "x"}', "application/json", 422, "priority"),
        (b"{}", "text/plain", 415, "application/json"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "application/json"),
        (b" " * 100_000, "application/json", 413, ""),
    ],
)
def test_bad_bodies_are_told(tmp_path: Path, body: bytes, kind: str, status: int, words: str) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            got, problem = await c.ask("POST", "/jobs", data=body, headers={"Content-Type": kind})
            assert got == status and words in problem["title"] and problem["status"] == status

    asyncio.run(main())


def test_files_outside_are_refused(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "videos").mkdir()
        async with served(tmp_path, folders=(tmp_path / "videos",)) as c:
            status, problem = await c.ask("POST", "/jobs", json=c.job("/etc/passwd"))
            assert status == 422 and "outside" in problem["title"]
            good = c.job(f"{tmp_path}/videos/a.mp4", output=f"{tmp_path}/videos/b.mp4")
            assert (await c.ask("POST", "/jobs", json=good))[0] == 201

    asyncio.run(main())


def test_only_who_has_the_token_for_it(tmp_path: Path) -> None:
    tokens, _, viewer = Tokens().issued([Scope.VIEW], None, Limits(per_minute=600))
    tokens, _, maker = tokens.issued([Scope.SWAP, Scope.VIEW], None, Limits(per_minute=5))
    save(tokens, tmp_path / "tokens.json")

    async def main() -> None:
        async with served(tmp_path, TokenGate(tmp_path / "tokens.json")) as c:

            async def status(method: str, path: str, token: str | None, **more: Any) -> int:
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                return (await c.ask(method, path, headers=headers, **more))[0]

            for token in (None, "ust_wrong", viewer[:-1]):
                for method, path in (("GET", "/jobs"), ("POST", "/jobs"), ("GET", "/metrics"), ("GET", "/endpoints")):
                    assert await status(method, path, token) == 401
            assert await status("GET", "/jobs", viewer) == 200
            assert await status("POST", "/jobs", viewer, json=c.job()) == 403
            assert await status("POST", "/jobs", maker, json=c.job()) == 201
            assert await status("GET", "/healthz", None) == 200
            assert [await status("GET", "/jobs", maker) for _ in range(6)][-1] == 429
            async with c.http.get(f"{c.url}/jobs") as answer:
                assert answer.headers["WWW-Authenticate"] == "Bearer"

    asyncio.run(main())


def test_an_ending_daemon_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            assert (await c.ask("GET", "/readyz"))[0] == 200
            c.keeper.draining = True
            assert (await c.ask("GET", "/readyz"))[0] == 503 and (await c.ask("GET", "/healthz"))[0] == 200
            async with c.http.post(f"{c.url}/jobs", json=c.job()) as answer:
                assert answer.status == 503 and answer.headers["Retry-After"]

    asyncio.run(main())


def test_what_is_served_is_what_is_written(tmp_path: Path) -> None:
    """Every route is in the document and every one in the document is there; the requests' fields too."""

    async def main() -> None:
        async with served(tmp_path) as c:
            api = Api(c.keeper, (), TokenGate(None), Metrics())
            there = {
                (route.method.lower(), resource.canonical)
                for resource in api.app.router.resources()
                for route in resource
            }
            told = (await c.ask("GET", "/openapi.json"))[1]
            written = {(method, path) for path, calls in told["paths"].items() for method in calls}
            assert written == there
            request = told["components"]["schemas"]["Request"]
            status, problem = await c.ask("POST", "/jobs", json=c.job(nothing=1))
            known = set(re.split(r", ", problem["title"].partition("known are ")[2]))
            assert status == 422 and known | {"priority"} == set(request["properties"])
            _, job = await c.ask("POST", "/jobs", json=c.job())
            assert set(job) | {"history"} == set(told["components"]["schemas"]["Job"]["properties"])

    asyncio.run(main())
    assert set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(document()))) <= set(
        document()["components"]["schemas"]
    )


def test_figures_and_endpoints(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            await c.ask("POST", "/jobs", json=c.job())
            async with c.http.get(f"{c.url}/metrics") as answer:
                assert 'understudy_jobs{state="queued"} 1.0' in await answer.text()
            assert (await c.ask("GET", "/endpoints"))[1] == {"endpoints": [{"name": "cam"}]}
            for query in ("state=gone", "limit=many", "before=x"):
                assert (await c.ask("GET", f"/jobs?{query}"))[0] == 400

    asyncio.run(main())


def test_junk_and_foreign_names_are_survived(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            port = int(c.url.rpartition(":")[2])
            for i in range(20):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(os.urandom(1000) if i % 2 else b"POST /jobs HTTP/1.1\r\nContent-Length: -1\r\n\r\n")
                writer.write_eof()
                await asyncio.wait_for(reader.read(), 5)
                writer.close()
            assert (await c.ask("GET", "/jobs", headers={"Host": "evil.example"}))[0] == 421
            assert (await c.ask("GET", "/healthz"))[0] == 200
            assert (await c.ask("DELETE", "/jobs"))[0] == 405 and (await c.ask("GET", "/none"))[0] == 404

    asyncio.run(main())
