"""What becomes of a candidate in its bucket; anchors; challenges."""

import pytest

from calib.identity.selection import Decision, anchors, challenge_score, challenges, decide, reason
from tests.calib.identity.candidates import OPEN, SHUT, SMILING, candidate, rated


def test_an_empty_bucket_takes_what_comes() -> None:
    assert decide(candidate(), []) == (Decision.SAVE, 0)


def test_what_is_new_is_added_and_at_most_two_are_held() -> None:
    held = [rated(candidate(0, seen=0))]
    assert decide(candidate(5, seen=40), held) == (Decision.ADD, 0)
    assert decide(candidate(5, 1.9, seen=40), held)[0] is Decision.SKIP, "too near in time"
    assert decide(candidate(5, seen=25), held)[0] is Decision.SKIP, "too like"
    held.append(rated(candidate(5, seen=40)))
    assert decide(candidate(10, seen=90), held)[0] is Decision.SKIP


def test_a_better_one_replaces_the_one_that_it_is_most_like() -> None:
    held = [rated(candidate(0, seen=0, blur=100)), rated(candidate(5, seen=60, blur=100))]
    assert decide(candidate(10, seen=62, blur=400), held) == (Decision.REPLACE, 1)
    assert decide(candidate(10, seen=5, blur=400), held) == (Decision.REPLACE, 0)
    assert decide(candidate(10, seen=5, blur=105), held)[0] is Decision.SKIP, "hardly better"
    assert decide(candidate(10, seen=29.9, blur=400), held) == (Decision.SKIP, 0), "the two would be too like"
    assert decide(candidate(1, seen=62, blur=400), held)[0] is Decision.SKIP, "and too near in time"


def test_anchors_are_the_best_frontal_ones_apart_in_time_and_look() -> None:
    pool = [rated(candidate(i, 2.0 * i, seen=30 * i, blur=100 + 50 * i)) for i in range(8)]
    assert [r.candidate.number for r in anchors(pool)] == [3, 4, 5, 6, 7]
    near = [rated(candidate(i, 1.0 * i, seen=30 * i, blur=100 + 50 * i)) for i in range(4)]
    assert [r.candidate.number for r in anchors(near)] == [1, 3]
    poor = [candidate(0, yaw=15.1), candidate(10, blur=49), candidate(20, occlusion=0.2), candidate(30, exposure=30)]
    assert anchors([rated(one) for one in poor]) == ()


def test_a_steady_face_gets_three_anchors_all_the_same() -> None:
    alike = [rated(candidate(i, 2.0 * i)) for i in range(6)]
    assert len(anchors(alike)) == 3
    assert len(anchors(alike[:2])) == 2


def test_calm_faces_go_before_open_mouths_and_closed_eyes() -> None:
    calm = [rated(candidate(i, 2.0 * i, seen=40 * i, blur=60, signs=SMILING)) for i in range(3)]
    loud = [rated(candidate(10 + i, 20 + 2.0 * i, seen=40 * i, blur=500, signs=OPEN)) for i in range(3)]
    assert [r.candidate.number for r in anchors([*calm, *loud])] == [0, 1, 2]
    shut = [rated(candidate(20, 40.0, seen=200, signs=SHUT))]
    assert [r.candidate.number for r in anchors([*calm[:2], *shut])] == [0, 1, 20]


@pytest.mark.parametrize(
    ("hard", "why"),
    [({"exposure": 50}, "dark"), ({"exposure": 210}, "overexposed"), ({"occlusion": 0.5}, "occluded"),
     ({"yaw": -31}, "yaw"), ({"yaw": 60}, "yaw"), ({"pitch": 21}, "pitch"), ({"pitch": -21}, "pitch"),
     ({"yaw": 30, "pitch": 20, "occlusion": 0.4}, None)],
)  # fmt: skip
def test_why_a_frame_is_hard(hard: dict[str, float], why: str | None) -> None:
    assert reason(candidate(**hard)) == why  # type: ignore[arg-type]


def test_challenges_are_hard_sure_apart_and_not_taken() -> None:
    pool = [rated(candidate(i, 2.0 * i, yaw=40, blur=30 * i), novelty=0.1 * i) for i in range(1, 13)]
    found = [r.candidate.number for r in challenges(pool, pool[11:], 0.4)]
    assert found == [4, 5, 6, 7, 8, 9, 10, 11]
    unsure = [rated(candidate(1, yaw=40), stable=0.39), rated(candidate(9))]
    assert challenges(unsure, (), 0.4) == ()
    beside = [rated(candidate(1, 1.0, yaw=40)), rated(candidate(2, 1.9, yaw=40))]
    assert len(challenges(beside, (), 0.4)) == 1


def test_the_score_of_a_challenge() -> None:
    one = candidate(yaw=45, blur=0, area=0, confidence=0)
    assert challenge_score(rated(one, stable=0.5, novelty=1.7)) == pytest.approx(0.5 + 0.1)
