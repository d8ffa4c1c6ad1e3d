"""The journey: every frame once and in order through random delays; failure, stopping and cancelling anywhere."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.values import U8, Box, Face, Patch, Rect
from stream.frame import Done, FacePatch, FaceTrack, Frame, Pending, Plan, Scene
from stream.journey import DEPTH, WINDOW, bottleneck, run
from stream.picture import Picture
from stream.pipeline.stages import Paint, Stages, refuse
from stream.pixels.geometry import Geometry
from stream.route import route
from stream.telemetry.stats import StageTiming, Stats, Table

Refine = Callable[[Done], Done]
FACE = Face(Box(0, 0, 2, 2), np.zeros((6, 2), np.float32), np.zeros((468, 3), np.float32), 1.0)


@dataclass(frozen=True)
class Grey:
    """A picture of two by two pixels of one value."""

    value: int
    width: int = 2
    height: int = 2

    def rgb(self, rect: Rect) -> U8:
        return np.full((rect.h, rect.w, 3), self.value, np.uint8)

    @property
    def origin(self) -> Geometry:
        return Geometry(self.width, self.height)

    def small(self, width: int, height: int) -> U8:
        return np.full((height, width, 3), self.value, np.uint8)

    def pasted(self, patches: tuple[Patch, ...]) -> Self:
        return type(self)(int(patches[-1].rgb[0, 0, 0]))


@dataclass
class Shelf:
    """A sink that keeps what it gets."""

    wrote: list[tuple[int, int]] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    fail_at: int | None = None
    fail_close: bool = False

    def write(self, frame: Frame, picture: Picture) -> None:
        if frame.index == self.fail_at:
            raise OSError("no space left")
        self.wrote.append((frame.index, int(picture.small(1, 1)[0, 0, 0])))

    def close(self) -> None:
        if self.fail_close:
            raise OSError("no space left at the end")
        self.ends.append("close")

    def finish_early(self) -> None:
        self.ends.append("early")

    def abandon(self) -> None:
        self.ends.append("abandon")


def film(count: int, at: Callable[[int], object] = lambda _: None) -> Iterator[Frame]:
    for index in range(count):
        at(index)
        yield Frame(index, 512 * index, Fraction(1, 12800), Grey(index % 100), 0.0)


def perceive(frame: Frame) -> Scene:
    """Every third frame shows nobody, every fifth someone who is left alone."""
    source = None if frame.index % 5 == 0 else 0
    return Scene(frame, () if frame.index % 3 == 0 else (FaceTrack(1, FACE, source),))


def paint(plan: Plan) -> Done:
    return Done(plan, (face_patch(plan.scene.frame.index % 100 + 100),))


def stages(
    see: Callable[[Frame], Scene], way: Callable[[Scene], Plan], paints: Paint | list[Paint], refine: Refine = refuse
) -> Stages:
    return Stages(see, way, tuple(paints) if isinstance(paints, list) else (paints,), refine)


def face_patch(value: int) -> FacePatch:
    return FacePatch(1, Patch(0, 0, np.full((2, 2, 3), value, np.uint8), np.ones((2, 2), np.float32)))


def expected(index: int) -> tuple[int, int]:
    return index, index % 100 + (0 if index % 3 == 0 or index % 5 == 0 else 100)


def left_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.split()[0] in ("decode", "perceive", "paint", "encode")]


def test_every_frame_comes_out_once_in_order_painted_or_untouched() -> None:
    shelf, seen, stats = Shelf(), list[int](), Stats()
    whole = asyncio.run(
        run(film(300), shelf, stages(perceive, route, paint), stats=stats, witness=lambda d: seen.append(_index(d)))
    )
    assert whole
    assert shelf.wrote == [expected(n) for n in range(300)]
    assert seen == list(range(300))
    assert shelf.ends == ["close"]
    table = stats.table()
    assert list(table.stages) == ["decode", "perceive", "route", "paint", "paste", "refine", "encode", "flush"]
    painted = sum(1 for n in range(300) if expected(n)[1] >= 100)
    counts = {name: t.count for name, t in table.stages.items()}
    assert counts == {
        "decode": 300, "perceive": 300, "route": 300, "paint": painted, "paste": painted, "refine": 0, "encode": 300,
            "flush": 1,
    }  # fmt: skip
    assert {r.value: t.count for r, t in table.routes.items()} == {"pass": 300 - painted, "fast": painted}


def _index(done: Done) -> int:
    return done.plan.scene.frame.index


def test_no_frames_at_all_close_the_sink() -> None:
    shelf = Shelf()
    assert asyncio.run(run(film(0), shelf, stages(perceive, route, paint), stats=Stats()))
    assert (shelf.wrote, shelf.ends) == ([], ["close"])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 60),
    event=st.sampled_from(["none", "decode", "perceive", "paint", "encode", "stop", "cancel"]),
    when=st.integers(0, 59),
    hands=st.integers(1, 3),
)
def test_random_delays_failures_and_cancellations(seed: int, count: int, event: str, when: int, hands: int) -> None:
    """Whatever happens: what was written is a gapless beginning in order, in flight is bounded, no thread is left."""
    chance = random.Random(seed)
    stop, shelf = threading.Event(), Shelf()
    inside: set[int] = set()
    most = 0
    box: list[asyncio.Task[bool]] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def at(stage: str, index: int) -> None:
        if chance.random() < 0.2:
            time.sleep(chance.random() * 0.002)
        if index == when:
            if event == stage:
                raise RuntimeError(f"{stage} failed")
            if event == "stop" and stage == "perceive":
                stop.set()
            if event == "cancel" and stage == "perceive":
                loops[0].call_soon_threadsafe(box[0].cancel)

    def decode(index: int) -> None:
        nonlocal most
        at("decode", index)
        inside.add(index)
        most = max(most, len(inside))

    def see(frame: Frame) -> Scene:
        at("perceive", frame.index)
        return perceive(frame)

    def draw(plan: Plan) -> Done:
        at("paint", plan.scene.frame.index)
        return paint(plan)

    def witness(done: Done) -> None:
        at("encode", _index(done))
        inside.discard(_index(done))

    async def body() -> bool:
        loops.append(asyncio.get_running_loop())
        box.append(
            asyncio.create_task(
                run(
                    film(count, decode),
                    shelf,
                    stages(see, route, [draw] * hands),
                    stats=Stats(),
                    witness=witness,
                    stop=stop,
                )
            )
        )
        return await box[0]

    try:
        whole = asyncio.run(body())
    except RuntimeError as error:
        assert str(error) == f"{event} failed"
        assert shelf.ends == ["abandon"]
    except asyncio.CancelledError:
        assert event == "cancel"
        assert shelf.ends[-1] == "abandon"
    else:
        if whole:
            assert len(shelf.wrote) == count
            assert shelf.ends == ["close"]
        else:
            assert event == "stop"
            assert when < len(shelf.wrote) < count, "what was in flight is written"
            assert shelf.ends == ["early"]
    assert shelf.wrote == [expected(n) for n in range(len(shelf.wrote))]
    assert most <= WINDOW + 2 * DEPTH + 4
    assert left_threads() == []


@pytest.mark.parametrize("stage", ["decode", "perceive", "route", "paint", "paste", "encode", "flush", "witness"])
def test_a_failure_in_any_stage_stops_all_abandons_the_sink_and_is_the_one_error(stage: str) -> None:
    class Broken(Grey):
        def pasted(self, patches: tuple[Patch, ...]) -> Self:
            raise LookupError("paste")

    def fail(where: str) -> None:
        if where == stage:
            raise LookupError(where)

    def see(frame: Frame) -> Scene:
        fail("perceive")
        picture = Broken(1) if stage == "paste" else frame.picture
        return perceive(Frame(frame.index, frame.pts, frame.time_base, picture, 0.0))

    def way(scene: Scene) -> Plan:
        fail("route")
        return route(scene)

    def draw(plan: Plan) -> Done:
        fail("paint")
        return paint(plan)

    shelf = Shelf(fail_at=20 if stage == "encode" else None, fail_close=stage == "flush")
    began = time.monotonic()
    with pytest.raises((LookupError, OSError), match=f"^{stage}$|no space left"):
        asyncio.run(
            run(
                film(100_000 if stage != "flush" else 30, lambda n: fail("decode") if n == 20 else None),
                shelf,
                stages(see, way, draw),
                stats=Stats(),
                witness=lambda _: fail("witness"),
            )
        )
    assert shelf.ends == ["abandon"]
    assert time.monotonic() - began < 2
    assert left_threads() == []


def test_stopping_before_the_first_frame_leaves_nothing_to_keep() -> None:
    stop, shelf = threading.Event(), Shelf()
    stop.set()
    assert not asyncio.run(run(film(10), shelf, stages(perceive, route, paint), stats=Stats(), stop=stop))
    assert (shelf.wrote, shelf.ends) == ([], ["abandon"])


def test_stopping_after_the_last_frame_changes_nothing() -> None:
    stop, shelf = threading.Event(), Shelf()
    done = run(film(5), shelf, stages(perceive, route, paint), stats=Stats(), stop=stop,
               witness=lambda d: stop.set() if _index(d) == 4 else None)  # fmt: skip
    assert asyncio.run(done)
    assert shelf.ends == ["close"]


def test_cancelling_abandons_the_sink_and_leaves_no_thread() -> None:
    shelf, flowing = Shelf(), threading.Event()

    def witness(_: Done) -> None:
        flowing.set()

    async def body() -> None:
        whole = run(film(10**9), shelf, stages(perceive, route, paint), stats=Stats(), witness=witness)
        task = asyncio.create_task(whole)
        await asyncio.to_thread(flowing.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(body())
    assert shelf.ends == ["abandon"]
    assert left_threads() == []


def test_four_stages_are_at_work_at_once() -> None:
    """Decoding of frame 3, perceiving of 2, painting of 1 and encoding of 0 wait for each other and so must overlap."""
    together = threading.Barrier(4, timeout=20)

    def meet(index: int, at: int) -> None:
        if index == at:
            together.wait()

    def see(frame: Frame) -> Scene:
        meet(frame.index, 2)
        return Scene(frame, (FaceTrack(1, FACE, 0),))

    def draw(plan: Plan) -> Done:
        meet(plan.scene.frame.index, 1)
        return paint(plan)

    shelf = Shelf()
    frames = film(8, lambda n: meet(n, 3))
    asyncio.run(run(frames, shelf, stages(see, route, draw), stats=Stats(), witness=lambda d: meet(_index(d), 0)))
    assert len(shelf.wrote) == 8


def test_several_painters_paint_several_frames_at_once_and_refinement_still_sees_them_in_order() -> None:
    """The painters wait for each other in pairs; what they leave pending comes to the refinement lane in order, though
    the second of each pair is done first."""
    pair = threading.Barrier(2, timeout=20)
    refined: list[int] = []

    def draw(plan: Plan) -> Done:
        pair.wait()
        if plan.scene.frame.index % 2 == 0:
            time.sleep(0.01)
        done = paint(plan)
        return Done(plan, (), (Pending(plan.scene.tracks[0], done.patches[0].patch),))

    def lay(done: Done) -> Done:
        refined.append(_index(done))
        return Done(done.plan, tuple(FacePatch(p.track.id, p.patch) for p in done.pending))

    def see(frame: Frame) -> Scene:
        return Scene(frame, (FaceTrack(1, FACE, 0),))

    shelf, stats = Shelf(), Stats()
    assert asyncio.run(run(film(12), shelf, stages(see, route, [draw, draw], lay), stats=stats))
    assert refined == list(range(12))
    assert shelf.wrote == [(n, n + 100) for n in range(12)]
    table = stats.table()
    assert table.stages["paint"].count == 12 and table.hands == {"paint": 2, "paste": 2}
    assert 0 < table.busy("paint", "paste") <= 1, "of two threads"
    assert left_threads() == []


def test_a_slow_painter_does_not_let_untouched_frames_pile_up_behind_it() -> None:
    """Frames without a face overtake the painter; the window holds them back."""
    release, waiting = threading.Event(), threading.Event()
    decoded: list[int] = []

    def draw(plan: Plan) -> Done:
        waiting.set()
        release.wait(10)
        return paint(plan)

    def see(frame: Frame) -> Scene:
        return Scene(frame, (FaceTrack(1, FACE, 0),) if frame.index == 0 else ())

    shelf = Shelf()
    thread = threading.Thread(
        target=lambda: asyncio.run(run(film(200, decoded.append), shelf, stages(see, route, draw), stats=Stats()))
    )
    thread.start()
    assert waiting.wait(5)
    time.sleep(0.05)
    assert len(decoded) == WINDOW + 1  # one more is in the decoder's hand
    assert shelf.wrote == []
    release.set()
    thread.join(10)
    assert [index for index, _ in shelf.wrote] == list(range(200))


def test_the_bottleneck_is_the_busiest_lane_with_all_its_stages() -> None:
    stages = {
        "encode": StageTiming(9, 3.0),
        "paint": StageTiming(9, 2.0),
        "paste": StageTiming(9, 1.5),
        "perceive": StageTiming(9, 3.2),
    }
    assert bottleneck(Table({}, stages, wall=4.0)) == "paint"
    assert bottleneck(Table({}, {"decode": StageTiming(1, 1.0)}, wall=4.0)) == "decode"


def test_a_failure_keeps_what_lies_behind_it() -> None:
    def draw(plan: Plan) -> Done:
        try:
            raise OSError(28, "no space left")
        except OSError as error:
            raise LookupError("paint") from error

    with pytest.raises(LookupError, match="paint") as caught:
        asyncio.run(run(film(30, lambda _: None), Shelf(), stages(perceive, route, draw), stats=Stats()))
    assert isinstance(caught.value.__cause__, OSError) and caught.value.__cause__.errno == 28
