"""The interface over real HTTP: by the letter of its own document, behind tokens, and against what strangers send."""

import asyncio
import json
import os
import sqlite3
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from tests.tools.daemon.client import ENDPOINT, served
from tests.tools.daemon.disks import fill, small_disk
from tests.tools.daemon.queueing import until
from tools.daemon.queue.queued_job import JobState
from tools.http.token_gate import TokenGate
from tools.http.tokens import Scope, Tokens, save
from tools.http.tokens import TokenLimits as TokenLimits


def test_a_job_from_its_posting_to_its_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, work=True) as c:
            async with c.http.post(f"{c.url}/jobs", json=c.job(priority=3)) as answer:
                assert answer.status == 201
                told = await answer.json()
                place = answer.headers["Location"]
            assert told["state"] == "queued" and told["priority"] == 3 and place == f"/jobs/{told['id']}"
            await until(c.scheduler, told["id"], JobState.DONE)
            status, told = await c.ask("GET", place)
            assert status == 200 and (told["state"], told["progress"], told["frames"]) == ("done", 1.0, 5)
            assert [h["what"] for h in told["history"]] == ["added", "started", "done"]
            status, listed = await c.ask("GET", "/jobs?state=done&limit=5")
            assert status == 200 and [j["id"] for j in listed["jobs"]] == [told["id"]] and listed["counts"]["done"] == 1

    asyncio.run(main())


def test_a_lost_answer_can_be_asked_for_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            headers, job = {"Idempotency-Key": "k1"}, c.job()
            first = await c.ask("POST", "/jobs", json=job, headers=headers)
            second = await c.ask("POST", "/jobs", json=dict(reversed(job.items())), headers=headers)
            assert (first[0], second[0]) == (201, 200) and first[1] == second[1]
            assert (await c.ask("POST", "/jobs", json=c.job()))[0] == 201

    asyncio.run(main())


def test_a_key_that_comes_with_another_body_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            headers, job = {"Idempotency-Key": "k1"}, c.job(priority=1)
            assert (await c.ask("POST", "/jobs", json=job, headers=headers))[0] == 201
            for other in (c.job(priority=1), job | {"priority": 2}):
                status, problem = await c.ask("POST", "/jobs", json=other, headers=headers)
                assert status == 422 and "asked for something else" in problem["detail"]
            assert (await c.ask("GET", "/jobs"))[1]["counts"]["queued"] == 1
            for key in ("k" * 201, "schl\u00fcssel"):
                raw = {"Idempotency-Key": key}
                assert (await c.ask("POST", "/jobs", json=c.job(), headers=raw))[0] == 400

    asyncio.run(main())


def test_two_jobs_with_one_output_and_a_file_that_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            first = c.job()
            _, told = await c.ask("POST", "/jobs", json=first)
            status, problem = await c.ask("POST", "/jobs", json=first | {"target": f"{c.folder}/other"})
            assert status == 409 and told["id"] in problem["detail"] and problem["title"] == "Conflict"
            (c.folder / "there.mp4").touch()
            there = c.job(output=f"{c.folder}/there.mp4")
            status, problem = await c.ask("POST", "/jobs", json=there)
            assert status == 409 and '"overwrite": true' in problem["detail"]
            assert '"skip_done": true' in problem["detail"]
            for field in ("overwrite", "skip_done"):
                (c.folder / f"{field}.mp4").touch()
                asked = c.job(output=f"{c.folder}/{field}.mp4") | {field: True}
                assert (await c.ask("POST", "/jobs", json=asked))[0] == 201

    asyncio.run(main())


