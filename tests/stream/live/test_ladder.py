"""The overload ladder, by value."""

import itertools

from stream.frame import ORDER, Route
from stream.live.ladder import DOWN_AFTER, TABLE, UP_AFTER, Ladder, Rung

FRAME = 1 / 30


def drive(ladder: Ladder, work: float, seconds: float, start: float = 0.0) -> tuple[list[Rung], float]:
    """The rungs stood on while each worked frame takes `work`; and the clock afterwards."""
    seen, now = [], start
    while now < start + seconds:
        now += FRAME * ladder.measures.every
        seen.append(ladder.step(work, FRAME, now))
    return seen, now


def test_every_rung_gives_up_what_the_one_above_gave_up() -> None:
    rungs = list(Rung)
    assert list(TABLE) == rungs
    for above, below in itertools.pairwise(rungs):
        a, b = TABLE[above], TABLE[below]
        assert b.pace.look >= a.pace.look and b.every >= a.every and b.pace.fronts <= a.pace.fronts
        assert ORDER.index(b.costliest) <= ORDER.index(a.costliest) and b.half >= a.half
        assert a != b
        assert a.pace.fronts == (a.costliest != Route.FAST), "what is looked for is what is acted on"


def test_light_work_changes_nothing() -> None:
    assert set(drive(Ladder(), 0.010, 20)[0]) == {Rung.FULL}


def test_one_slow_frame_changes_nothing() -> None:
    ladder = Ladder()
    drive(ladder, 0.010, 2)
    ladder.step(0.3, FRAME, 2.03)
    assert set(drive(ladder, 0.010, 3, 2.03)[0]) == {Rung.FULL}


def test_too_much_work_goes_down_rung_by_rung() -> None:
    seen, _ = drive(Ladder(), 0.2, 10)
    order = list(dict.fromkeys(seen))
    assert order == list(Rung)
    first = seen.index(Rung.SKIP) * FRAME
    assert DOWN_AFTER <= first <= DOWN_AFTER + 0.2


def test_where_a_rung_helps_it_stays_there() -> None:
    ladder, now = Ladder(), 0.0
    costs = {Rung.FULL: 0.040, Rung.SKIP: 0.034, Rung.CUT: 0.033, Rung.CHEAP: 0.024}
    seen = []
    while now < 30:
        now += FRAME
        seen.append(ladder.step(costs[ladder.rung], FRAME, now))
    assert seen[-1] is Rung.CHEAP and len(set(seen[200:])) == 1


def test_up_again_when_there_is_room_but_slower() -> None:
    ladder = Ladder(Rung.HALF)
    seen, _ = drive(ladder, 0.008, 25)
    order = list(dict.fromkeys(seen))
    assert order == [Rung.HALF, Rung.CHEAP, Rung.CUT, Rung.SKIP, Rung.FULL]
    assert seen.index(Rung.CHEAP) * FRAME >= UP_AFTER


def test_held_frames_do_not_count_as_room() -> None:
    ladder = Ladder(Rung.HOLD)
    seen, _ = drive(ladder, 0.030, 20)  # 0.45 of two intervals, but 0.9 of one: up would mean down again
    assert set(seen) == {Rung.HOLD}


def test_frames_that_fit_are_not_given_up() -> None:
    """A machine that is just fast enough: softer, and less often looked at, but thirty pictures a second."""
    ladder = Ladder()
    seen, now = drive(ladder, 0.97 * FRAME, 30)
    assert seen[-1] is Rung.HALF and Rung.HOLD not in seen
    seen, now = drive(ladder, 1.1 * FRAME, 5, now)
    assert seen[-1] is Rung.HOLD, "what does not fit is held, every second frame"
    seen, now = drive(ladder, 0.8 * FRAME, 6, now)
    assert seen[-1] is Rung.HALF, "and no longer than it has to be"


def test_what_is_too_much_each_time_is_tried_less_and_less_often() -> None:
    """A hand stays before the face: looked at, a frame takes too long; not looked at, there is room to look."""
    ladder, now, tries, last = Ladder(Rung.CHEAP), 0.0, [], Rung.CHEAP
    while now < 150:
        now += FRAME
        rung = ladder.step(0.045 if ladder.rung < Rung.CHEAP else 0.012, FRAME, now)
        if rung < last:
            tries.append(now)
        last = rung
    apart = [b - a for a, b in itertools.pairwise(tries)]
    assert 4 < apart[0] < 10 and all(b > a - 0.1 for a, b in itertools.pairwise(apart)) and 32 < apart[-1] < 35
    seen, _ = drive(ladder, 0.012, 80, now)
    assert seen[-1] is Rung.FULL, "once it is gone, all comes back"


def test_between_down_and_up_lies_enough_not_to_swing() -> None:
    for above, below in itertools.pairwise(Rung):
        a, b = TABLE[above], TABLE[below]
        load_above = a.most * a.every  # in frames' time
        assert b.room * a.every <= 0.85 * load_above, f"the same work would lead from {below.name} up and down again"


def test_it_never_leaves_the_ladder() -> None:
    ladder = Ladder()
    drive(ladder, 5.0, 300)
    assert ladder.rung == Rung.HOLD
    drive(ladder, 0.001, 300, 300)
    assert ladder.measures.every == 1 and int(ladder.rung) == 0
