"""The gate: order between threads, a bounded window, cancelling."""

import random
import threading
import time

import pytest

from stream.lanes.reorder import Released
from stream.lanes.ring import Closed
from stream.lanes.shared_reorder import SharedReorder


def test_admission_waits_for_room_and_results_leave_in_order() -> None:
    out: list[Released[str]] = []
    gate: SharedReorder[str] = SharedReorder(2, out.append)
    gate.admit(0)
    gate.admit(1)
    admitted = threading.Event()

    def third() -> None:
        gate.admit(2)
        admitted.set()

    thread = threading.Thread(target=third, daemon=True)
    thread.start()
    gate.settle(1, "b")
    assert not admitted.wait(0.05)
    assert out == []
    gate.settle(0, "a")
    assert admitted.wait(5)
    gate.settle(2, "c")
    assert [(r.index, r.item) for r in out] == [(0, "a"), (1, "b"), (2, "c")]
    thread.join(5)


def test_cancelling_wakes_who_waits_even_while_the_way_out_is_blocked() -> None:
    blocked, free = threading.Event(), threading.Event()

    def onward(_: Released[str]) -> None:
        blocked.set()
        free.wait(10)

    gate: SharedReorder[str] = SharedReorder(1, onward)
    gate.admit(0)
    settler = threading.Thread(target=gate.settle, args=(0, "a"), daemon=True)
    settler.start()
    assert blocked.wait(5)
    gate.admit(1)
    refused = threading.Event()

    def admit() -> None:
        with pytest.raises(Closed):
            gate.admit(2)
        refused.set()

    waiter = threading.Thread(target=admit, daemon=True)
    waiter.start()
    assert not refused.wait(0.02)
    gate.cancel()
    assert refused.wait(5)
    free.set()
    settler.join(5)
    waiter.join(5)


def test_many_threads_settle_and_none_overtakes() -> None:
    out: list[int] = []
    gate: SharedReorder[int] = SharedReorder(8, lambda released: out.append(released.index))
    todo = iter(range(400))
    lock = threading.Lock()
    chance = random.Random(1)

    def work() -> None:
        while True:
            with lock:  # one admission at a time, as one decoder would
                index = next(todo, None)
                if index is None:
                    return
                gate.admit(index)
            if chance.random() < 0.05:
                time.sleep(0.001)
            gate.settle(index, index)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert out == list(range(400))
