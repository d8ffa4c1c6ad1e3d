"""Who is who in a video: people met, tracks that slip, cuts, and whose sets are made."""

from calib.identity.bounds import bounds_of
from calib.identity.candidate import Candidate
from calib.identity.gathering import FaceSeen, Gathering
from tests.calib.identity.candidates import candidate

BOUNDS = bounds_of("arcface_w600k_r50")
ANNA, BERT = 0.0, 90.0


def seen(track: int, one: Candidate, area: float = 0.1, centre: float = 0.8) -> FaceSeen:
    return FaceSeen(track, one, area, centre)


def met(*people: float, frames: int = 4) -> Gathering:
    """Everybody in every frame, tracks by their place."""
    gathering = Gathering(BOUNDS)
    for i in range(frames):
        gathering.take([seen(t, candidate(10 * i + t, 2.0 * i, person=p)) for t, p in enumerate(people)])
    return gathering


def test_three_clear_frames_make_a_person() -> None:
    assert len(met(ANNA, frames=2).people) == 0
    gathering = met(ANNA, BERT)
    assert len(gathering.people) == 2
    assert [p.presence.frames for p in gathering.people] == [4, 4], "the first frames count too"


def test_the_same_person_after_a_cut_is_no_new_one() -> None:
    gathering = met(ANNA)
    for i in range(4):
        given = gathering.take([seen(7, candidate(100 + i, 20.0 + i, person=ANNA + 20))])
        assert given == {100 + i: 0}
    assert len(gathering.people) == 1


def test_a_track_that_slips_to_somebody_else_takes_nobody_along() -> None:
    gathering = met(ANNA, BERT)
    given = gathering.take([seen(0, candidate(100, 20, person=BERT)), seen(1, candidate(101, 20, person=ANNA))])
    assert given == {100: 1, 101: 0}
    stranger = gathering.take([seen(0, candidate(102, 22, person=200))])
    assert stranger == {}


def test_a_profile_is_given_by_its_track_but_saved_for_nobody() -> None:
    gathering = met(ANNA)
    given = gathering.take([seen(0, candidate(100, 20, person=76, yaw=40))])  # cosine .24
    assert given == {100: 0}
    assert 100 not in gathering.wanted()
    assert gathering.take([seen(9, candidate(101, 22, person=76, yaw=40))]) == {}, "of another track it is nobody"


def test_two_faces_of_a_frame_are_never_one_person() -> None:
    gathering = met(ANNA)
    given = gathering.take([seen(0, candidate(100, 20, person=5)), seen(1, candidate(101, 20, person=0))])
    assert given == {101: 0}


def test_whose_sets_are_made() -> None:
    gathering = Gathering(BOUNDS)
    for i in range(20):
        faces = [seen(0, candidate(10 * i, 2.0 * i, person=ANNA), area=0.2),
                 seen(1, candidate(10 * i + 1, 2.0 * i, person=BERT), area=0.1)]  # fmt: skip
        if i < 3:
            faces.append(seen(2, candidate(10 * i + 2, 2.0 * i, person=180), area=0.01, centre=0.1))
        gathering.take(faces)
    assert len(gathering.people) == 3
    assert gathering.main(None) == (0, 1) and gathering.main(1) == (0,) and len(gathering.main(2)) == 2
    assert gathering.score(0) > 0.9 and gathering.score(2) < 0.3
    assert Gathering(BOUNDS).main(None) == () and not gathering.satisfied(2)


def test_where_nobody_was_seen_clearly_the_longest_track_is_somebody() -> None:
    gathering = Gathering(BOUNDS)
    for i in range(5):
        gathering.take([seen(0, candidate(i, 2.0 * i, yaw=40, seen=40 * i))])
    assert not gathering.people and gathering.wanted() == {0, 1, 2, 3, 4}
    gathering.settle()
    assert gathering.main(None) == (0,) and gathering.people[0].sets().coverage
    once = Gathering(BOUNDS)
    once.take([seen(0, candidate())])
    once.settle()
    assert not once.people


def test_unclear_tracks_beside_people_who_were_seen_are_nobody() -> None:
    gathering = met(ANNA)
    for i in range(5):
        gathering.take([seen(9, candidate(100 + i, 20.0 + i, yaw=40, person=200))])
    gathering.settle()
    assert len(gathering.people) == 1
