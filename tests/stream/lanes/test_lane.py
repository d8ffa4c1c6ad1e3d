"""The lane: order, draining, failure, cancellation, feeding from another thread and from another lane, timing."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from stream.lanes.lane import Lane
from stream.lanes.ring import Closed, WhenFull


def twice(n: int) -> int:
    return 2 * n


async def feed_fifty(out: list[int]) -> None:
    lane = Lane("twice", twice, out.append, capacity=2)
    async with asyncio.TaskGroup() as group:
        group.create_task(lane.run())
        for n in range(50):
            await asyncio.to_thread(lane.put, n)
        lane.close()


def test_another_thread_feeds_a_lane_and_what_is_inside_drains_on_close() -> None:
    out: list[int] = []
    asyncio.run(feed_fifty(out))
    assert out == [2 * n for n in range(50)]


def test_one_lane_feeds_another_and_ends_it() -> None:
    out: list[int] = []
    second = Lane("second", twice, out.append, capacity=1)
    first = Lane("first", twice, second.put, then=second.close, items=range(100))

    async def body() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(first.run())
            group.create_task(second.run())

    asyncio.run(body())
    assert out == [4 * n for n in range(100)]


def test_a_full_lane_makes_the_feeder_wait() -> None:
    gate = threading.Event()
    lane: Lane[int, bool] = Lane("slow", lambda _: gate.wait(10), lambda _: None, capacity=2)

    async def body() -> int:
        fed = 0

        async def feed() -> None:
            nonlocal fed
            for n in range(10):
                await asyncio.to_thread(lane.put, n)
                fed += 1

        async with asyncio.TaskGroup() as group:
            group.create_task(lane.run())
            feeding = group.create_task(feed())
            await asyncio.sleep(0.05)
            waiting_at = fed
            gate.set()
            await feeding
            lane.close()
        return waiting_at

    assert asyncio.run(body()) == 3  # one in hand, two queued


def test_a_shedding_lane_never_makes_the_feeder_wait() -> None:
    gate, started = threading.Event(), threading.Event()
    out: list[int] = []

    def slow(n: int) -> int:
        started.set()
        gate.wait(10)
        return n

    lane = Lane("live", slow, out.append, capacity=2, full=WhenFull.SHED)

    async def body() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(lane.run())
            await asyncio.to_thread(lane.put, 0)
            await asyncio.to_thread(started.wait, 5)
            for n in range(1, 10):
                await asyncio.to_thread(lane.put, n)
            gate.set()
            lane.close()

    asyncio.run(body())
    assert out == [0, 8, 9]
    assert lane.inbox.shed == 7


def test_a_failure_carries_to_the_owner_and_refuses_further_items() -> None:
    def fail(n: int) -> int:
        raise ZeroDivisionError(f"at {n}")

    lane = Lane("fails", fail, lambda _: None, capacity=1)
    ended: list[str] = []
    lane_then = Lane("then", fail, lambda _: None, then=lambda: ended.append("then"), items=[1])

    async def body() -> None:
        lane.put(3)
        with pytest.raises(ZeroDivisionError, match="at 3"):
            await lane.run()
        with pytest.raises(Closed):
            await asyncio.to_thread(lane.put, 4)
        with pytest.raises(ZeroDivisionError, match="at 1"):
            await lane_then.run()

    asyncio.run(body())
    assert ended == [], "a failed lane does not tell the next one that all is well"


def test_a_feeder_that_waits_learns_of_the_failure() -> None:
    gate = threading.Event()

    def fail(_: int) -> None:
        gate.wait(10)
        raise OSError("gone")

    lane = Lane("fails", fail, lambda _: None, capacity=1)

    async def body() -> None:
        run = asyncio.create_task(lane.run())
        await asyncio.to_thread(lane.put, 0)
        await asyncio.to_thread(lane.put, 1)
        waiting = asyncio.create_task(asyncio.to_thread(lane.put, 2))
        await asyncio.sleep(0.02)
        gate.set()
        with pytest.raises(Closed):
            await waiting
        with pytest.raises(OSError, match="gone"):
            await run

    asyncio.run(body())


@pytest.mark.parametrize("where", ["items", "emit", "then"])
def test_failures_around_the_function_carry_too(where: str) -> None:
    def fail() -> None:
        raise LookupError(where)

    def items() -> Iterator[int]:
        yield 1
        if where == "items":
            fail()

    lane = Lane(
        "fails",
        twice,
        lambda _: fail() if where == "emit" else None,
        then=lambda: fail() if where == "then" else None,
        items=items(),
    )
    with pytest.raises(LookupError, match=where):
        asyncio.run(lane.run())


def test_cancelling_ends_the_thread_after_the_item_in_hand_and_drops_the_rest() -> None:
    started, gate = threading.Event(), threading.Event()
    out: list[int] = []
    ended: list[str] = []

    def slow(n: int) -> int:
        started.set()
        gate.wait(10)
        return n

    lane = Lane("cancelled-lane", slow, out.append, then=lambda: ended.append("then"), on_cancel=gate.set)

    async def body() -> None:
        run = asyncio.create_task(lane.run())
        for n in range(4):
            await asyncio.to_thread(lane.put, n)
        await asyncio.to_thread(started.wait, 5)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(body())
    assert out == [0]
    assert ended == []
    assert "cancelled-lane" not in [t.name for t in threading.enumerate()]


def test_cancelled_twice_it_still_waits_for_the_item_in_hand() -> None:
    """At Ctrl-C the loop cancels every task, and a task group its own once more; what it works on is closed then."""
    started, gate = threading.Event(), threading.Event()
    out: list[int] = []

    def slow(n: int) -> int:
        started.set()
        gate.wait(10)
        return n

    lane = Lane("twice-cancelled-lane", slow, out.append)

    async def body() -> None:
        run = asyncio.create_task(lane.run())
        await asyncio.to_thread(lane.put, 0)
        await asyncio.to_thread(started.wait, 5)
        for _ in range(3):
            run.cancel()
            await asyncio.sleep(0.02)
        assert not run.done(), "its thread still works"
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(body())
    assert out == [0]
    assert "twice-cancelled-lane" not in [t.name for t in threading.enumerate()]


def test_cancelling_ends_a_lane_over_an_endless_iterable() -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    lane = Lane("endless", twice, lambda _: None, items=endless())

    async def body() -> None:
        run = asyncio.create_task(lane.run())
        await asyncio.sleep(0.02)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    asyncio.run(body())
    assert "endless" not in [t.name for t in threading.enumerate()]


def test_a_lane_whose_next_one_has_ended_ends_quietly() -> None:
    second = Lane("second", twice, lambda _: None)
    second.cancel()
    first = Lane("first", twice, second.put, items=range(3))
    asyncio.run(first.run())
    with pytest.raises(Closed):
        first.put(1)


def test_the_time_of_the_function_is_recorded_and_not_that_of_waiting() -> None:
    now = iter([10.0, 10.5, 20.0, 20.25])
    seconds: list[float] = []
    lane = Lane("timed", twice, lambda _: None, record=seconds.append, clock=lambda: next(now), items=[1, 2])
    asyncio.run(lane.run())
    assert seconds == [0.5, 0.25]


def test_the_threads_end_may_outlive_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that hangs in a call is left behind after the grace; its end finds the loop closed and must not raise."""
    gate = threading.Event()
    lane = Lane("hangs", lambda _: gate.wait(10), lambda _: None, items=[1])
    left: list[threading.Thread] = []

    async def body() -> None:
        run = asyncio.create_task(lane.run())
        await asyncio.sleep(0.01)
        left.extend(t for t in threading.enumerate() if t.name == "hangs")
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    monkeypatch.setattr("stream.lanes.lane.GRACE", 0.01)
    asyncio.run(body())
    assert left[0].is_alive()
    gate.set()
    left[0].join(5)
    assert not left[0].is_alive()
