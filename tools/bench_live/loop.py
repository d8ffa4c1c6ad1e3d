"""Transport `loop`: the session alone, no network and no codec, in a process of its own."""

import asyncio
from multiprocessing.connection import Connection
from typing import Any

import cv2

from tools.bench_live import camera, figures, parts
from tools.bench_live.measure import SETTLE, Part, Result, Run


def measure(run: Run, bare: bool = False) -> Result:
    """One run. Raises UnderstudyError."""
    part = Part("session", _main, run, bare)
    try:
        return part.hear(run.seconds + 60)  # type: ignore[no-any-return]
    finally:
        part.end()


async def _main(pipe: Connection, run: Run, bare: bool) -> None:
    from stream.live.session import Session
    from stream.memory import keep_freed_memory
    from stream.metrics import Metrics
    from tools.serve.house import Bare, House
    from tools.serve.settings import Settings

    keep_freed_memory()
    planes = camera.load(run.clip, *run.size)
    house = None if bare else House(Settings(sources=(run.photo,), consent=True, mark=run.mark))
    metrics = Metrics()
    watches = [parts.Watch() for _ in range(run.streams)]
    sessions = [Session(house.swap(None) if house else Bare, metrics) for _ in watches]
    tasks = [asyncio.create_task(_show(s.video.outlet(), w)) for s, w in zip(sessions, watches, strict=True)]
    tasks += [asyncio.create_task(_film(camera.Camera(planes, run.fps), s)) for s in sessions]
    await asyncio.sleep(SETTLE)
    meter = parts.Meter()
    for watch in watches:
        watch.seen, watch.unread = [], 0
    await asyncio.sleep(run.seconds)
    used = meter.stop()
    for task in tasks:
        task.cancel()
    if run.shot is not None and watches[0].shot is not None:
        await asyncio.to_thread(cv2.imwrite, str(run.shot), cv2.cvtColor(watches[0].shot, cv2.COLOR_RGB2BGR))
    stages = sessions[0].stats.table().stages
    result = Result(
        sights=[w.sights() for w in watches],
        skew=None,
        server=used,
        others={},
        shed=sum(s.shed for s in sessions),
        held=sum(s.held for s in sessions),
        unread=sum(w.unread for w in watches),
        rung=max(s.rung for s in sessions).name,
        stages={name: [round(1000 * v, 2) for v in (t.p50, t.p95, t.p99)] for name, t in stages.items()},
        inside=figures.quantiles([delay for s in sessions for delay in s.delays]),
    )
    for session in sessions:
        await session.close()
    pipe.send(result)


async def _film(lens: camera.Camera, session: Any) -> None:
    while True:
        session.picture(await lens.recv())


async def _show(outlet: Any, watch: parts.Watch) -> None:
    while True:
        watch.picture(await outlet.recv())
