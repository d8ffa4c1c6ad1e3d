"""Fits, pose and proportions, against transforms that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.mesh.shape import (
    BELOW_LIPS,
    FADE_LIPS,
    FADE_OVAL,
    TO_LIPS,
    TO_OVAL,
    correction,
    fit,
    pose,
    proportions,
    smoothstep,
    unfolded,
)
from engines.mesh.topology import CANONICAL, INNER_LIPS, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE, mirror
from engines.values import F32
from tests.engines.mesh.heads import head, rotation

LIPS = np.union1d(INNER_LIPS, OUTER_LIPS)


@given(
    st.floats(0.5, 60),
    st.floats(-60, 60),
    st.floats(-45, 45),
    st.floats(-170, 170),
    st.tuples(st.floats(-900, 900), st.floats(-900, 900)),
)
@settings(max_examples=25, deadline=None)
def test_fit_recovers_a_known_similarity(
    scale: float, yaw: float, pitch: float, roll: float, at: tuple[float, float]
) -> None:
    mesh = head(scale, at, yaw, pitch, roll)
    found = fit(mesh)
    assert found.scale == pytest.approx(1 / scale, rel=1e-3)
    assert np.allclose(found.rotation.T, rotation(yaw, pitch, roll), atol=1e-3)
    assert np.abs(found.to_canonical(mesh) - CANONICAL).max() < 2e-2


def test_fit_never_mirrors() -> None:
    flipped = CANONICAL * np.array([-1, 1, 1], np.float32)
    shuffled = flipped + np.random.default_rng(0).normal(0, 0.3, flipped.shape).astype(np.float32)
    assert np.linalg.det(fit(shuffled).rotation) == pytest.approx(1, abs=1e-4)


def test_fit_is_the_least_squares() -> None:
    """No small change of scale, turn or place fits a noisy mesh better."""
    mesh = head(10, (50, 60), 12, -5, 8) + np.random.default_rng(1).normal(0, 4, (468, 3)).astype(np.float32)
    found = fit(mesh)

    def error(rotation_: F32, scale: float, centre: F32) -> float:
        return float((((scale * (mesh - found.origin) @ rotation_.T + centre) - CANONICAL) ** 2).sum())

    best = error(found.rotation, found.scale, found.centre)
    for axis in range(3):
        turn = np.eye(3)
        other = [i for i in range(3) if i != axis]
        for angle in (-0.01, 0.01):
            turn[np.ix_(other, other)] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
            assert error((turn @ found.rotation).astype(np.float32), found.scale, found.centre) > best
            shift = np.zeros(3, np.float32)
            shift[axis] = angle
            assert error(found.rotation, found.scale, found.centre + shift) > best
    for factor in (0.99, 1.01):
        assert error(found.rotation, found.scale * factor, found.centre) > best


def test_weights_choose_the_points_that_count() -> None:
    mesh = head(10, (50, 60))
    broken = mesh.copy()
    broken[:100] += 500
    weights = np.ones(468, np.float32)
    weights[:100] = 0
    found = fit(broken, weights=weights)
    assert found.scale == pytest.approx(0.1, rel=1e-3)
    assert np.allclose(found.to_canonical(broken)[100:], CANONICAL[100:], atol=1e-3)


def test_a_shift_to_the_image_undoes_the_one_to_the_canonical() -> None:
    mesh = head(7, (30, 40), 25, 10, -15)
    found = fit(mesh)
    step = np.random.default_rng(2).normal(0, 1, (468, 3)).astype(np.float32)
    moved = found.to_canonical(mesh + found.shift_to_image(step))
    assert np.allclose(moved - found.to_canonical(mesh), step, atol=1e-3)


@pytest.mark.parametrize("degrees", [-50.0, -20.0, 0.0, 20.0, 50.0])
@pytest.mark.parametrize("axis", ["yaw", "pitch", "roll"])
def test_pose_reads_each_angle_with_its_sign(axis: str, degrees: float) -> None:
    angles = {axis: degrees}
    got = pose(head(9, (70, 80), angles.get("yaw", 0), angles.get("pitch", 0), angles.get("roll", 0)))
    for name in ("yaw", "pitch", "roll"):
        assert getattr(got, name) == pytest.approx(angles.get(name, 0), abs=0.1)


def test_signs_mean_what_the_screen_shows() -> None:
    """Right: the nose moves to the right of the eyes' middle. Down: it sinks. Clockwise: the left eye sinks."""
    front, right, down, tilt = head(), head(yaw=30), head(pitch=20), head(roll=20)
    assert right[1, 0] > front[1, 0] + 10
    assert down[1, 1] > front[1, 1] + 10
    assert tilt[263, 1] > tilt[33, 1] + 10
    assert pose(right).yaw > 0 and pose(down).pitch > 0 and pose(tilt).roll > 0


