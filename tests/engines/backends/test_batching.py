"""The micro-batcher's decisions by value, and its thread with many callers at once."""

import threading
import time
from collections.abc import Hashable, Mapping
from concurrent.futures import CancelledError, Future

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.backends.batcher import Batcher
from engines.backends.batching import BatchJob, Waiting
from engines.backends.reference import ReferenceEngine
from engines.protocol import Spec
from engines.values import Array


def job(stream: Hashable, number: int = 0, rows: int = 1, born: float = 0.0, side: int = 2) -> BatchJob:
    return BatchJob(stream, {"x": np.full((rows, side), number, np.float32)}, born)


def names(jobs: list[BatchJob]) -> list[tuple[Hashable, int]]:
    return [(j.stream, int(np.asarray(j.feeds["x"], int)[0, 0])) for j in jobs]


def test_streams_take_turns_and_keep_their_order() -> None:
    waiting = Waiting(most=4, wait=1)
    for i in range(5):
        waiting.add(job("busy", i, born=i / 10))
    waiting.add(job("calm", 0, born=0.35))
    assert names(waiting.take()) == [("busy", 0), ("calm", 0), ("busy", 1), ("busy", 2)]
    assert names(waiting.take()) == [("busy", 3), ("busy", 4)]
    assert waiting.take() == []


def test_rows_behind_another_kind_do_not_fill_a_call() -> None:
    """Two rows wait that fit together, but one stands behind a job of another kind: there is company to wait for."""
    waiting = Waiting(most=2, wait=1)
    waiting.add(job("a", 0, born=0.0, side=2))
    waiting.add(job("a", 1, born=0.1, side=3))
    waiting.add(job("a", 2, born=0.2, side=2))
    assert waiting.due(0.25) == 0.75
    waiting.add(job("b", 0, born=0.25, side=2))
    assert waiting.due(0.25) == 0


def test_the_oldest_job_always_goes() -> None:
    waiting = Waiting(most=1, wait=1)
    waiting.add(job("a", 0, born=1.0))
    waiting.add(job("b", 0, born=0.5))
    waiting.add(job("a", 1, born=1.1))
    assert [names(waiting.take()) for _ in range(3)] == [[("b", 0)], [("a", 0)], [("a", 1)]]


def test_rows_are_bounded_and_a_big_job_goes_alone() -> None:
    waiting = Waiting(most=4, wait=1)
    for i, rows in enumerate((3, 2, 1, 9, 1)):
        waiting.add(job(i, i, rows, born=float(i)))
    taken = [[j.rows for j in waiting.take()] for _ in range(3)]
    assert taken == [[3, 1], [2, 1], [9]]


def test_jobs_of_another_kind_wait_and_nobody_overtakes_in_a_stream() -> None:
    waiting = Waiting(most=8, wait=1)
    waiting.add(job("a", 0, born=0.0, side=2))
    waiting.add(job("a", 1, born=0.1, side=3))
    waiting.add(job("a", 2, born=0.2, side=2))
    waiting.add(job("b", 0, born=0.3, side=2))
    assert names(waiting.take()) == [("a", 0), ("b", 0)]
    assert names(waiting.take()) == [("a", 1)]
    assert names(waiting.take()) == [("a", 2)]


def test_a_call_is_due_when_full_or_when_the_oldest_has_waited() -> None:
    waiting = Waiting(most=3, wait=0.5)
    assert waiting.due(0.0) is None
    waiting.add(job("a", born=1.0))
    assert waiting.due(1.1) == pytest.approx(0.4)
    waiting.add(job("b", born=1.2))
    assert waiting.due(1.3) == pytest.approx(0.2), "later jobs do not put it off"
    assert waiting.due(9.0) == 0
    waiting.add(job("a", 1, born=1.3))
    assert waiting.due(1.3) == 0


def test_nobody_is_waited_for_once_all_are_there() -> None:
    waiting = Waiting(most=8, wait=0.5)
    waiting.add(job("a", born=1.0))
    waiting.add(job("a", 1, born=1.0))
    assert waiting.due(1.1, company=2) == pytest.approx(0.4), "two jobs of one stream are one in company"
    waiting.add(job("b", born=1.1))
    assert waiting.due(1.1, company=2) == 0
    assert waiting.due(1.1, company=3) == pytest.approx(0.4)


def test_who_waited_through_a_call_waits_for_those_who_were_in_it() -> None:
    """Else two who come in turns would miss each other for ever."""
    waiting = Waiting(most=8, wait=0.5)
    waiting.add(job("b", born=1.0))
    assert waiting.due(3.0, company=2) == 0
    assert waiting.due(3.0, company=2, free=2.9) == pytest.approx(0.4)
    waiting.add(job("a", born=3.0))
    assert waiting.due(3.0, company=2, free=2.9) == 0


