"""Who is who across cuts, by value: who is recalled, under which rule, and who is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.values import F32
from stream.perception.actors import CLEAR, MOST, PLACE, Actors, Sighting, matched

LEFT, RIGHT = (0.25, 0.5), (0.75, 0.5)
SURE, LIKELY = 0.9, 0.6


def looks(angle: float) -> F32:
    """A direction in the plane: two are as like as the cosine of what lies between them (degrees)."""
    a = np.radians(angle)
    return np.array([np.cos(a), np.sin(a)], np.float32)


def someone(angle: float, place: tuple[float, float] = LEFT) -> Sighting:
    return Sighting(looks(angle), place)


def shot(*people: tuple[int, Sighting, int | None]) -> Actors:
    """Actors after one shot with these people: track, how they look, rule."""
    actors = Actors(SURE, LIKELY)
    assert actors.recall({track: seen for track, seen, _ in people}) == {}
    actors.name({track: rule for track, _, rule in people if rule is not None})
    actors.keep(set())
    return actors


def test_exchanged_seats_are_not_exchanged_rules() -> None:
    actors = shot((1, someone(0, LEFT), 0), (2, someone(60, RIGHT), 1))
    assert actors.recall({7: someone(55, LEFT), 8: someone(5, RIGHT)}) == {7: 1, 8: 0}


def test_kept_seats_are_kept() -> None:
    actors = shot((1, someone(0, LEFT), 0), (2, someone(60, RIGHT), 1))
    assert actors.recall({7: someone(5, LEFT), 8: someone(55, RIGHT)}) == {7: 0, 8: 1}


def test_where_looks_say_nothing_places_do() -> None:
    actors = shot((1, someone(0, LEFT), 0), (2, someone(1, RIGHT), 1))
    assert actors.recall({7: someone(0.5, RIGHT), 8: someone(0.5, LEFT)}) == {7: 1, 8: 0}


def test_one_of_two_is_recalled_alone() -> None:
    actors = shot((1, someone(0, LEFT), 0), (2, someone(60, RIGHT), 1))
    assert actors.recall({7: someone(52, LEFT)}) == {7: 1}
    # and the other one is still remembered
    assert actors.recall({8: someone(4, RIGHT)}) == {8: 0}


def test_a_stranger_is_nobody() -> None:
    actors = shot((1, someone(0), 0))
    assert actors.recall({7: someone(80)}) == {}


def test_who_may_be_either_is_neither() -> None:
    """As like the one as the other, and surely none of them."""
    actors = shot((1, someone(0), 0), (2, someone(80), 1))
    assert actors.recall({7: someone(40)}) == {}


def test_a_bystander_is_known_as_one() -> None:
    """Who fell under no rule is not taken for the actor, though nobody else is there."""
    actors = shot((1, someone(0), 0), (2, someone(30), None))
    assert actors.recall({7: someone(28)}) == {}
    assert actors.recall({8: someone(3)}) == {8: 0}


def test_an_actor_is_known_over_several_shots() -> None:
    actors = shot((1, someone(0), 0), (2, someone(60), 1))
    actors.recall({3: someone(60)})
    actors.name({3: 1})
    actors.keep(set())
    actors.recall({4: someone(100)})  # a shot of somebody else
    actors.keep(set())
    assert actors.recall({5: someone(58, LEFT), 6: someone(2, RIGHT)}) == {5: 1, 6: 0}


def test_who_was_met_first_comes_first() -> None:
    """Two people held one rule in shots of their own."""
    actors = shot((1, someone(0), 0))
    actors.recall({2: someone(90)})
    actors.name({2: 0})
    actors.keep(set())
    got = actors.recall({5: someone(88), 6: someone(2)})
    assert list(got.items()) == [(6, 0), (5, 0)]


def test_a_look_follows_who_changes_slowly() -> None:
    actors = Actors(SURE, LIKELY)
    actors.recall({1: someone(0)})
    for angle in range(2, 82, 2):
        actors.note({1: someone(angle)})
    actors.name({1: 0})
    actors.keep(set())
    assert actors.recall({2: someone(0)}) == {} and actors.recall({3: someone(80)}) == {3: 0}


def test_a_track_that_was_another_persons_is_not_remembered() -> None:
    actors = Actors(SURE, LIKELY)
    actors.recall({1: someone(0), 2: someone(0)})
    actors.name({2: 0})
    actors.drop(1)
    actors.drop(99)
    actors.keep(set())
    assert actors.recall({5: someone(0)}) == {5: 0}


def test_who_stays_is_not_in_the_past() -> None:
    actors = Actors(SURE, LIKELY)
    actors.recall({1: someone(0), 2: someone(80)})
    actors.name({1: 0, 2: 1})
    actors.keep({2})
    assert actors.recall({5: someone(80)}) == {}
    assert actors.recall({6: someone(0)}) == {6: 0}


def test_memory_is_bounded() -> None:
    actors = Actors(0.9999, 0.9998)
    for i in range(3 * MOST):
        actors.recall({i: someone(i * 180 / (3 * MOST))})
        actors.name({i: 0})
        actors.keep(set())
    assert actors.recall({1000: someone(0)}) == {}
    assert actors.recall({1001: someone((3 * MOST - 1) * 180 / (3 * MOST))}) == {1001: 0}


@pytest.mark.parametrize(
    ("likeness", "pairs"),
    [
        ([[0.95, 0.5], [0.5, 0.95]], {0: 0, 1: 1}),
        ([[0.95, 0.94], [0.94, 0.2]], {0: 1, 1: 0}),  # the sum counts, not the best pair
        ([[0.7, 0.3]], {0: 0}),  # likely, and nobody else
        ([[0.7, 0.68]], {}),  # likely, and another one too
        ([[0.5, 0.1]], {}),  # not likely
        ([[0.95], [0.93]], {0: 0}),  # one column, one row
        ([[]], {}),
    ],
)
def test_pairs_by_value(likeness: list[list[float]], pairs: dict[int, int]) -> None:
    assert matched(np.array(likeness, np.float32).reshape(len(likeness), -1), SURE, LIKELY) == pairs


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 10_000))
def test_nobody_is_two_people(rows: int, columns: int, seed: int) -> None:
    likeness = np.random.default_rng(seed).uniform(0, 1, (rows, columns)).astype(np.float32)
    pairs = matched(likeness, SURE, LIKELY)
    assert len(set(pairs.values())) == len(pairs)
    assert all(likeness[r, c] >= LIKELY for r, c in pairs.items())


def test_a_place_is_worth_less_than_a_clear_difference() -> None:
    assert PLACE < CLEAR
