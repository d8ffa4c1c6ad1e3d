"""The refinement lane of the journey: late, in order, bounded; failing, stopped and cancelled with frames in it."""

import asyncio
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import UnderstudyError
from engines.values import Patch
from stream.frame import Done, FaceTrack, Frame, Pending, Plan, Route, Scene
from stream.journey import DEPTH, WINDOW, run
from stream.telemetry.stats import Stats
from tests.stream.test_journey import FACE, Refine, Shelf, face_patch, film, left_threads, stages


def index(done: Done) -> int:
    return done.plan.scene.frame.index


def flat(value: int) -> Patch:
    return Patch(0, 0, np.full((2, 2, 3), value, np.uint8), np.ones((2, 2), np.float32))


def kind(number: int) -> Route:
    """Every fourth frame waits for refinement, every fifth shows nobody."""
    return Route.REFINE if number % 4 == 0 else Route.PASS if number % 5 == 0 else Route.FAST


def perceive(frame: Frame) -> Scene:
    return Scene(frame, () if kind(frame.index) is Route.PASS else (FaceTrack(1, FACE, 0),))


def planned(scene: Scene, kind: Route) -> Plan:
    return Plan(scene, (kind,) * len(scene.tracks))


def route(scene: Scene) -> Plan:
    return planned(scene, kind(scene.frame.index))


def paint(plan: Plan) -> Done:
    if plan.route is Route.REFINE:
        return Done(plan, (), (Pending(plan.scene.tracks[0], flat(1)),))
    return Done(plan, (face_patch(plan.scene.frame.index % 100 + 100),))


def refined(done: Done) -> Done:
    return replace(done, patches=(face_patch(index(done) % 50 + 200),), pending=())


def expected(number: int) -> tuple[int, int]:
    if kind(number) is Route.REFINE:
        return number, number % 50 + 200
    return number, number % 100 + (100 if kind(number) is Route.FAST else 0)


def journey(count: int, shelf: Shelf, refine: Refine, stats: Stats | None = None) -> bool:
    return asyncio.run(run(film(count), shelf, stages(perceive, route, paint, refine), stats=stats or Stats()))


def lanes_left() -> list[str]:
    return [*left_threads(), *(t.name for t in threading.enumerate() if t.name == "refine")]


def test_refined_frames_come_late_and_leave_in_order() -> None:
    """The refiner takes longer than everybody else for a whole window; no frame overtakes it on the way out."""
    shelf, stats = Shelf(), Stats()

    def slow(done: Done) -> Done:
        time.sleep(0.004)
        return refined(done)

    assert asyncio.run(run(film(80), shelf, stages(perceive, route, paint, slow), stats=stats))
    assert shelf.wrote == [expected(n) for n in range(80)]
    assert shelf.ends == ["close"]
    assert stats.table().stages["refine"].count == 20
    assert lanes_left() == []


def test_what_refining_took_counts_for_the_route() -> None:
    """Of every frame once, whichever route: painting, and refining where there was any."""
    stats = Stats()

    def slow(done: Done) -> Done:
        time.sleep(0.02)
        return refined(done)

    assert journey(40, Shelf(), slow, stats)
    routes = stats.table().routes
    assert {route: timing.count for route, timing in routes.items()} == {
        r: [kind(n) for n in range(40)].count(r) for r in (Route.PASS, Route.FAST, Route.REFINE)
    }
    assert routes[Route.REFINE].p50 >= 0.02
    assert routes[Route.FAST].p50 < 0.01


def test_frames_behind_a_refined_one_are_painted_meanwhile() -> None:
    """Frame 0 is held in refinement until frame 3 has been painted: the painter does not wait for it."""
    painted, shelf = threading.Event(), Shelf()

    def look(plan: Plan) -> Done:
        if plan.scene.frame.index == 3:
            painted.set()
        return paint(plan)

    def hold(done: Done) -> Done:
        assert painted.wait(5)
        return refined(done)

    assert asyncio.run(run(film(12), shelf, stages(perceive, route, look, hold), stats=Stats()))
    assert shelf.wrote == [expected(n) for n in range(12)]


def test_a_stuck_refiner_holds_the_decoder_back() -> None:
    """Only a window's frames are in the house, whether they wait for refinement or behind one that does."""
    go, began, shelf = threading.Event(), threading.Event(), Shelf()
    decoded: list[int] = []

    def stuck(done: Done) -> Done:
        began.set()
        go.wait(10)
        return refined(done)

    whole = run(film(300, decoded.append), shelf, stages(perceive, route, paint, stuck), stats=Stats())
    thread = threading.Thread(target=lambda: asyncio.run(whole))
    thread.start()
    assert began.wait(5)
    deadline = time.monotonic() + 10
    while len(decoded) <= WINDOW and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)  # for what must not come
    assert len(decoded) == WINDOW + 1  # one more is in the decoder's hand
    assert shelf.wrote == []
    go.set()
    thread.join(20)
    assert shelf.wrote == [expected(n) for n in range(300)]


