"""One file's journey: decode, perceive, route, paint, encode, each on its own lane, tied in one task group.

Knows the order of the stages and what happens when one of them fails or the user stops. Knows nothing of codecs, of
networks, or of how a stage does its work: stages are functions.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol

from stream.frame import Done, Frame, Plan, Route, Scene
from stream.lanes.lane import Lane
from stream.lanes.lane_pool import LanePool
from stream.lanes.shared_reorder import SharedReorder
from stream.painting.refinement import refuse
from stream.picture import Picture
from stream.telemetry.stats import Stats, Table

DEPTH = 3  # frames between two lanes: enough to smooth the detector's turns, few enough for 4K in memory
WINDOW = 10  # frames between decoder and encoder
LANES = {  # which stages share a thread
    "decode": ("decode",),
    "perceive": ("perceive", "route"),
    "paint": ("paint", "paste"),
    "refine": ("refine",),
    "encode": ("encode", "flush"),
}


Paint = Callable[[Plan], Done]


class FrameSink(Protocol):
    """Where frames go. Called from one thread at a time."""

    def write(self, frame: Frame, picture: Picture) -> None: ...
    def close(self) -> None: ...
    def finish_early(self) -> None: ...
    def abandon(self) -> None: ...


async def run(
    frames: Iterable[Frame],
    sink: FrameSink,
    perceive: Callable[[Frame], Scene],
    route: Callable[[Scene], Plan],
    paint: Paint | Sequence[Paint],
    refine: Callable[[Done], Done] = refuse,
    *,
    stats: Stats,
    witness: Callable[[Done], object] = lambda _: None,
    stop: threading.Event | None = None,
) -> bool:
    """Takes every frame through the house: once, in order. True: all of them; False: `stop` was set on the way, what
    was in flight has been written and the sink finished early.

    paint: several of them paint several frames at once, each on a lane of its own, where what paints keeps no memory
    from frame to frame. witness: sees every frame after it was written, in order, on the encoder's thread.
    On any failure all lanes stop, the sink is abandoned and the first failure is raised.
    """
    halt = stop or threading.Event()
    whole, written = True, 0
    begun: dict[int, float] = {}  # frames on their way to refinement: seconds that painting took

    def admitted() -> Iterator[Frame]:
        nonlocal whole
        for frame in stats.timed("decode", frames):
            if halt.is_set():
                whole = False
                return
            gate.admit(frame.index)
            yield frame

    def send(scene: Scene) -> None:
        with stats.time("route"):
            plan = route(scene)
        if plan.route is Route.PASS:
            stats.routed(plan.route, 0.0)
            gate.settle(scene.frame.index, (Done(plan), scene.frame.picture))
        else:
            painting.put(plan)

    def sort(done: Done) -> None:
        if done.pending:
            refining.put(done)
        else:
            paste(done)

    def painted(by: Paint, plan: Plan) -> Done:
        start = stats.clock()
        done = by(plan)
        spent = stats.clock() - start
        if done.pending:
            begun[plan.scene.frame.index] = spent
        else:
            stats.routed(plan.route, spent)
        return done

    def refined(waiting: Done) -> Done:
        start = stats.clock()
        done = refine(waiting)
        spent = begun.pop(done.plan.scene.frame.index) + stats.clock() - start
        stats.routed(done.plan.route, spent)
        return done

    def paste(done: Done) -> None:
        frame = done.plan.scene.frame
        with stats.time("paste"):
            picture = frame.picture.pasted(done.patches) if done.patches else frame.picture
        gate.settle(frame.index, (done, picture))

    def write(item: tuple[Done, Picture]) -> Done:
        nonlocal written
        done, picture = item
        sink.write(done.plan.scene.frame, picture)
        written += 1
        return done

    def end() -> None:
        with stats.time("flush"):
            (sink.close if whole else sink.finish_early if written else sink.abandon)()

    hands = [partial(painted, by) for by in (paint if isinstance(paint, Sequence) else (paint,))]
    record = {
        stage: stats.adder(stage, len(hands) if lane == "paint" else 1)
        for lane, stages in LANES.items()
        for stage in stages
        if stage != "flush"
    }
    encoding = Lane("encode", write, witness, then=end, record=record["encode"], capacity=DEPTH)
    gate: SharedReorder[tuple[Done, Picture]] = SharedReorder(WINDOW, lambda out: out.item and encoding.put(out.item))
    refining = Lane("refine", refined, paste, then=encoding.close, record=record["refine"], capacity=DEPTH)
    painting = LanePool("paint", hands, sort, then=refining.close, record=record["paint"], capacity=DEPTH)
    perceiving = Lane("perceive", perceive, send, then=painting.close, record=record["perceive"], capacity=DEPTH)
    decoding = Lane("decode", _same, perceiving.put, then=perceiving.close, on_cancel=gate.cancel, items=admitted())
    try:
        async with asyncio.TaskGroup() as group:
            painters = (lane.run() for lane in painting.lanes)
            for task in (encoding.run(), refining.run(), *painters, perceiving.run(), decoding.run()):
                group.create_task(task)
    except BaseExceptionGroup as failures:
        sink.abandon()
        raise failures.exceptions[0] from None
    except asyncio.CancelledError:
        sink.abandon()
        raise
    return whole


def bottleneck(table: Table) -> str:
    """The lane with the highest busy share: what the speed hangs on."""
    return max(LANES, key=lambda lane: table.busy(*LANES[lane]))


def _same(frame: Frame) -> Frame:
    return frame
