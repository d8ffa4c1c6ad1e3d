"""Transport `rtmp`: camera, relay and viewer in processes of their own, FLV over TCP between them. Pictures only: the
sound of RTMP is AAC, whose own delay would pass for skew.
"""

import asyncio
import contextlib
import threading
from contextlib import ExitStack
from fractions import Fraction
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av

from engines.values import U8
from stream.lanes.runtime import calm
from tools.bench.live import camera
from tools.bench.live import processes as parts
from tools.bench.live.measure import LiveRun, Result, gathered, started

KEYS = "live/b"  # and the stream's number
BITRATE = 3_000_000


def measure(run: LiveRun, bare: bool = False) -> Result:
    """One run. bare: without the swap. Raises UnderstudyError."""
    with ExitStack() as stack:
        start = partial(started, stack)
        viewer = start("viewer", _viewer, run.streams, run.settle, run.shot)
        screen = viewer.hear()
        server = start("server", _server, run.photo, bare, run.mark, run.streams, screen, run.trace)
        port = server.hear()
        sender = start("sender", _sender, run.clip, run.size, run.fps, run.streams, port)
        sender.hear()
        viewer.hear()
        return gathered(run, server, sender, viewer)


async def _server(
    pipe: Connection, photo: Path, bare: bool, mark: bool, streams: int, screen: int, trace: Path | None
) -> None:
    """The relay of `understudy stream`, one for each stream, with one RTMP server."""
    from stream.io.address import inlet, outlet
    from stream.io.relay import Relay
    from stream.live.swaps import LiveSwaps
    from stream.rtmp.server import RtmpServer, digest
    from stream.rtmp.slot import Slot
    from stream.telemetry.metrics import Metrics
    from stream.telemetry.trace import Tracer
    from stream.webrtc.install import quick
    from tools.bench.live.bare import Bare, wanted

    quick()
    swaps = None if bare else LiveSwaps(*wanted(photo, mark))
    slots = {f"{KEYS}{i}": Slot() for i in range(streams)}
    server = RtmpServer({digest(key): slot for key, slot in slots.items()})
    port = await server.open("127.0.0.1", 0)
    make, tracer = swaps.make(None) if swaps else Bare, Tracer(trace) if trace else None
    relays = [
        Relay(
            inlet(f"rtmp://127.0.0.1:{port}/{key}", listen=True),
            [outlet(f"rtmp://127.0.0.1:{screen}/{key}")],
            make,
            Metrics(),
            bitrate=BITRATE,
            preset="ultrafast",
            slot=slot,
            tracer=tracer,
        )
        for key, slot in slots.items()
    ]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]
    pipe.send(port)
    calm()
    await parts.receive(pipe)
    meter = parts.ProcessUsage()
    await parts.receive(pipe)
    pipe.send(parts.served([r.session for r in relays if r.session is not None], meter))
    stop.set()
    await asyncio.wait(tasks, timeout=10)
    await server.close()
    if tracer:
        tracer.close()


async def _sender(pipe: Connection, clip: Path, size: tuple[int, int], fps: int, streams: int, port: int) -> None:
    planes = camera.load(clip, *size)
    tasks = [
        asyncio.create_task(_push(f"rtmp://127.0.0.1:{port}/{KEYS}{i}", planes, size, fps)) for i in range(streams)
    ]
    pipe.send("live")
    meter = parts.ProcessUsage()
    word = asyncio.create_task(parts.receive(pipe))
    await asyncio.wait([word, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()
    await word
    used = meter.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    pipe.send(used)


async def _push(url: str, planes: list[U8], size: tuple[int, int], fps: int) -> None:
    """One camera to one key, until it is cancelled."""
    from stream.rtmp.client import RtmpPublisher

    lens = camera.Camera(planes, fps)
    place: Any = await asyncio.to_thread(RtmpPublisher, url)
    options = {"flvflags": "no_duration_filesize", "flush_packets": "1"}
    with contextlib.closing(place), av.open(place, "w", format="flv", options=options) as container:
        codec = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "keyint=60:scenecut=0"}
        video: Any = container.add_stream("libx264", fps, options=codec)
        video.width, video.height, video.pix_fmt, video.bit_rate = *size, "yuv420p", BITRATE
        video.codec_context.thread_count, video.codec_context.time_base = 1, Fraction(1, 90_000)

        def send(frame: av.VideoFrame) -> None:
            container.mux(video.encode(frame))

        with contextlib.suppress(OSError):  # the relay ended first
            while True:
                frame = await lens.recv()
                await asyncio.to_thread(send, frame)


async def _viewer(pipe: Connection, streams: int, settle: float, shot: Path | None) -> None:
    """Takes what the relays push."""
    from stream.io.address import inlet
    from stream.io.input import Input
    from stream.rtmp.server import RtmpServer, digest
    from stream.rtmp.slot import Slot

    slots = {f"{KEYS}{i}": Slot() for i in range(streams)}
    server = RtmpServer({digest(key): slot for key, slot in slots.items()})
    port = await server.open("127.0.0.1", 0)
    watches = [parts.ViewerRecord() for _ in slots]
    url = f"rtmp://127.0.0.1:{port}"
    inputs = [
        Input(inlet(f"{url}/{key}", listen=True), watch.picture, lambda _: None, slot=slot)
        for (key, slot), watch in zip(slots.items(), watches, strict=True)
    ]
    threads = [threading.Thread(target=one.run, daemon=True) for one in inputs]
    for thread in threads:
        thread.start()
    pipe.send(port)
    async with asyncio.timeout(30):
        while not all(watch.seen for watch in watches):  # noqa: ASYNC110 - another thread counts
            await asyncio.sleep(0.05)
    await parts.counted(pipe, watches, settle, shot)
    for one in inputs:
        one.stop()
    await asyncio.gather(*(asyncio.to_thread(thread.join, 12.0) for thread in threads))
    await server.close()
