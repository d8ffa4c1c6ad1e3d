"""One file's journey: decode, perceive, route, paint, encode, each on its own lane, tied in one task group.

Knows the order of the stages and what happens when one of them fails or the user stops. Knows nothing of codecs, of
networks, or of how a stage does its work: stages are functions.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from functools import partial
from typing import Protocol

from stream.frame import Done, Frame, Plan, Route, Scene
from stream.lanes.lane import Lane
from stream.lanes.lane_pool import LanePool
from stream.lanes.shared_reorder import SharedReorder
from stream.picture import Picture
from stream.pipeline.stages import Paint, Stages
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


class FrameSink(Protocol):
    """Where frames go. Called from one thread at a time."""

    def write(self, frame: Frame, picture: Picture) -> None: ...
    def close(self) -> None: ...
    def finish_early(self) -> None: ...
    def abandon(self) -> None: ...


async def run(
    frames: Iterable[Frame],
    sink: FrameSink,
    stages: Stages,
    *,
    stats: Stats,
    witness: Callable[[Done], object] = lambda _: None,
    stop: threading.Event | None = None,
) -> bool:
    """Takes every frame through the stages: once, in order. True: all of them; False: `stop` was set on the way, what
    was in flight has been written and the sink finished early.

    witness: sees every frame after it was written, in order, on the encoder's thread. On any failure all lanes stop,
    the sink is abandoned and the first failure is raised."""
    journey = _Journey(frames, sink, stages, stats, witness, stop or threading.Event())
    try:
        async with asyncio.TaskGroup() as group:
            for run_ in journey.runs():
                group.create_task(run_)
    except BaseExceptionGroup as failures:
        sink.abandon()
        first = failures.exceptions[0]
        raise first from first.__cause__  # what lies behind it: the disk, for one
    except asyncio.CancelledError:
        sink.abandon()
        raise
    return journey.whole


class _Journey:
    """The lanes of one run, and what passes between them."""

    def __init__(
        self,
        frames: Iterable[Frame],
        sink: FrameSink,
        stages: Stages,
        stats: Stats,
        witness: Callable[[Done], object],
        halt: threading.Event,
    ) -> None:
        self._frames, self._sink, self._stages, self._stats, self._halt = frames, sink, stages, stats, halt
        self.whole, self._written = True, 0
        self._last: Picture | None = None  # kept for a frame that shows it again
        self._begun: dict[int, float] = {}  # frames on their way to refinement: seconds that painting took
        record = {
            stage: stats.adder(stage, len(stages.paints) if lane == "paint" else 1)
            for lane, names in LANES.items()
            for stage in names
            if stage != "flush"
        }
        self._encoding = Lane("encode", self._write, witness, then=self._end, record=record["encode"], capacity=DEPTH)
        self._reorder: SharedReorder[Done] = SharedReorder(WINDOW, lambda out: self._encoding.put(out.item))
        self._refining = Lane(
            "refine", self._refine, self._paste, then=self._encoding.close, record=record["refine"], capacity=DEPTH
        )
        self._painting = LanePool(
            "paint",
            [partial(self._paint, by) for by in stages.paints],
            self._sort,
            then=self._refining.close,
            record=record["paint"],
            capacity=DEPTH,
        )
        self._perceiving = Lane(
            "perceive",
            stages.perceive,
            self._send,
            then=self._painting.close,
            record=record["perceive"],
            capacity=DEPTH,
        )
        self._decoding = Lane(
            "decode",
            _same,
            self._perceiving.put,
            then=self._perceiving.close,
            on_cancel=self._reorder.cancel,
            items=self._admitted(),
        )

    def runs(self) -> Iterator[Coroutine[object, object, None]]:
        """Every lane's run, the last lane first."""
        yield self._encoding.run()
        yield self._refining.run()
        yield from (lane.run() for lane in self._painting.lanes)
        yield self._perceiving.run()
        yield self._decoding.run()

    def _admitted(self) -> Iterator[Frame]:
        for frame in self._stats.timed("decode", self._frames):
            if self._halt.is_set():
                self.whole = False
                return
            self._reorder.admit(frame.index)
            yield frame

    def _send(self, scene: Scene) -> None:
        with self._stats.time("route"):
            plan = self._stages.route(scene)
        if plan.route is Route.PASS:
            self._stats.routed(plan.route, 0.0)
            self._reorder.settle(scene.frame.index, Done(plan, picture=scene.frame.picture))
        else:
            self._painting.put(plan)

    def _paint(self, by: Paint, plan: Plan) -> Done:
        start = self._stats.clock()
        done = by(plan)
        spent = self._stats.clock() - start
        if done.pending:
            self._begun[done.frame.index] = spent
        else:
            self._stats.routed(plan.route, spent)
        return done

    def _sort(self, done: Done) -> None:
        if done.pending:
            self._refining.put(done)
        else:
            self._paste(done)

    def _refine(self, waiting: Done) -> Done:
        start = self._stats.clock()
        done = self._stages.refine(waiting)
        spent = self._begun.pop(done.frame.index) + self._stats.clock() - start
        self._stats.routed(done.plan.route, spent)
        return done

    def _paste(self, done: Done) -> None:
        with self._stats.time("paste"):
            done = self._stages.paste(done)
        self._reorder.settle(done.frame.index, done)

    def _write(self, done: Done) -> Done:
        done = self._stages.finish(done)
        picture = self._last if done.picture is None else done.picture
        assert picture is not None, "the first frame has its picture"
        # the sink may write into what it is given
        self._last = picture.pasted(()) if self._stages.keeps_last else None
        self._sink.write(done.frame, picture)
        self._written += 1
        return done

    def _end(self) -> None:
        with self._stats.time("flush"):
            if self.whole:
                self._sink.close()
            elif self._written:
                self._sink.finish_early()
            else:
                self._sink.abandon()


def bottleneck(table: Table) -> str:
    """The lane with the highest busy share: what the speed hangs on."""
    return max(LANES, key=lambda lane: table.busy(*LANES[lane]))


def _same(frame: Frame) -> Frame:
    return frame
