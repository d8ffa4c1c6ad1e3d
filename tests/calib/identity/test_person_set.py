"""One person's sets, from candidates that are made up frame by frame."""

import random
from collections.abc import Sequence

from calib.identity.bounds import bounds_of
from calib.identity.buckets import Expression, Pitch
from calib.identity.candidate import Candidate
from calib.identity.conditioning import Variant
from calib.identity.person_set import WAITING, PersonSet, Sets
from calib.identity.stopping import Coverage
from tests.calib.identity.candidates import CLEAR, OPEN, SHUT, SMILING, candidate, who

BOUNDS = bounds_of("arcface_w600k_r50")
FRONT = [candidate(i, 2.0 * i, seen=40 * i) for i in range(3)]


def filled(candidates: Sequence[Candidate]) -> PersonSet:
    person = PersonSet(BOUNDS)
    for one in candidates:
        person.take(one)
    return person


def ride(seconds: float = 2.0) -> list[Candidate]:
    """Every yaw, pitch and expression, each with a look of its own."""
    poses = [(yaw, pitch, signs) for yaw in (-40, -20, -10, 0, 10, 20, 40) for pitch in (-30, -10, 0, 10, 30)
             for signs in (CLEAR, SMILING, OPEN, SHUT)]  # fmt: skip
    return [
        candidate(3 + i, 6 + seconds * i, yaw=y, pitch=p, signs=s, seen=(7 * i) % 360)
        for i, (y, p, s) in enumerate(poses)
    ]


def numbers(sets: Sets) -> list[int]:
    return [r.candidate.number for r in (*sets.anchors, *sets.coverage, *sets.challenges)]


def test_a_whole_ride_fills_all_buckets() -> None:
    sets = filled([*FRONT, *ride()]).sets()
    assert sets.covered == Coverage(7, 5, 4) and sets.chosen is Variant.DEFAULT
    assert 3 <= len(sets.anchors) <= 5 and len(sets.challenges) <= 8
    assert {r.candidate.bucket.expression for r in sets.coverage} == set(Expression)
    assert {r.candidate.bucket.pitch for r in sets.coverage} == set(Pitch)
    assert sets.total == len(numbers(sets))


def test_somebody_else_is_never_saved() -> None:
    strangers = [candidate(50 + i, 50 + 2 * i, person=80 + i, seen=10 * i, yaw=10 * i) for i in range(5)]
    person = filled([*FRONT, *strangers])
    assert max(numbers(person.sets())) < 50
    assert person.sets().chosen is Variant.DRIFT


def test_nothing_is_known_of_a_person_before_three_clear_frames() -> None:
    person = filled(FRONT[:2])
    assert not person.bank.looks and person.sets().total == 0 and person.wanted() == {0, 1}
    assert person.like(who(0)) > 0.99 > person.like(who(60)) and PersonSet(BOUNDS).like(who(0)) == -1
    person.take(FRONT[2])
    assert {0, 1, 2} == {r.candidate.number for r in person.sets().anchors}


def test_somebody_who_is_seen_from_the_side_alone_gets_what_there_is() -> None:
    person = filled([candidate(i, 2.0 * i, yaw=35 + i, seen=40 * i) for i in range(4)])
    assert person.sets().total == 0
    person.settle()
    sets = person.sets()
    assert not sets.anchors and sets.coverage and sets.covered.yaw == 1
    few = filled([candidate(0, yaw=35)])
    few.settle()
    assert few.sets().total == 0 and not few.bank.looks


def test_hard_frames_are_challenges_and_not_coverage() -> None:
    hard = [candidate(10, 10, yaw=60), candidate(12, 12, exposure=30), candidate(14, 14, occlusion=0.6)]
    sets = filled([*FRONT, *hard]).sets()
    assert [r.candidate.number for r in sets.challenges] == [10, 12, 14] and 10 not in [
        r.candidate.number for r in sets.coverage
    ]
    assert filled([*FRONT, candidate(9, 9, blur=24, yaw=60)]).sets().challenges == ()


def test_pictures_that_cannot_be_saved_any_more_are_not_wanted() -> None:
    many = [candidate(i, i / 5, blur=200 - i % 7) for i in range(400)]
    person = filled(many)
    assert len(person.wanted()) < 100
    assert set(numbers(person.sets())) <= person.wanted()


def test_enough_is_enough() -> None:
    assert not filled([*FRONT, *ride()[:40]]).satisfied(), "half the poses are missing"
    person = filled([*FRONT, *ride()])
    for i in range(25):
        person.take(candidate(900 + i, 900 + i, seen=0))
    assert person.satisfied()
    assert not filled(FRONT).satisfied()


def test_the_same_candidates_give_the_same_sets() -> None:
    noise = random.Random(1)
    frames = [*FRONT, *(candidate(3 + i, 6 + i / 3, yaw=noise.uniform(-50, 50), seen=noise.uniform(0, 90),
              blur=noise.uniform(20, 500), person=noise.uniform(0, 90)) for i in range(200))]  # fmt: skip
    assert numbers(filled(frames).sets()) == numbers(filled(frames).sets())


def test_only_so_many_frames_are_kept_while_there_is_no_prototype() -> None:
    person = filled([candidate(i, yaw=30) for i in range(WAITING + 20)])
    assert person.wanted() == set(range(WAITING))