def test_relative_paths_and_kept_identities_need_no_more_words(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            status, told = await c.ask("POST", "/jobs", json={"target": "a", "output": "b.mp4", "source": "ann"})
            assert status == 201 and told["request"]["target"] == f"{c.folder}/a"
            assert told["request"]["output"] == f"{c.folder}/b.mp4" and not told["request"]["consent"]

    asyncio.run(main())


def test_what_there_is_is_said_at_the_root(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, base="/understudy") as c:
            for place in ("/", "/understudy/"):
                status, index = await c.ask("GET", place)
                assert status == 200 and index["name"] == "Understudy daemon"
                assert index["paths"]["jobs"] == "/understudy/jobs"
                for path in index["paths"].values():
                    if not path.endswith("/events"):
                        assert (await c.ask("HEAD", path))[0] == 405, "it is there"

    asyncio.run(main())


def test_behind_a_proxy_its_prefix_is_in_what_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, base="/understudy") as c:
            for prefix in ("", "/understudy"):  # a proxy takes it away, or leaves it
                async with c.http.post(f"{c.url}{prefix}/jobs", json=c.job()) as answer:
                    place = answer.headers["Location"]
                    assert answer.status == 201 and place == f"/understudy/jobs/{(await answer.json())['id']}"
                assert (await c.ask("GET", place))[0] == 200
            assert (await c.ask("GET", "/openapi.json"))[1]["servers"] == [{"url": "/understudy"}]

    asyncio.run(main())


def test_a_queue_that_another_holds_is_to_be_asked_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            other = sqlite3.connect(tmp_path / "state" / "jobs.sqlite3", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            async with c.http.post(f"{c.url}/jobs", json=c.job()) as answer:
                assert answer.status == 503 and answer.headers["Retry-After"]
                assert "another process holds" in (await answer.json())["detail"]
            assert (await c.ask("GET", "/jobs"))[0] == 200, "reading goes on"
            other.close()
            assert (await c.ask("POST", "/jobs", json=c.job()))[0] == 201

    asyncio.run(main())


def test_a_full_disk_takes_no_job_and_says_why(tmp_path: Path) -> None:
    async def main(disk: Path) -> None:
        async with served(disk) as c:
            filler = fill(disk)
            statuses = [await c.ask("POST", "/jobs", json=c.job()) for _ in range(30)]
            status, problem = statuses[-1]
            assert status == 507 and "make room on its disk" in problem["detail"]
            assert (await c.ask("GET", "/healthz"))[0] == (await c.ask("GET", "/jobs"))[0] == 200
            filler.unlink()
            assert (await c.ask("POST", "/jobs", json=c.job()))[0] == 201

    with small_disk(tmp_path / "disk", "8m") as disk:
        asyncio.run(main(disk))


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
            assert status == 409 and "cancelled" in problem["detail"]
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
                assert answer.headers["X-Accel-Buffering"] == "no", "a proxy passes each event on at once"
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
            assert got == status == problem["status"] and words in problem["detail"]
            assert problem["title"] == HTTPStatus(status).phrase and problem["type"] == "about:blank"

    asyncio.run(main())


def test_files_outside_are_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            os.mkfifo(c.folder / "pipe.mp4")
            (c.folder / "link.mp4").symlink_to(tmp_path / "elsewhere.mp4")
            cases = {"/etc/passwd": "outside", f"{tmp_path}/state/jobs.mp4": "outside", "pipe.mp4": "a pipe"}
            for text, words in (cases | {"link.mp4": "outside"}).items():
                status, problem = await c.ask("POST", "/jobs", json=c.job(target=text))
                assert status == 422 and words in problem["detail"]
            status, problem = await c.ask("POST", "/jobs", json=c.job(output="link.mp4"))
            assert status == 422 and "outside" in problem["detail"]

    asyncio.run(main())


def test_only_who_has_the_token_for_it(tmp_path: Path) -> None:
    tokens, _, viewer = Tokens().issued([Scope.VIEW], None, TokenLimits(per_minute=600))
    tokens, _, maker = tokens.issued([Scope.SWAP, Scope.VIEW], None, TokenLimits(per_minute=5))
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
            await c.scheduler.drain(0)
            assert (await c.ask("GET", "/readyz"))[0] == 503 and (await c.ask("GET", "/healthz"))[0] == 200
            async with c.http.post(f"{c.url}/jobs", json=c.job()) as answer:
                assert answer.status == 503 and answer.headers["Retry-After"]

    asyncio.run(main())


def test_figures_and_endpoints(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            await c.ask("POST", "/jobs", json=c.job())
            async with c.http.get(f"{c.url}/metrics") as answer:
                assert 'understudy_jobs{state="queued"} 1.0' in await answer.text()
            assert (await c.ask("GET", "/endpoints"))[1] == {"endpoints": [ENDPOINT]}
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