def test_cancelling_takes_one_stream_back() -> None:
    waiting = Waiting(most=8, wait=1)
    for i in range(2):
        waiting.add(job("gone", i, born=0.0))
        waiting.add(job("stays", i, born=0.1))
    assert names(waiting.cancel("gone")) == [("gone", 0), ("gone", 1)]
    assert waiting.cancel("gone") == []
    assert names(waiting.take()) == [("stays", 0), ("stays", 1)]


def test_room_is_bounded() -> None:
    waiting = Waiting(most=2, wait=1, room=2)
    waiting.add(job("a"))
    waiting.add(job("a"))
    assert waiting.full
    with pytest.raises(OverflowError):
        waiting.add(job("b"))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(2, 3)), max_size=30), st.integers(1, 6))
def test_everything_leaves_once_in_order_within_bounds(jobs: list[tuple[int, int, int]], most: int) -> None:
    waiting = Waiting(most, wait=1)
    added = [job(stream, i, rows, born=float(i), side=side) for i, (stream, rows, side) in enumerate(jobs)]
    for one in added:
        waiting.add(one)
    left: list[BatchJob] = []
    while batch := waiting.take():
        assert len({j.kind for j in batch}) == 1
        assert sum(j.rows for j in batch) <= most or len(batch) == 1
        left += batch
    assert sorted(j.born for j in left) == [j.born for j in added]
    for stream in range(4):
        own = [j.born for j in left if j.stream == stream]
        assert own == sorted(own)


