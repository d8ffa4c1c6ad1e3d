"""The pool: lanes side by side, results in order; ended once, failed at once, cancelled anywhere."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.lanes.lane_pool import LanePool
from stream.lanes.ring import Closed


class Kept:
    """What a pool of these functions made of items, and what became of it."""

    def __init__(self, *functions: Callable[[int], int], capacity: int = 2) -> None:
        self.made: list[int] = []
        self.ends = 0
        self.seconds: list[float] = []
        self.pool = LanePool(
            "test", functions, self._emit, then=self._end, record=self.seconds.append, capacity=capacity
        )

    def _emit(self, made: int) -> None:
        self.made.append(made)

    def _end(self) -> None:
        self.ends += 1

    async def run(self, items: list[int]) -> None:
        def feed() -> None:
            try:
                for item in items:
                    self.pool.put(item)
                self.pool.close()
            except Closed:
                pass

        feeder = threading.Thread(target=feed)
        async with asyncio.TaskGroup() as group:
            for lane in self.pool.lanes:
                group.create_task(lane.run())
            feeder.start()
        await asyncio.to_thread(feeder.join, 10)
        assert not feeder.is_alive()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=20), st.integers(1, 4))
def test_results_leave_in_order_whatever_each_takes(delays: list[int], hands: int) -> None:
    def work(item: int) -> int:
        time.sleep(delays[item] / 1000)
        return 10 * item

    kept = Kept(*[work] * hands)
    asyncio.run(kept.run(list(range(len(delays)))))
    assert kept.made == [10 * i for i in range(len(delays))]
    assert kept.ends == 1 and len(kept.seconds) == len(delays)


def test_lanes_work_at_once_and_each_has_its_own_items() -> None:
    """Two that wait for each other: alone neither would go on."""
    both = threading.Barrier(2, timeout=10)
    seen: dict[int, list[int]] = {0: [], 1: []}

    def hand(number: int) -> Callable[[int], int]:
        def work(item: int) -> int:
            both.wait()
            seen[number].append(item)
            return item

        return work

    kept = Kept(hand(0), hand(1))
    asyncio.run(kept.run(list(range(8))))
    assert kept.made == list(range(8))
    assert seen == {0: [0, 2, 4, 6], 1: [1, 3, 5, 7]}


def test_a_slow_item_holds_back_those_behind_it_and_no_more_than_a_bounded_number() -> None:
    gate, begun = threading.Event(), list[int]()

    def work(item: int) -> int:
        begun.append(item)
        if item == 0:
            assert gate.wait(10)
        return item

    kept = Kept(work, work, capacity=1)

    async def go() -> None:
        running = asyncio.create_task(kept.run(list(range(30))))
        await asyncio.sleep(0.1)
        assert kept.made == [] and len(begun) <= 6, "the other lane goes on until the window is full"
        gate.set()
        await running

    asyncio.run(go())
    assert kept.made == list(range(30)) and kept.ends == 1


def test_a_failure_is_raised_and_nothing_is_said_to_have_ended() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise OSError("broken")
        return item

    kept = Kept(work, work)
    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(kept.run(list(range(50))))
    assert raised.group_contains(OSError, match="broken")
    assert kept.made == [0, 1, 2][: len(kept.made)] and kept.ends == 0


def test_cancelled_lanes_let_the_feeder_go() -> None:
    def work(item: int) -> int:
        time.sleep(0.005)
        return item

    kept = Kept(work, work)

    async def go() -> None:
        running = asyncio.create_task(kept.run(list(range(10_000))))
        await asyncio.sleep(0.1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(go())
    assert kept.made == list(range(len(kept.made))) and kept.ends == 0
    with pytest.raises(Closed):
        for item in range(100):
            kept.pool.put(item)


def test_of_nothing_comes_nothing_and_it_ends() -> None:
    kept = Kept(lambda item: item, lambda item: item, lambda item: item)
    asyncio.run(kept.run([]))
    assert kept.made == [] and kept.ends == 1


def test_results_that_are_zero_leave_like_all_others() -> None:
    kept = Kept(lambda _: 0)
    asyncio.run(kept.run([1, 2]))
    assert kept.made == [0, 0]
