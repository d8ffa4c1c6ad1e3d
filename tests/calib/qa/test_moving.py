"""Checks over time, by value."""

from dataclasses import replace

import numpy as np
import pytest

from calib.qa import moving
from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures, Motion
from tests.calib.qa.sequences import alone, beside, clip, good

BOUNDS = QaBounds()


def flash(one: FaceFigures) -> FaceFigures:
    """As frame 20 and 21 measure it where 20 alone is another picture."""
    return replace(one, motion=Motion(12.0, 12.0 if one.frame == 20 else 1.0))


def test_nothing_is_flagged_in_a_good_swap() -> None:
    seen = [good(i) for i in range(80)]
    for check in (moving.flicker, moving.light, moving.frozen_mouth):
        assert check(seen, BOUNDS) == {} == check(alone(seen), BOUNDS)


def test_one_frame_that_is_unlike_both_neighbours_flickers() -> None:
    seen = clip(40, flash, 20, 21)
    assert moving.flicker(seen, BOUNDS) == {20: 11.0} == moving.flicker(alone(seen), BOUNDS)


def test_a_flash_of_the_original_is_no_flicker() -> None:
    def both(one: FaceFigures) -> FaceFigures:
        return beside(flash(one), motion=flash(one).motion)

    assert moving.flicker(clip(40, both, 20, 21), BOUNDS) == {}


def test_a_movement_that_goes_on_is_no_flicker() -> None:
    seen = [replace(good(i), motion=Motion(9.0, 17.0)) for i in range(40)]
    assert moving.flicker(seen, BOUNDS) == {}


def test_where_no_frame_is_before_there_is_no_flicker() -> None:
    seen = clip(40, lambda one: replace(one, motion=None), 0, 39)
    assert moving.flicker(seen, BOUNDS) == {}


@pytest.mark.parametrize("gain", [1.3, 0.75])
def test_a_face_in_another_light_for_a_while_is_flagged_there(gain: float) -> None:
    seen = clip(100, lambda one: replace(one, level=gain * one.level), 40, 52)
    flags = moving.light(seen, BOUNDS)
    assert set(range(40, 53)) <= set(flags) <= set(range(40, 54))
    assert flags[45] == pytest.approx(gain - 1, abs=0.02)
    assert set(moving.light(alone(seen), BOUNDS)) == set(flags)


def test_light_that_changes_in_the_original_too_is_none_of_the_swap_s() -> None:
    def both(one: FaceFigures) -> FaceFigures:
        return beside(replace(one, level=1.4 * one.level, around=1.4 * one.around), level=1.4 * 120)

    seen = clip(100, both, 40, 52)
    assert moving.light(seen, BOUNDS) == {} == moving.light(alone(seen), BOUNDS)


def test_light_that_jumps_for_good_is_flagged_where_it_jumps() -> None:
    seen = clip(200, lambda one: replace(one, level=1.3 * one.level), 100, 199)
    flags = moving.light(seen, BOUNDS)
    assert 100 in flags and all(90 <= place <= 110 for place in flags)


def test_a_slow_dusk_is_no_jump() -> None:
    seen = [replace(good(i), level=118 * float(np.exp(-i / 300))) for i in range(200)]
    assert moving.light(seen, BOUNDS) == {}


def test_faces_that_are_not_seen_have_no_light() -> None:
    assert moving.light(clip(9, lambda one: replace(one, confidence=0.0, level=0.0), 0, 8), BOUNDS) == {}


def test_a_mouth_that_stands_still_while_the_original_s_moves_is_flagged() -> None:
    seen = clip(100, lambda one: replace(one, mouth=0.1), 40, 60)
    flags = moving.frozen_mouth(seen, BOUNDS)
    assert set(range(46, 55)) <= set(flags) <= set(range(38, 63))
    assert flags[50] == pytest.approx(0.0)
    assert moving.frozen_mouth(alone(seen), BOUNDS) == {}


def test_a_mouth_that_moves_otherwise_is_flagged_too() -> None:
    seen = clip(100, lambda one: replace(one, mouth=0.2 - one.mouth), 40, 60)
    assert 50 in moving.frozen_mouth(seen, BOUNDS)


def test_a_mouth_that_moves_half_as_far_still_moves() -> None:
    seen = clip(100, lambda one: replace(one, mouth=0.5 * one.mouth), 20, 80)
    assert moving.frozen_mouth(seen, BOUNDS) == {}


def test_where_the_original_is_silent_nothing_is_frozen() -> None:
    random = np.random.default_rng(0)
    seen = [beside(replace(good(i), mouth=0.1), mouth=0.1 + float(random.normal(0, 0.01))) for i in range(100)]
    assert moving.frozen_mouth(seen, BOUNDS) == {}


def test_a_few_frames_tell_nothing_of_a_mouth() -> None:
    assert moving.frozen_mouth([replace(good(i), mouth=0.1) for i in range(5)], BOUNDS) == {}


def test_how_far_a_mouth_follows_is_the_share_of_the_movement_that_is_seen() -> None:
    seen = [good(i) for i in range(60)]
    assert moving.follows(seen, BOUNDS) == pytest.approx(0.9)
    assert moving.follows([replace(one, mouth=0.3 - one.mouth) for one in seen], BOUNDS) == pytest.approx(-0.9)
    assert moving.follows(alone(seen), BOUNDS) is None
    assert moving.follows([beside(one, mouth=0.2) for one in seen], BOUNDS) is None
