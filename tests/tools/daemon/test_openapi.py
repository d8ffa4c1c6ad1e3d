"""The document is what is served: every path, every answer, every field, and what a real job looks like."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from stream.telemetry.metrics import Metrics
from tests.tools.daemon.client import Client, served
from tests.tools.daemon.queueing import until
from tools.daemon.api import Api
from tools.daemon.files.allowed import AllowedFolders
from tools.daemon.openapi import document, index
from tools.daemon.queue.queued_job import JobState
from tools.http.token_gate import TokenGate
from tools.http.tokens import Scope, Tokens, save


def check(answer: object, name: str, tokens: bool = False) -> None:
    """Raises where the answer is not as the document's schema of that name says."""
    whole = {"$ref": f"#/components/schemas/{name}", "components": document(tokens)["components"]}
    jsonschema_rs.validator_for({"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}).validate(answer)


def test_every_route_is_in_it_and_every_one_in_it_is_there(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path) as c:
            api = Api(c.scheduler, AllowedFolders(), TokenGate(None), Metrics())
            there = {
                (route.method.lower(), resource.canonical)
                for resource in api.app.router.resources()
                for route in resource
            }
            paths = (await c.ask("GET", "/openapi.json"))[1]["paths"]
            assert {(method, path) for path, calls in paths.items() for method in calls} == there
            assert set(index()) == {path for path in paths if "{" not in path}

    asyncio.run(main())


@pytest.mark.parametrize("tokens", [True, False])
def test_it_refers_to_what_is_in_it(tokens: bool) -> None:
    found: dict[str, Any] = document(tokens, "/understudy")
    schemas = found["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(found))) <= set(schemas)
    for name, schema in schemas.items():
        assert jsonschema_rs.meta.is_valid(schema), name
    assert found["openapi"] == "3.1.0" and found["servers"] == [{"url": "/understudy"}]


def test_security_is_there_where_there_are_tokens_and_only_there() -> None:
    without: dict[str, Any] = document(False)
    assert "security" not in json.dumps(without) and "401" not in json.dumps(without["paths"])
    guarded: dict[str, Any] = document(True)
    assert guarded["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    for path, calls in guarded["paths"].items():
        for call in calls.values():
            is_open = path in ("/", "/openapi.json", "/healthz", "/readyz")
            assert ("security" in call) != is_open and ("401" in call["responses"]) != is_open


async def answers(c: Client) -> None:
    """Jobs in every state, each answer against the document."""
    names = {}
    for work in ("fine", "wrong", "crash:1", "sleep:30", "note"):
        status, told = await c.ask("POST", "/jobs", json=c.job(work, priority=3, crf=20, start="1", device="cpu"))
        assert status == 201
        check(told, "Job")
        names[work] = told["id"]
    await until(c.scheduler, names["fine"], JobState.DONE)
    await until(c.scheduler, names["wrong"], JobState.FAILED)
    while not (told := (await c.ask("GET", f"/jobs/{names['crash:1']}"))[1])["not_before"]:
        await asyncio.sleep(0.02)
    check(told, "JobWithHistory")
    await until(c.scheduler, names["sleep:30"], JobState.RUNNING)
    check((await c.ask("POST", f"/jobs/{names['sleep:30']}/cancel"))[1], "Job")
    check((await c.ask("PATCH", f"/jobs/{names['crash:1']}", json={"priority": -5}))[1], "Job")
    await until(c.scheduler, names["sleep:30"], JobState.CANCELLED)
    check((await c.ask("POST", f"/jobs/{names['wrong']}/retry"))[1], "Job")
    for name in names.values():
        check((await c.ask("GET", f"/jobs/{name}"))[1], "JobWithHistory")
    status, listed = await c.ask("GET", "/jobs?limit=1000")
    check(listed, "Jobs")
    assert status == 200 and len(listed["jobs"]) == 5


def test_real_answers_are_as_it_says(tmp_path: Path) -> None:
    async def main() -> None:
        async with served(tmp_path, work=True) as c:
            await answers(c)
            for path, name in (
                ("/", "Index"),
                ("/endpoints", "Endpoints"),
                ("/healthz", "Status"),
                ("/readyz", "Status"),
            ):
                check((await c.ask("GET", path))[1], name)

    asyncio.run(main())


def test_problems_are_as_it_says(tmp_path: Path) -> None:
    tokens, _, viewer = Tokens().issued([Scope.VIEW], None)
    save(tokens, tmp_path / "tokens.json")

    async def main() -> None:
        async with served(tmp_path, TokenGate(tmp_path / "tokens.json")) as c:
            allowed = {"Authorization": f"Bearer {viewer}"}
            calls: list[tuple[str, str, dict[str, Any], int]] = [
                ("GET", "/jobs", {}, 401),
                ("POST", "/jobs", {"headers": allowed, "json": {}}, 403),
                ("GET", "/jobs/0123456789abcdef", {"headers": allowed}, 404),
                ("GET", "/jobs?limit=0", {"headers": allowed}, 400),
                ("DELETE", "/jobs", {"headers": allowed}, 405),
            ]
            for method, path, more, status in calls:
                got, problem = await c.ask(method, path, **more)
                assert got == status == problem["status"]
                check(problem, "Problem", tokens=True)

    asyncio.run(main())


def test_a_request_that_it_allows_is_let_in_and_its_choices_are_the_program_s(tmp_path: Path) -> None:
    found: dict[str, Any] = document(False)
    properties = found["components"]["schemas"]["Request"]["properties"]
    assert set(properties["device"]["enum"]) == {"auto", "cpu", "cuda", "tensorrt", None}
    assert properties["crf"] | {"description": ""} == {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": 63,
        "description": "",
    }
    assert properties["consent"]["type"] == ["boolean", "null"] and properties["target"]["type"] == "string"

    async def main() -> None:
        async with served(tmp_path) as c:
            job = c.job(crf=None, who=None, mask=None, consent=None)
            check(job, "NewJob")
            assert (await c.ask("POST", "/jobs", json=job))[0] == 201
            status, problem = await c.ask("POST", "/jobs", json=c.job(nothing=1))
            known = set(re.split(r", ", problem["detail"].partition("known are ")[2]))
            assert status == 422 and known == set(properties)

    asyncio.run(main())
