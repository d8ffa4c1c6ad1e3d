"""The ring: order, both policies, closing, cancelling, waking. By value, and under threads."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.lanes.ring import Closed, Ring, WhenFull


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_items_come_out_in_the_order_they_went_in() -> None:
    ring: Ring[int] = Ring(3)
    for item in (1, 2, 3):
        assert ring.put(item) is None
    assert len(ring) == 3
    assert [ring.get(), ring.get(), ring.get()] == [1, 2, 3]
    assert len(ring) == 0


def test_a_ring_without_room_for_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one item, not 0"):
        Ring(0)


def test_put_waits_for_room() -> None:
    ring: Ring[int] = Ring(1)
    ring.put(1)
    passed = threading.Event()

    def second() -> None:
        ring.put(2)
        passed.set()

    thread = in_thread(second)
    assert not passed.wait(0.05)
    assert ring.get() == 1
    assert passed.wait(5)
    assert ring.get() == 2
    thread.join(5)
    assert ring.shed == 0


def test_get_waits_for_an_item() -> None:
    ring: Ring[int] = Ring(1)
    got: list[int] = []
    thread = in_thread(lambda: got.append(ring.get()))
    ring.put(7)
    thread.join(5)
    assert got == [7]


@given(st.integers(1, 5), st.lists(st.integers(), max_size=30))
def test_a_shedding_ring_keeps_the_newest_and_returns_and_counts_the_rest(capacity: int, items: list[int]) -> None:
    ring: Ring[int] = Ring(capacity, WhenFull.SHED)
    shed = [old for item in items if (old := ring.put(item)) is not None]
    kept = [ring.get() for _ in range(len(ring))]
    assert shed + kept == items
    assert kept == items[-capacity:]
    assert ring.shed == len(shed)


def test_a_closed_ring_drains_and_then_ends() -> None:
    ring: Ring[int] = Ring(4)
    ring.put(1)
    ring.put(2)
    ring.close()
    with pytest.raises(Closed):
        ring.put(3)
    assert list(ring) == [1, 2]
    with pytest.raises(Closed):
        ring.get()


def test_a_cancelled_ring_drops_what_it_holds() -> None:
    ring: Ring[int] = Ring(4)
    ring.put(1)
    ring.cancel()
    assert list(ring) == []
    with pytest.raises(Closed):
        ring.put(2)


@pytest.mark.parametrize("end", [Ring.close, Ring.cancel])
def test_ending_wakes_a_waiting_get(end: Callable[[Ring[int]], None]) -> None:
    ring: Ring[int] = Ring(1)
    ended = threading.Event()

    def get() -> None:
        with pytest.raises(Closed):
            ring.get()
        ended.set()

    thread = in_thread(get)
    assert not ended.wait(0.02)
    end(ring)
    assert ended.wait(5)
    thread.join(5)


@pytest.mark.parametrize("end", [Ring.close, Ring.cancel])
def test_ending_wakes_a_waiting_put(end: Callable[[Ring[int]], None]) -> None:
    ring: Ring[int] = Ring(1)
    ring.put(1)
    refused = threading.Event()

    def put() -> None:
        with pytest.raises(Closed):
            ring.put(2)
        refused.set()

    thread = in_thread(put)
    assert not refused.wait(0.02)
    end(ring)
    assert refused.wait(5)
    thread.join(5)


def test_nothing_is_lost_or_doubled_between_several_threads() -> None:
    ring: Ring[tuple[int, int]] = Ring(2)
    threads = [in_thread(lambda who=who: [ring.put((who, n)) for n in range(300)]) for who in range(3)]  # type: ignore[misc]
    got = [ring.get() for _ in range(900)]
    for thread in threads:
        thread.join(5)
    for who in range(3):
        assert [n for w, n in got if w == who] == list(range(300))
