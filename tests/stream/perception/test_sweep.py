"""Tiles by value: everything at once where a shot begins, then evenly spread, nothing where it is of no use."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.values import Box
from stream.perception.face_selection import FaceSelection, parse_rules
from stream.perception.sweep import Sweep


def test_the_first_frame_of_a_shot_shows_all() -> None:
    sweep = Sweep()
    assert sweep(5.0, 7, 1.0, True) == list(range(7))
    assert sweep(5.0, 7, 1.0, True) == []
    sweep.restart()
    assert sweep(5.04, 7, 1.0, True) == list(range(7))


def test_the_first_frame_shows_nothing_where_a_find_would_be_of_no_use() -> None:
    sweep = Sweep()
    assert sweep(5.0, 7, 1.0, False) == []
    assert sweep(5.1, 7, 1.0, True) == []
    assert sorted(i for k in range(2, 12) for i in sweep(5 + k / 10, 7, 1.0, True)) == list(range(7))


@pytest.mark.parametrize("rate", [5, 24, 30, 60, 144])
@pytest.mark.parametrize("count", [1, 7, 40])
def test_a_round_takes_its_time_and_no_frame_has_more_than_its_share(rate: int, count: int) -> None:
    sweep = Sweep()
    sweep(0.0, count, 1.0, True)
    looks = [sweep(i / rate, count, 1.0, True) for i in range(1, 3 * rate + 2)]
    assert max(map(len, looks)) <= count / rate + 1
    seen = Counter(tile for look in looks for tile in look)
    assert sorted(seen) == list(range(count))
    assert all(2 <= times <= 4 for times in seen.values())


def test_nothing_is_owed_for_a_time_in_which_nobody_was_wanted() -> None:
    sweep = Sweep()
    sweep(0.0, 10, 1.0, True)
    assert sweep(5.0, 10, 1.0, False) == []
    assert len(sweep(5.15, 10, 1.0, True)) == 1


def test_a_long_gap_is_one_round() -> None:
    sweep = Sweep()
    sweep(0.0, 10, 1.0, True)
    assert sorted(sweep(60.0, 10, 1.0, True)) == list(range(10))
    assert sweep(60.05, 10, 1.0, True) == []


def test_a_pace_of_never_is_never() -> None:
    sweep = Sweep()
    sweep(0.0, 10, 1e9, True)
    assert not any(sweep(i / 30, 10, 1e9, True) for i in range(1, 300))


@given(st.lists(st.floats(-1, 3), max_size=60), st.integers(1, 50), st.floats(0.1, 5))
def test_any_times_give_valid_tiles_once_a_frame(steps: list[float], count: int, every: float) -> None:
    sweep, now = Sweep(), 0.0
    for step in steps:
        now += step
        look = sweep(now, count, every, True)
        assert len(set(look)) == len(look) <= count
        assert all(0 <= tile < count for tile in look)


HERE, THERE = Box(0, 0, 10, 10), Box(50, 0, 90, 40)


@pytest.mark.parametrize(
    ("who", "boxes", "settled"),
    [
        ("largest", {}, False),
        ("largest", {1: HERE}, True),
        ("largest", {1: HERE, 2: THERE}, True),
        ("left-to-right:1", {1: HERE}, True),
        ("left-to-right:2", {1: HERE}, False),
        ("all", {1: HERE}, False),
        ("box:0,0,20,20", {1: HERE}, False),  # a box takes whoever comes into it
    ],
)
def test_settled_is_when_no_newcomer_can_get_a_source(who: str, boxes: dict[int, Box], settled: bool) -> None:
    casting = FaceSelection(parse_rules(who, (), 1))
    casting.assign(boxes)
    assert casting.settled(set(boxes)) is settled


def test_who_is_out_of_sight_settles_nothing() -> None:
    casting = FaceSelection(parse_rules("largest", (), 1))
    casting.assign({1: HERE})
    assert not casting.settled(set())


def test_every_rule_has_to_have_its_face() -> None:
    casting = FaceSelection(parse_rules(None, (), 2))
    casting.assign({1: HERE})
    assert not casting.settled({1})
    casting.assign({1: HERE, 2: THERE})
    assert casting.settled({1, 2})


@pytest.mark.parametrize(
    ("who", "boxes", "beyond"),
    [
        ("largest", [], False),
        ("largest", [Box(0, 0, 90, 80)], False),
        ("largest", [Box(0, 0, 20, 20), Box(50, 0, 130, 101)], True),
        ("all", [Box(0, 0, 300, 300)], False),
        ("left-to-right:1", [Box(0, 0, 300, 300)], False),
    ],
)
def test_small_faces_are_of_no_use_where_the_largest_is_wanted_and_larger(
    who: str, boxes: list[Box], beyond: bool
) -> None:
    assert FaceSelection(parse_rules(who, (), 1)).beyond(boxes, 100) is beyond


def test_two_rules_may_each_want_a_face() -> None:
    casting = FaceSelection(parse_rules(None, ("1=largest", "2=left-to-right:2"), 2))
    assert not casting.beyond([Box(0, 0, 300, 300)], 100)