class Slow:
    """x -> 2 x, that takes `seconds` a call and can be held."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.calls: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.seconds = seconds

    def __call__(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        self.gate.wait()
        time.sleep(self.seconds)
        x = feeds["x"]
        self.calls.append(len(x))
        if (np.asarray(x, np.float32) < 0).any():
            raise ValueError("negative")
        return {"y": np.multiply(x, 2, dtype=np.float32)}

    def engine(self) -> ReferenceEngine:
        return ReferenceEngine({"x": Spec((-1, 2), "float32")}, {"y": Spec((-1, 2), "float32")}, self)


def rows(number: float, count: int = 1) -> dict[str, Array]:
    return {"x": np.full((count, 2), number, np.float32)}


def held(slow: Slow, batcher: Batcher) -> Future[dict[str, Array]]:
    """Keeps the thread busy with one call until the gate is opened."""
    slow.gate.clear()
    first = batcher.submit("hold", rows(0))
    while not first.running():
        time.sleep(0.001)
    return first


def test_what_waits_meanwhile_goes_as_one_call() -> None:
    slow = Slow()
    batcher = Batcher(slow.engine(), most=8, wait=0)
    held(slow, batcher)
    futures = [batcher.submit(f"stream {i % 3}", rows(i, 1 + i % 2)) for i in range(5)]
    slow.gate.set()
    answers = [future.result(5)["y"] for future in futures]
    assert [(a.shape[0], np.asarray(a)[0, 0]) for a in answers] == [(1, 0), (2, 2), (1, 4), (2, 6), (1, 8)]
    assert slow.calls == [1, 7]
    assert (batcher.calls, batcher.rows) == (2, 8)
    batcher.close()


def test_sessions_of_many_threads_get_their_own_rows() -> None:
    slow = Slow(0.001)
    batcher = Batcher(slow.engine(), most=8, wait=0.002)
    wrong: list[float] = []

    def work(stream: int) -> None:
        session = batcher.session(stream)
        for i in range(30):
            got = session.run(rows(stream * 100 + i, 1 + i % 3))["y"]
            if np.any(np.asarray(got) != 2 * (stream * 100 + i)):
                wrong.append(stream)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    batcher.close()
    assert wrong == [] and batcher.rows == 6 * 60
    assert batcher.calls < 120, "calls were joined"
    assert max(slow.calls) <= 8


def test_a_call_goes_at_once_when_every_session_is_in_it() -> None:
    """The wait is a minute: whoever goes by it never answers."""
    slow = Slow()
    batcher = Batcher(slow.engine(), most=8, wait=60)
    sessions = [batcher.session(i) for i in range(3)]
    got: dict[int, float] = {}

    def work(i: int) -> None:
        for turn in range(5):
            got[i] = float(np.asarray(sessions[i].run(rows(10 * i + turn))["y"], np.float32)[0, 0])

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert got == {0: 8, 1: 28, 2: 48}
    assert slow.calls == [3] * 5
    sessions[2].close()  # who left is not waited for
    pair = [batcher.submit(i, rows(i)) for i in range(2)]
    assert [float(np.asarray(p.result(10)["y"], np.float32)[0, 0]) for p in pair] == [0, 2], (
        "who left is not waited for"
    )
    batcher.close()


def test_streams_that_begin_one_after_the_other_meet() -> None:
    """The second comes while the first is in its call; from then on they go together."""
    slow = Slow()
    batcher = Batcher(slow.engine(), most=8, wait=1)
    first, second = batcher.session("a"), batcher.session("b")
    alone = batcher.submit("a", rows(1))
    slow.gate.clear()
    while not alone.running():
        time.sleep(0.001)
    behind = threading.Thread(target=lambda: [second.run(rows(2)) for _ in range(3)], daemon=True)
    behind.start()
    while batcher.waiting < 1:
        time.sleep(0.001)
    slow.gate.set()
    alone.result(10)
    for _ in range(3):
        first.run(rows(3))
    behind.join(10)
    assert slow.calls == [1, 2, 2, 2]
    batcher.close()


def test_an_engine_of_fixed_rows_gets_each_callers_rows_alone() -> None:
    """As a DFM with one morph value for the whole call."""
    slow = Slow()
    inputs = {"x": Spec((-1, 2), "float32"), "morph": Spec((1,), "float32")}
    engine = ReferenceEngine(inputs, {"y": Spec((-1, 2), "float32")}, slow)
    batcher = Batcher(engine, most=8, wait=0)
    slow.gate.clear()
    futures = [batcher.submit(i, rows(i) | {"morph": np.full(1, i, np.float32)}) for i in range(4)]
    slow.gate.set()
    assert [float(np.asarray(f.result(5)["y"], np.float32)[0, 0]) for f in futures] == [0, 2, 4, 6]
    assert slow.calls == [1] * 4
    batcher.close()


def test_an_error_reaches_its_callers_and_the_thread_lives_on() -> None:
    batcher = Batcher(Slow().engine(), wait=0)
    with pytest.raises(ValueError, match="negative"):
        batcher.session("a").run(rows(-1))
    assert np.asarray(batcher.session("a").run(rows(1))["y"])[0, 0] == 2
    batcher.close()


def test_cancelled_callers_are_told_and_others_served() -> None:
    slow = Slow()
    batcher = Batcher(slow.engine(), wait=0)
    held(slow, batcher)
    gone, stays = batcher.submit("gone", rows(1)), batcher.submit("stays", rows(2))
    assert batcher.cancel("gone") == 1
    slow.gate.set()
    assert np.asarray(stays.result(5)["y"])[0, 0] == 4
    with pytest.raises(CancelledError):
        gone.result(5)
    batcher.close()


def test_a_single_future_may_be_cancelled_too() -> None:
    slow = Slow()
    batcher = Batcher(slow.engine(), wait=0)
    held(slow, batcher)
    one, other = batcher.submit("a", rows(1)), batcher.submit("a", rows(2))
    assert one.cancel()
    slow.gate.set()
    assert np.asarray(other.result(5)["y"])[0, 0] == 4
    assert slow.calls == [1, 1]
    batcher.close()


def test_closing_cancels_what_waits() -> None:
    slow = Slow()
    batcher = Batcher(slow.engine(), wait=0)
    first = held(slow, batcher)
    late = batcher.submit("a", rows(1))
    threading.Timer(0.05, slow.gate.set).start()
    batcher.close()
    assert first.result(1)["y"] is not None
    with pytest.raises(CancelledError):
        late.result(1)
    with pytest.raises(RuntimeError, match="closed"):
        batcher.submit("a", rows(1))


def test_a_full_house_makes_callers_wait() -> None:
    slow = Slow()
    batcher = Batcher(slow.engine(), most=1, wait=0, room=2)
    held(slow, batcher)
    for i in range(2):
        batcher.submit("a", rows(i))
    third = threading.Thread(target=batcher.submit, args=("a", rows(9)))
    third.start()
    third.join(0.05)
    assert third.is_alive()
    slow.gate.set()
    third.join(5)
    assert not third.is_alive()
    batcher.close()


def test_models_that_cannot_be_batched_say_so() -> None:
    outputs = {"y": Spec((-1, 2), "float32")}
    mean = ReferenceEngine({"x": Spec((-1, 2), "float32")}, outputs, lambda feeds: {"y": feeds["x"][:1]})
    gate = threading.Event()

    def function(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        gate.wait(5)
        return mean.function(feeds)

    batcher = Batcher(ReferenceEngine(mean.inputs, outputs, function), wait=0.05, most=2)
    two = [batcher.submit(i, rows(i)) for i in range(2)]
    gate.set()
    with pytest.raises(ValueError, match="cannot be batched"):
        two[0].result(5)
    batcher.close()
