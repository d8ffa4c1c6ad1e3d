"""Streaming by RTMP, UDP or into files works where the packages for WebRTC are not installed."""

import subprocess
import sys
from pathlib import Path

from tests.stream.io.feeding import packets, write

ROOT = Path(__file__).parents[3]
SCRIPT = """
import asyncio, sys
for name in ("aiortc", "aiohttp", "aioice"):
    sys.modules[name] = None  # as where it is not installed
from stream.io.address import inlet, outlet
from stream.io.relay import Relay
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metrics
from tests.stream.io.feeding import Same, write
from tools.cli.live_options import need

async def main(out):
    need("stream")
    slot = Slot()
    server = RtmpServer({digest("live/key"): slot})
    url = f"rtmp://127.0.0.1:{await server.open('127.0.0.1', 0)}/live/key"
    relay = Relay(inlet(url, listen=True), [outlet(out)], Same, Metrics(), preset="ultrafast", slot=slot, linger=1.0)
    await asyncio.gather(relay.run(asyncio.Event()), asyncio.to_thread(write, url, 1.0, format="flv", pace=True))
    await server.close()

asyncio.run(main(sys.argv[1]))
"""


def test_rtmp_needs_no_webrtc(tmp_path: Path) -> None:
    out = tmp_path / "out.ts"
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(out)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(packets(out, "video")) > 20 and len(packets(out, "audio")) > 20


def test_a_whip_output_says_what_it_needs(tmp_path: Path) -> None:
    write(str(tmp_path / "in.mkv"), 0.2)
    code = SCRIPT.split("async def main")[0] + (
        "source = inlet(sys.argv[1], realtime=True)\n"
        "Relay(source, [outlet('whip+https://example.org/whip/secret')], Same, Metrics())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "in.mkv")], cwd=ROOT, capture_output=True, text=True
    )
    assert "needs aiohttp" in done.stderr and "secret" not in done.stderr.splitlines()[-1]
