"""Transport `loop`: the session alone, no network and no codec, in a process of its own."""

import asyncio
from multiprocessing.connection import Connection
from typing import Any

import cv2

from tools.bench.live import camera
from tools.bench.live import processes as parts
from tools.bench.live.measure import LiveRun, Part, Result


def measure(run: LiveRun, bare: bool = False) -> Result:
    """One run. Raises UnderstudyError."""
    part = Part("session", _main, run, bare)
    try:
        return part.hear(run.seconds + 60)  # type: ignore[no-any-return]
    finally:
        part.end()


async def _main(pipe: Connection, run: LiveRun, bare: bool) -> None:
    from stream.live.session import LiveSession
    from stream.live.swaps import LiveSwaps
    from stream.telemetry.metrics import Metrics
    from stream.telemetry.trace import Tracer
    from tools.bench.live.bare import Bare, wanted

    planes = camera.load(run.clip, *run.size)
    swaps = None if bare else LiveSwaps(*wanted(run.photo, run.mark))
    metrics, tracer = Metrics(), Tracer(run.trace) if run.trace else None
    watches = [parts.ViewerRecord() for _ in range(run.streams)]
    sessions = [
        LiveSession(swaps.make(None) if swaps else Bare, metrics, tracer, lane) for lane, _ in enumerate(watches)
    ]
    tasks = [asyncio.create_task(_show(s.video.subscribe(), w)) for s, w in zip(sessions, watches, strict=True)]
    tasks += [asyncio.create_task(_film(camera.Camera(planes, run.fps), s)) for s in sessions]
    await asyncio.sleep(run.settle)
    meter = parts.ProcessUsage()
    for watch in watches:
        watch.forget()
    await asyncio.sleep(run.seconds)
    for task in tasks:
        task.cancel()
    if run.shot is not None and watches[0].shot is not None:
        await asyncio.to_thread(cv2.imwrite, str(run.shot), cv2.cvtColor(watches[0].shot, cv2.COLOR_RGB2BGR))
    told = parts.served(sessions, meter)
    result = Result(
        sights=[w.sights() for w in watches],
        skew=None,
        server=told["process"],
        others={},
        shed=told["shed"],
        held=told["held"],
        unread=sum(w.unread for w in watches),
        rung=told["rung"],
        stages=told["stages"],
        inside=told["inside"],
    )
    for session in sessions:
        await session.close()
    if tracer:
        tracer.close()
    pipe.send(result)


async def _film(lens: camera.Camera, session: Any) -> None:
    while True:
        session.picture(await lens.recv())


async def _show(outlet: Any, watch: parts.ViewerRecord) -> None:
    while True:
        watch.picture(await outlet.recv())
