"""The three processes of the benchmark: camera, server, viewer. Each is a function that a fresh process runs."""

import asyncio
import resource
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from engines.values import U8
from stream.lanes.runtime import calm, settle
from stream.live.ladder import Rung
from stream.live.session import LiveSession
from tools.bench.live import camera
from tools.bench.live.figures import Process, Sight, quantiles, unwrap
from tools.bench.live.frame_code import age, read
from tools.cli.event_loop import on_loop

QUIET = 3000  # sample value above which the tone has begun


def run(main: Any, *args: Any) -> None:
    """A coroutine on uvloop, where there is one."""
    settle()
    on_loop(main(*args))


async def receive(pipe: Connection) -> Any:
    """The parent's next word."""
    return await asyncio.to_thread(pipe.recv)


def resident_mb() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:  # not Linux
        return 0.0
    return pages * resource.getpagesize() / 2**20


def faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt


class ProcessUsage:
    """What this process used since `start`."""

    def __init__(self) -> None:
        self._cpu, self._at, self._mb, self._faults = time.process_time(), time.monotonic(), resident_mb(), faults()

    def stop(self) -> Process:
        used = (time.process_time() - self._cpu) / max(time.monotonic() - self._at, 1e-9)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return Process(used, peak, self._mb, resident_mb(), faults() - self._faults)


async def server(pipe: Connection, photo: Path, bare: bool, mark: bool, trace: Path | None) -> None:
    """The real server on a port of its own."""
    from stream.live.swaps import LiveSwaps
    from tools.bench.live.bare import BareSwaps, wanted
    from tools.live.serve.app import Server, listening
    from tools.live.serve.settings import Settings

    spec, options = wanted(photo, mark)
    settings = Settings(port=0, bare=bare, live=options, trace=trace)
    made = Server(settings, BareSwaps() if bare else LiveSwaps(spec, options))
    async with listening(made) as port:
        pipe.send(port)
        calm()
        await receive(pipe)
        meter = ProcessUsage()
        await receive(pipe)
        pipe.send(served(made.rooms.sessions(), meter))


def served(sessions: list[LiveSession], meter: ProcessUsage) -> dict[str, Any]:
    """What a server says of its run."""
    return {
        "process": meter.stop(),
        "shed": sum(s.shed for s in sessions),
        "held": sum(s.held for s in sessions),
        "rung": max((s.rung for s in sessions), default=Rung.FULL).name,
        "inside": quantiles([delay for s in sessions for delay in s.delays]),
        "stages": {
            name: [round(1000 * v, 2) for v in (t.p50, t.p95, t.p99)]
            for s in sessions[:1]
            for name, t in s.stats.table().stages.items()
        },
    }


async def sender(pipe: Connection, url: str, clip: Path, size: tuple[int, int], fps: int, streams: int) -> None:
    """Publishes the clip to `url`0, `url`1 ... until told to stop."""
    from stream.webrtc.client import Client

    planes = camera.load(clip, *size)
    clients = [Client(f"{url}{i}") for i in range(streams)]
    try:
        for client in clients:
            await client.publish(camera.Camera(planes, fps), camera.Microphone())
        pipe.send("live")
        meter = ProcessUsage()
        await receive(pipe)
        pipe.send(meter.stop())
    finally:
        for client in clients:
            await client.close()


class ViewerRecord:
    """What a viewer sees and hears."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, float, float]] = []
        self.unread = 0
        self.sound: list[float] = []
        self.shot: U8 | None = None
        self._codec = av.CodecContext.create("libopus", "r")
        self._codec.format, self._codec.layout, self._codec.sample_rate = "s16", "stereo", camera.RATE
        self._tone = 0.0

    def picture(self, frame: Any) -> None:
        now = time.monotonic()
        plane = frame.planes[0]
        luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[:32, : frame.width]
        found = read(luma)
        if found is None:
            self.unread += 1
            return
        self.seen.append((found[0], now, age(found[1], now)))
        if self.shot is None and len(self.seen) > 60:
            self.shot = frame.to_ndarray(format="rgb24")

    def hear(self, packet: Any) -> None:
        now = time.monotonic()
        for frame in self._codec.decode(packet):
            samples = np.abs(frame.to_ndarray().ravel()[::2].astype(np.int32))
            loud = np.flatnonzero(samples > QUIET)
            if loud.size and now - self._tone > 0.5:
                begun = now - (len(samples) - int(loud[0])) / camera.RATE  # as if each sample came as it was taken
                self.sound.append((begun + 0.5) % 1.0 - 0.5)
            if loud.size:
                self._tone = now

    def forget(self) -> None:
        """What came so far does not count."""
        self.seen, self.sound, self.unread = [], [], 0

    def sights(self) -> list[Sight]:
        numbers = unwrap([number for number, _, _ in self.seen])
        return [Sight(n, at, delay) for n, (_, at, delay) in zip(numbers, self.seen, strict=True)]

    def skew(self) -> float | None:
        """Seconds that sound comes after its picture."""
        if not self.sound or not self.seen:
            return None
        return float(np.median(self.sound) - np.median([delay for _, _, delay in self.seen]))


async def counted(pipe: Connection, watches: list[ViewerRecord], settle: float, shot: Path | None) -> None:
    """Lets things settle for some seconds, then counts from here to the parent's next word, and tells what was seen."""
    await asyncio.sleep(settle)
    for watch in watches:
        watch.forget()
    calm()
    pipe.send("watching")
    meter = ProcessUsage()
    await receive(pipe)
    process = meter.stop()
    if shot is not None and watches[0].shot is not None:
        await asyncio.to_thread(cv2.imwrite, str(shot), cv2.cvtColor(watches[0].shot, cv2.COLOR_RGB2BGR))
    pipe.send(
        {
            "process": process,
            "sights": [watch.sights() for watch in watches],
            "skew": watches[0].skew(),
            "unread": sum(watch.unread for watch in watches),
        }
    )


async def viewer(pipe: Connection, url: str, streams: int, settle: float, shot: Path | None) -> None:
    """Watches `url`0, `url`1 ..."""
    from stream.webrtc.client import Client

    clients = [Client(f"{url}{i}") for i in range(streams)]
    watches = [ViewerRecord() for _ in clients]
    try:
        for client, watch in zip(clients, watches, strict=True):
            await client.play(watch.picture, watch.hear)
        await counted(pipe, watches, settle, shot)
    finally:
        for client in clients:
            await client.close()