def test_all_frames_may_need_refinement() -> None:
    """More at once than the lane's own queue holds: the painter waits for room, nothing is dropped."""
    shelf, most, inside = Shelf(), 0, 0
    lock = threading.Lock()

    def look(plan: Plan) -> Done:
        nonlocal most, inside
        with lock:
            inside += 1
            most = max(most, inside)
        return Done(plan, (), (Pending(plan.scene.tracks[0], flat(1)),))

    def slow(done: Done) -> Done:
        nonlocal inside
        time.sleep(0.002)
        with lock:
            inside -= 1
        return refined(done)

    def every(frame: Frame) -> Scene:
        return Scene(frame, (FaceTrack(1, FACE, 0),))

    def hard(scene: Scene) -> Plan:
        return planned(scene, Route.REFINE)

    assert asyncio.run(run(film(60), shelf, stages(every, hard, look, slow), stats=Stats()))
    assert [i for i, _ in shelf.wrote] == list(range(60))
    assert most <= DEPTH + 2  # in the queue, in the refiner's hand, in the painter's


@pytest.mark.parametrize("when", [0, 4, 40])
def test_a_failing_refiner_stops_all_and_is_the_one_error(when: int) -> None:
    def fail(done: Done) -> Done:
        if index(done) == when:
            raise LookupError("refine")
        return refined(done)

    shelf = Shelf()
    with pytest.raises(LookupError, match=r"^refine$"):
        journey(100_000, shelf, fail)
    assert shelf.ends == ["abandon"]
    assert shelf.wrote == [expected(n) for n in range(len(shelf.wrote))]
    assert len(shelf.wrote) <= when
    assert lanes_left() == []


def test_a_journey_without_a_refiner_says_so() -> None:
    shelf = Shelf()
    with pytest.raises(UnderstudyError, match="--routing xseg"):
        asyncio.run(run(film(20), shelf, stages(perceive, route, paint), stats=Stats()))
    assert shelf.ends == ["abandon"]
    assert lanes_left() == []


def test_cancelling_while_a_frame_is_refined_leaves_no_thread() -> None:
    shelf, busy, go = Shelf(), threading.Event(), threading.Event()

    def hold(done: Done) -> Done:
        busy.set()
        go.wait(2)
        return refined(done)

    async def body() -> None:
        task = asyncio.create_task(run(film(10**6), shelf, stages(perceive, route, paint, hold), stats=Stats()))
        assert await asyncio.to_thread(busy.wait, 5)
        task.cancel()
        await asyncio.sleep(0.02)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(body())
    assert shelf.ends == ["abandon"]
    assert shelf.wrote == []
    assert lanes_left() == []


def test_stopping_writes_what_waits_for_refinement() -> None:
    shelf, stop = Shelf(), threading.Event()

    def ask(done: Done) -> Done:
        if index(done) == 8:
            stop.set()
        return refined(done)

    whole = asyncio.run(run(film(10**6), shelf, stages(perceive, route, paint, ask), stats=Stats(), stop=stop))
    assert not whole
    assert len(shelf.wrote) > 8
    assert shelf.wrote == [expected(n) for n in range(len(shelf.wrote))]
    assert shelf.ends == ["early"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.lists(st.sampled_from(list(Route)), min_size=1, max_size=7), st.integers(0, 9))
def test_any_mix_of_routes_and_delays_leaves_in_order(count: int, routes: list[Route], seed: int) -> None:
    chance = np.random.default_rng(seed)

    def way(scene: Scene) -> Plan:
        return planned(scene, routes[scene.frame.index % len(routes)])

    def see(frame: Frame) -> Scene:
        return Scene(frame, (FaceTrack(1, FACE, 0),))

    def slow(done: Done) -> Done:
        time.sleep(float(chance.random()) * 0.002)
        return refined(done)

    shelf, stats = Shelf(), Stats()
    assert asyncio.run(run(film(count), shelf, stages(see, way, paint, slow), stats=stats))
    assert [i for i, _ in shelf.wrote] == list(range(count))
    hard = [n for n in range(count) if routes[n % len(routes)] is Route.REFINE]
    assert stats.table().stages["refine"].count == len(hard)
    assert all(shelf.wrote[n][1] == n % 50 + 200 for n in hard)
