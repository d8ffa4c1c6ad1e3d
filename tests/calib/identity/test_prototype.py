"""The medoid: of which frames, and that it is one."""

import pytest

from calib.identity.prototype import MOST, Prototype, medoid, stable
from tests.calib.identity.candidates import candidate, who


def test_the_medoid_is_in_the_middle() -> None:
    angles = [0, 40, 10, 20, 80]
    assert medoid([who(a) for a in angles]) == 3
    proto = Prototype()
    for i, angle in enumerate(angles):
        assert proto.take(candidate(i, person=angle))
    assert proto.medoid is not None
    assert stable(who(20), proto.medoid) == pytest.approx(1)
    assert stable(who(80), proto.medoid) == pytest.approx(0.5, abs=1e-6)


def test_three_frames_make_a_prototype_and_only_frontal_strict_ones_count() -> None:
    proto = Prototype()
    for poor in (candidate(yaw=16), candidate(yaw=-16), candidate(blur=49), candidate(occlusion=0.31)):
        assert not proto.take(poor)
    assert proto.take(candidate()) and proto.take(candidate(yaw=15)) and proto.medoid is None
    assert proto.take(candidate()) and proto.medoid is not None


def test_it_stops_growing() -> None:
    proto = Prototype()
    taken = [proto.take(candidate(i, person=i / 10)) for i in range(MOST + 5)]
    assert sum(taken) == MOST and not any(taken[MOST:])
    whole = [who(i / 10) for i in range(MOST)]
    assert proto.medoid is not None and stable(whole[medoid(whole)], proto.medoid) > 0.9999
