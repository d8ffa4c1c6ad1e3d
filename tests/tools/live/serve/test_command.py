"""`understudy serve` as a command: what it refuses, and a server's life from start to SIGTERM."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from engines.errors import UnderstudyError
from engines.store.store import default_store
from stream.perception.face_finding import NAMES as NETWORKS
from stream.webrtc.client import Client
from tests.tools.live.serve.served import Colour, Viewer
from tools.live.serve import command


def app() -> typer.Typer:
    made = typer.Typer()
    command.register(made)
    made.command("other")(lambda: None)
    return made


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--host", "0.0.0.0"], "needs --tokens"),
        (["--cert", "c.pem"], "belong together"),
        (["--tokens", "no-such-file"], "is no file"),
        (["--ice", "http://x"], "stun:host:port"),
        (["--ice-file", "no-such-file"], "cannot be read"),
        (["--on-miss", "show"], "take hold or blur"),
        (["--label", "  "], "without words"),
        (["--label", "Gesicht ersetzt \N{HEAVY CHECK MARK}"], "plain ASCII"),
        (["--without", "watermark"], "--because"),
        (["--log", "xml"], "text or json"),
        (["-s", "no-such-face.jpg", "--i-have-consent"], "no-such-face"),
    ],
)
def test_what_cannot_be_served_is_told(words: list[str], reason: str) -> None:
    done = CliRunner().invoke(app(), ["serve", *words])
    assert isinstance(done.exception, UnderstudyError) and reason in str(done.exception)


@pytest.mark.models
@pytest.mark.skipif(not all(default_store().holds(n) for n in NETWORKS), reason="models are not in the store")
def test_a_servers_life(tmp_path: Path) -> None:
    """Started, photographed into, and told to go while somebody watches: it says goodbye and ends well."""
    trace = tmp_path / "trace.json"
    words = ["serve", "--port", "0", "--log", "json", "--trace", str(trace)]
    environment = {**os.environ, "UNDERSTUDY_SIGNING": str(tmp_path / "signing")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.main", *words], stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found is not None, line + process.stderr.read()
        url = found[0]
        with urllib.request.urlopen(f"{url}/readyz", timeout=10) as answer:
            assert json.load(answer) == {"status": "ready"}
        with urllib.request.urlopen(f"{url}/api/settings", timeout=10) as answer:
            told = json.load(answer)
        assert told["label"] == "Face replaced by Understudy" and not told["token"] and not told["face"]

        async def nobody() -> None:
            async with Client(f"{url}/whip/k") as up:
                await up.publish(Colour(90))

        with pytest.raises(UnderstudyError, match="404"):  # no face of its own, none uploaded
            asyncio.run(nobody())
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=20)[1]
        assert process.returncode == 0 and "ending the sessions" in rest and "Traceback" not in rest
        assert json.loads(trace.read_text())[0]["args"] == {"name": "codecs"}
    finally:
        process.kill()
        process.wait()


def test_a_viewer_is_told_when_the_server_ends() -> None:
    from tests.tools.live.serve.served import served

    async def main() -> None:
        viewer, ended = Viewer(), asyncio.Event()
        async with served() as (server, url, _):
            up, down = Client(f"{url}/whip/k"), Client(f"{url}/whep/k")
            await up.publish(Colour(90))
            await down.play(viewer.picture, viewer.sound)
            down.when_gone(ended.set)
            await viewer.until(3)
            await server.rooms.close()
            await asyncio.wait_for(ended.wait(), 10)
            assert not server.rooms.rooms and server.rooms.draining
            for client in (up, down):
                await client.close()

    asyncio.run(main())
