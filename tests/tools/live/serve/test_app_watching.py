"""What an operator sees: metrics, logs, the trace, health; and nothing in them of who uses the machine."""

import asyncio
import io
import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engines.errors import UnderstudyError
from stream.webrtc.client import Client
from tests.tools.live.serve.served import Colour, Viewer, served
from tools.bench.live.camera import Microphone
from tools.cli.logs import Lines, logs

KEY = "a-stream-key-to-keep"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the log says, as JSON lines."""
    stream, logger = io.StringIO(), logging.getLogger("understudy")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines())
    kept = logger.handlers, logger.propagate, logger.level
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
    yield stream
    logger.handlers, logger.propagate = kept[0], kept[1]
    logger.setLevel(kept[2])


async def seen(url: str, count: int = 15) -> None:
    """One publisher, one viewer, some pictures and sound."""
    async with Client(f"{url}/whip/{KEY}") as up, Client(f"{url}/whep/{KEY}") as down:
        await up.publish(Colour(90), Microphone())
        viewer = Viewer()
        await down.play(viewer.picture, viewer.sound)
        await viewer.until(count)


async def text(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as got:
        assert got.status == 200
        return await got.text()


def value(metrics: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", metrics, re.M)
    assert found is not None, name
    return float(found[1])


def test_metrics_tell_stages_queues_drops_sessions_and_delays() -> None:
    async def main() -> None:
        async with (
            served() as (server, url, http),
            Client(f"{url}/whip/{KEY}") as up,
            Client(f"{url}/whep/{KEY}") as down,
        ):
            await up.publish(Colour(90), Microphone())
            viewer = Viewer()
            await down.play(viewer.picture, viewer.sound)
            await viewer.until(15)
            await server.rooms.sweep()
            metrics = await text(http, f"{url}/metrics")
            for stage in ("decode", "paint", "encode"):
                assert value(metrics, f'understudy_stage_seconds_count{{stage="{stage}"}}') >= 15
            for name, least, most in (
                ('understudy_frames_total{fate="came"}', 15, 1e4),
                ('understudy_frames_total{fate="left"}', 15, 1e4),
                ("understudy_delay_seconds_count", 15, 1e4),
                ("understudy_sessions", 1, 1),
                ("understudy_viewers", 1, 1),
                ("understudy_ladder_rung", 0, 0),
                ('understudy_queue_depth{stage="work"}', 0, 1),
                ('understudy_queue_depth{stage="send"}', 0, 1),
                ('understudy_queue_depth{stage="send_sound"}', 0, 100),
                ("understudy_av_skew_seconds", -0.5, 0.5),
            ):
                assert least <= value(metrics, name) <= most, name
            assert KEY not in metrics and "127.0.0.1" not in metrics

    asyncio.run(main())


def test_a_viewer_tells_the_whole_delay() -> None:
    async def main() -> None:
        async with served() as (_, url, http), Client(f"{url}/whip/{KEY}") as up:
            await up.publish(Colour(90))
            place, kind = f"{url}/api/rooms/{KEY}/glass", {"Content-Type": "application/json"}
            for data, status in (
                (b'{"ms": 61.5}', 204),
                (b'{"ms": "61.5"}', 204),
                (b'{"ms": -1}', 422),
                (b'{"ms": 1e9}', 422),
                (b'{"ms": NaN}', 422),
                (b'{"ms": []}', 400),
                (b"{}", 400),
                (b"[" * 200, 400),
                (b'{"ms": ' + b" " * 300 + b"1}", 413),
            ):
                async with http.post(place, data=data, headers=kind) as got:
                    assert got.status == status, data
            async with http.post(f"{url}/api/rooms/nobody/glass", data=b'{"ms": 1}', headers=kind) as got:
                assert got.status == 404
            metrics = await text(http, f"{url}/metrics")
            assert value(metrics, "understudy_glass_to_glass_seconds_count") == 2
            assert value(metrics, "understudy_glass_to_glass_seconds_sum") == pytest.approx(0.123)

    asyncio.run(main())


def test_the_log_tells_of_sessions_and_of_nobody(written: io.StringIO) -> None:
    async def main() -> None:
        async with served() as (server, url, _):
            await seen(url)
            async with asyncio.timeout(10):
                while server.rooms.rooms:
                    await asyncio.sleep(0.02)

    asyncio.run(main())
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    begins, ends = (next(line for line in lines if line.get("event") == e) for e in ("session begins", "session ended"))
    assert begins["session"] == ends["session"] and begins["level"] == "info"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", begins["time"])
    assert ends["why"] == "the publisher left" and ends["failed"] is None
    assert ends["left"] >= 15 and 0 <= ends["delay_ms"] < 500 and ends["rung"] == "full"
    assert ends["came"] >= ends["left"] + ends["shed"] + ends["held"]
    assert KEY not in written.getvalue() and "127.0.0.1" not in written.getvalue()


def test_a_failure_is_logged_with_its_place(written: io.StringIO) -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("understudy.serve").exception("it failed")
    (line,) = [json.loads(line) for line in written.getvalue().splitlines()]
    assert line["level"] == "error" and line["message"] == "it failed" and "ValueError: broken" in line["error"]


def test_an_unknown_kind_of_log_is_told() -> None:
    with pytest.raises(UnderstudyError, match="text or json"):
        logs("xml")


@pytest.mark.timing
def test_the_trace_shows_each_frames_way(tmp_path: Path) -> None:
    """From its decoding to its encoding: joined by the RTP time, which rides along."""
    path = tmp_path / "trace.json"

    async def main() -> None:
        async with served(trace=path) as (_, url, _http):
            await seen(url, 20)

    asyncio.run(main())
    events: list[dict[str, Any]] = json.loads(path.read_text())
    names = {e["tid"]: e["args"]["name"] for e in events if e["ph"] == "M"}
    assert names == {0: "codecs", 1: "session 1"}
    frames: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    codecs: dict[int, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for e in events:
        if "frame" in e["args"]:
            frames[e["args"]["frame"]][e["name"]] = e
        elif e["name"] in ("decode", "encode"):
            codecs[e["args"]["pts"]][e["name"]].append(e)
    whole = [f for f in frames.values() if {"came", "paint", "left"} <= set(f)]
    assert len(whole) >= 18
    joined = 0
    for frame in whole:
        assert frame["came"]["ts"] <= frame["paint"]["ts"] <= frame["left"]["ts"]
        codec = codecs[frame["came"]["args"]["pts"]]
        # the client of this process has encoded it before the server decodes it, and decodes it last
        decode = min(codec["decode"], key=lambda e: e["ts"], default=None)
        encode = next((e for e in codec["encode"] if decode is not None and e["ts"] > decode["ts"]), None)
        if decode is not None and encode is not None:
            joined += 1
            assert decode["ts"] + decode["dur"] <= frame["came"]["ts"] + 1
            assert frame["left"]["ts"] <= encode["ts"] + 1
    assert joined >= 15 and KEY not in path.read_text()


def test_health_and_readiness() -> None:
    async def main() -> None:
        async with served() as (server, url, http):
            assert json.loads(await text(http, f"{url}/healthz")) == {"status": "alive"}
            assert json.loads(await text(http, f"{url}/readyz")) == {"status": "ready"}
            server.rooms.draining = True
            async with http.get(f"{url}/readyz") as got:
                assert got.status == 503 and "shutting down" in (await got.json())["detail"]
            assert json.loads(await text(http, f"{url}/healthz")) == {"status": "alive"}

    asyncio.run(main())
