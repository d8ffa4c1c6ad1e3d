"""The daemon against its own document, by a tool that draws requests from it: with jobs in every state."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.tools.daemon.client import Client, served
from tests.tools.daemon.queueing import until
from tools.daemon.queue.queued_job import JobState

SEED, EXAMPLES = 1, 6
MEANING = "positive_data_acceptance"  # left out: no schema says that a network of a name exists, or what is a time
NOT_ANSWERED = r"/events$"  # streams without an end


async def jobs(c: Client) -> list[str]:
    """Their names: done, failed, waiting for another try, cancelled, running, and behind it."""
    names = []
    for work in ("fine", "wrong", "crash:1", "fine", "sleep:600", "fine"):
        status, told = await c.ask("POST", "/jobs", json=c.job(work, crf=20))
        assert status == 201
        names.append(told["id"])
    await until(c.scheduler, names[0], JobState.DONE)
    await until(c.scheduler, names[1], JobState.FAILED)
    await c.ask("POST", f"/jobs/{names[3]}/cancel")
    await until(c.scheduler, names[4], JobState.RUNNING)
    return names


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A daemon on a thread of its own: its address, and its jobs."""
    ready, over, found = threading.Event(), threading.Event(), dict[str, Any]()

    async def main() -> None:
        async with served(folder, work=True) as c:
            found.update(url=c.url, names=await jobs(c))
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.05)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    try:
        assert ready.wait(60)
        yield found["url"], found["names"]
    finally:
        over.set()
        thread.join(30)


def document_with(names: list[str], url: str, path: Path) -> None:
    """The daemon's document, with these jobs among the names that are drawn."""
    from tools.daemon.openapi import document

    found: Any = document(False)
    for calls in found["paths"].values():
        for call in calls.values():
            for parameter in call.get("parameters", []):
                if parameter["name"] == "id":
                    parameter["examples"] = {f"job {i}": {"value": name} for i, name in enumerate(names)}
    found["servers"] = [{"url": url}]
    path.write_text(json.dumps(found))


@pytest.mark.timeout(300)
def test_whatever_the_document_allows_is_answered_as_it_says(tmp_path: Path) -> None:
    with running(tmp_path) as (url, names):
        document_with(names, url, tmp_path / "openapi.json")
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(tmp_path / "openapi.json"), "--url", url]
        options = ["--seed", str(SEED), "--max-examples", str(EXAMPLES), "--exclude-path-regex", NOT_ANSWERED]
        checks = ["--checks", "all", "--exclude-checks", MEANING, "--generation-database", "none", "--no-color"]
        done = subprocess.run([*command, *options, *checks], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
