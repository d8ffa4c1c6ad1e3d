"""Connections by value: the count, who has to make room for whom, and how often one address may come."""

from hypothesis import given
from hypothesis import strategies as st

from stream.net.connections import ADDRESSES, GRACE, Arrival, Connections


def test_so_many_and_no_more() -> None:
    connections = Connections(2)
    assert [connections.arrive("a", 0.0).number for _ in range(3)] == [1, 2, None]
    assert len(connections) == 2 and connections.refused == 1
    connections.leave(1)
    connections.leave(1)
    assert connections.arrive("a", 0.0).number is not None


def test_the_one_that_waits_longest_makes_room() -> None:
    connections = Connections(2)
    connections.arrive("a", 0.0)
    connections.arrive("a", 1.0)
    assert connections.arrive("b", 1.0 + GRACE) == Arrival(3, evicted=1)
    assert connections.arrive("b", 1.0 + GRACE) == Arrival(4, evicted=2)
    assert connections.arrive("b", 1.0 + GRACE) == Arrival(None), "the others have only just come"


def test_who_works_is_never_closed_for_another() -> None:
    connections = Connections(2)
    for number in (1, 2):
        connections.arrive("a", 0.0)
        connections.busy(number)
    assert connections.arrive("b", 100.0) == Arrival(None)
    connections.idle(1, 100.0)
    assert connections.arrive("b", 100.1) == Arrival(None)
    assert connections.arrive("b", 100.0 + GRACE) == Arrival(3, evicted=1)
    connections.idle(1, 101.0)
    connections.busy(1)
    assert len(connections) == 2, "who has gone stays gone"


def test_one_address_comes_only_so_often() -> None:
    connections = Connections(1000, per_minute=60, burst=3)
    assert [connections.arrive("a", 0.0).number is not None for _ in range(4)] == [True, True, True, False]
    assert connections.arrive("b", 0.0).number is not None
    assert connections.arrive("a", 1.0).number is not None
    assert connections.refused == 1


def test_addresses_are_forgotten_and_their_number_is_bounded() -> None:
    connections = Connections(10 * ADDRESSES, per_minute=60, burst=1)
    numbers = [connections.arrive(str(i), 0.0).number for i in range(ADDRESSES + 5)]
    assert numbers.count(None) == 5
    assert connections.arrive("another", 2.0).number is not None


@given(st.lists(st.tuples(st.sampled_from(["arrive", "busy", "idle", "leave"]), st.integers(1, 12)), max_size=60))
def test_the_count_never_exceeds_the_limit(events: list[tuple[str, int]]) -> None:
    connections, now = Connections(4), 0.0
    for what, number in events:
        now += 0.3
        if what == "arrive":
            before = len(connections)
            arrival = connections.arrive("a", now)
            assert len(connections) == before + (arrival.number is not None) - (arrival.evicted is not None)
        elif what == "idle":
            connections.idle(number, now)
        elif what == "busy":
            connections.busy(number)
        else:
            connections.leave(number)
        assert 0 <= len(connections) <= 4