def test_a_mirror_image_flips_yaw_and_roll_and_keeps_pitch() -> None:
    mesh = head(9, (0, 0), 22, 9, 0)
    flipped = (mesh * np.array([-1, 1, 1], np.float32))[mirror()]
    a, b = pose(mesh), pose(flipped)
    assert b.yaw == pytest.approx(-a.yaw, abs=0.1)
    assert b.pitch == pytest.approx(a.pitch, abs=0.1)
    tilted = head(9, (0, 0), 0, 0, 14)
    assert pose((tilted * np.array([-1, 1, 1], np.float32))[mirror()]).roll == pytest.approx(-14, abs=0.1)


def test_pose_does_not_depend_on_size_or_place() -> None:
    a, b = pose(head(3, (10, 10), 31, 5, 7)), pose(head(40, (900, 500), 31, 5, 7))
    assert (a.yaw, a.pitch, a.roll) == pytest.approx((b.yaw, b.pitch, b.roll), abs=0.05)


def test_smoothstep() -> None:
    x = np.array([-3, 0, 0.25, 0.5, 0.75, 1, 9.0])
    assert smoothstep(x).tolist() == pytest.approx([0, 0, 0.15625, 0.5, 0.84375, 1, 1])
    assert smoothstep(x).dtype == np.float32


def test_distances_by_hand() -> None:
    assert np.abs(TO_OVAL[OVAL]).max() < 1e-5
    assert np.abs(TO_LIPS[LIPS]).max() == 0
    ring = CANONICAL[OVAL]
    # from the nose tip to the nearest of many points sampled on the ring
    t = np.linspace(0, 1, 200)[:, None, None]
    dense = (ring[None] * (1 - t) + np.roll(ring, -1, 0)[None] * t).reshape(-1, 3)
    assert TO_OVAL[1] == pytest.approx(np.linalg.norm(dense - CANONICAL[1], axis=1).min(), abs=0.01)
    assert FADE_OVAL.min() == 0 and FADE_OVAL.max() == 1
    assert FADE_LIPS[LIPS].max() == 0 and FADE_LIPS[10] == 1


def test_like_proportions_move_nothing() -> None:
    assert np.abs(proportions(CANONICAL, CANONICAL)).max() < 1e-5


@given(st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_proportions_leave_the_oval_and_move_the_lips_as_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    source = CANONICAL + random.normal(0, 0.4, CANONICAL.shape).astype(np.float32)
    target = CANONICAL + random.normal(0, 0.4, CANONICAL.shape).astype(np.float32)
    shift = proportions(source, target)
    assert shift.shape == (468, 3) and shift.dtype == np.float32
    assert np.abs(shift[OVAL]).max() < 1e-6
    well_inside = LIPS[FADE_OVAL[LIPS] == 1]
    assert len(well_inside) > 20
    assert np.ptp(shift[well_inside], axis=0).max() < 1e-5  # the mouth keeps its expression


def test_a_longer_nose_makes_a_longer_nose() -> None:
    source = CANONICAL.copy()
    source[1, 2] -= 0.5  # half a centimetre nearer to the viewer
    shift = proportions(source, CANONICAL)
    assert shift[1, 2] < -0.3
    assert np.abs(np.delete(shift, 1, 0)).max() < 1e-5  # and nothing else moves


def test_overall_size_is_no_proportion() -> None:
    eyes = (CANONICAL[RIGHT_EYE].mean(0) + CANONICAL[LEFT_EYE].mean(0)) / 2
    larger = eyes + 1.3 * (CANONICAL - eyes)
    assert np.abs(proportions(larger.astype(np.float32), CANONICAL)).max() < 1e-4


def test_a_chin_that_would_fold_under_the_lip_is_pushed_down() -> None:
    upper, lower, third = BELOW_LIPS
    dropped = CANONICAL.copy()
    dropped[upper, 1] += 1.0  # the lower lip lies where the chin begins
    mended = dropped + unfolded(dropped)
    for above, below in ((upper, lower), (lower, third)):
        usual = CANONICAL[below, 1] - CANONICAL[above, 1]
        assert ((mended[below, 1] - mended[above, 1]) >= 0.59 * usual).all()
    np.testing.assert_array_equal(mended[upper], dropped[upper])


def test_a_face_at_rest_is_not_pushed() -> None:
    assert np.abs(unfolded(CANONICAL)).max() == 0


def test_a_mouth_wide_open_is_not_opened_much_further() -> None:
    wide = CANONICAL.copy()
    wide[[14, 17], 1] += 4.0
    assert np.abs(correction(wide)).max() < 0.13
