"""Stats: quantiles against numpy, bounded memory, the table by value, the clock passed in."""

import threading
import tracemalloc
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.frame import Route
from stream.telemetry.stats import BINS, Histogram, StageTiming, Stats, Table


def ticking(*times: float) -> Callable[[], float]:
    hands: Iterator[float] = iter(times)
    return lambda: next(hands)


@given(st.lists(st.floats(2e-6, 900.0), min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99]))
def test_quantiles_are_right_to_one_percent(seconds: list[float], share: float) -> None:
    histogram = Histogram()
    for value in seconds:
        histogram.add(value)
    true = float(np.quantile(seconds, share, method="inverted_cdf"))
    assert histogram.quantile(share) == pytest.approx(true, rel=0.0101)


def test_a_single_value_is_told_exactly() -> None:
    histogram = Histogram()
    histogram.add(0.25)
    assert histogram.timing() == StageTiming(1, 0.25, 0.25, 0.25, 0.25)


def test_values_beyond_the_bins_are_counted_in_the_last_bin_of_their_side() -> None:
    histogram = Histogram()
    for value in (0.0, -1e-9, 1e-9):
        histogram.add(value)
    assert histogram.quantile(0.5) <= 1.1e-6
    long = Histogram()
    long.add(1e5)
    long.add(2e5)
    assert long.timing().count == 2
    assert long.quantile(0.99) == pytest.approx(1e5), "never less than the least, never more than the most"


def test_no_values_are_zeros_and_not_an_error() -> None:
    assert Histogram().timing() == StageTiming()
    assert StageTiming().mean == 0.0


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    histogram = Histogram()
    tracemalloc.start()
    for n in range(1, 50_000):
        histogram.add(n * 1e-4)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert BINS < 1100
    assert grown < 64 * BINS, "an integer a bin, however many values"


def test_mean_is_total_over_count() -> None:
    assert StageTiming(4, 2.0).mean == 0.5


def test_time_and_timed_use_the_clock_passed_in() -> None:
    stats = Stats(ticking(0.0, 10.0, 10.5, 20.0, 20.25, 30.0, 31.0, 40.0, 50.0))
    with stats.time("block"):
        pass
    assert list(stats.timed("items", "ab")) == ["a", "b"]
    table = stats.table()
    assert table.stages["block"] == StageTiming(1, 0.5, 0.5, 0.5, 0.5)
    assert table.stages["items"].count == 2
    assert table.stages["items"].total == 1.25
    assert table.wall == 50.0


def test_a_failing_block_is_not_counted() -> None:
    stats = Stats()
    with pytest.raises(ZeroDivisionError), stats.time("block"):
        raise ZeroDivisionError
    assert stats.table().stages == {}


def test_stages_stand_in_the_order_of_their_adders() -> None:
    stats = Stats()
    stats.adder("decode")
    stats.adder("paint")
    stats.add("paint", 1.0)
    stats.add("decode", 1.0)
    stats.add("flush", 1.0)
    assert list(stats.table().stages) == ["decode", "paint", "flush"]


def test_the_table_counts_frames_by_route() -> None:
    stats = Stats(ticking(0.0, 2.0))
    for _ in range(3):
        stats.routed(Route.FAST, 0.010)
    stats.routed(Route.PASS, 0.0)
    table = stats.table()
    assert table.frames == 4
    assert table.fps == 2.0
    assert table.share(Route.FAST) == 0.75
    assert list(table.routes) == [Route.PASS, Route.FAST], "in the order of the routes, not of their first frame"
    assert table.routes[Route.FAST].mean == pytest.approx(0.010)


def test_busy_is_the_share_of_the_whole_time_that_a_threads_stages_took() -> None:
    table = Table(
        {}, {"paint": StageTiming(10, 1.0), "paste": StageTiming(2, 2.0), "decode": StageTiming(1, 0.5)}, wall=4.0
    )
    assert table.busy("paint", "paste") == 0.75
    assert table.busy("decode", "never seen") == 0.125


def test_an_empty_table_divides_by_nothing() -> None:
    table = Table({Route.PASS: StageTiming()}, {"decode": StageTiming()}, wall=0.0)
    assert (table.frames, table.fps, table.share(Route.PASS), table.busy("decode")) == (0, 0.0, 0.0, 0.0)


def test_several_threads_lose_no_count() -> None:
    stats = Stats()
    add = stats.adder("stage")

    def work() -> None:
        for _ in range(2000):
            add(0.001)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stats.table().stages["stage"].count == 8000
