"""Spectacles drawn for training, by value: where they sit, what they hide, what of them two looks share."""

from dataclasses import replace

import numpy as np
import pytest

from engines.mesh import raster
from engines.mesh.topology import CANONICAL
from engines.values import F32
from tests.tools.synth.people import rng
from tools.synth.eyewear.drawing import DARK, depth, put_on
from tools.synth.eyewear.shapes import SpectaclesShape, spectacles

MESH = (CANONICAL * 14 + np.array([160, 160, 0])).astype(np.float32)
SKIN = np.full((320, 320, 3), (200, 150, 130), np.float32)


def plain(**kwargs: object) -> SpectaclesShape:
    """Round, black, clear lenses, nothing that scatters."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    outline = np.stack([2.4 * np.cos(angle), 2.0 * np.sin(angle)], 1).astype(np.float32)
    base = SpectaclesShape(
        outline, (3.6, -2.8), -1.6, 0.0, 0.0, np.full(64, 0.3, np.float32), 0.0, 0.3, 0.0, False, 0.4, 0.5, 1.0, False,
        np.zeros(3, np.float32), 0.0, None, 1.0, 0.0, False, np.zeros(3, np.float32), 0.0, 0.0,
    )  # fmt: skip
    return replace(base, **kwargs)  # type: ignore[arg-type]


def drawn(s: SpectaclesShape, seed: int = 1, deep: F32 | None = None, mesh: F32 = MESH) -> tuple[F32, F32]:
    return put_on(SKIN, mesh, s, rng(seed), rng(seed + 1), deep)


def at(x: float, y: float) -> tuple[int, int]:
    """Row and column of a place on the front, canonical centimetres; seen from near it is a little larger."""
    return round(160 + 14 * y * 1.02), round(160 + 14 * x * 1.02)


def test_rims_bridge_and_arms_are_hidden_and_clear_lenses_are_not() -> None:
    _, hides = drawn(plain())
    for x, y in ((3.6, -4.95), (3.6, -0.65), (-3.6, -4.95), (6.15, -2.8), (-1.05, -2.8), (0.0, -3.3)):
        assert hides[at(x, y)] > 0.9, (x, y)
    for x, y in ((3.6, -2.8), (-3.6, -2.0), (0.0, -6.0), (0.0, 1.0), (2.5, 2.0)):
        assert hides[at(x, y)] == 0, (x, y)
    assert hides[at(6.6, -3.8)] > 0.5  # an arm


def test_what_is_hidden_shows_the_frame_and_the_rest_the_skin() -> None:
    image, hides = drawn(plain())
    assert image[hides > 0.99].max() < 60
    clear = hides == 0
    changed = np.abs(image - SKIN).max(2) > 1
    assert changed[clear].mean() < 0.05  # reflections


def test_without_rims_there_are_bridge_and_arms_alone() -> None:
    _, hides = drawn(plain(thick=np.zeros(64, np.float32)))
    assert hides[at(0.0, -3.3)] > 0.9
    assert hides[at(3.6, -0.65)] == 0
    assert hides[at(6.6, -3.8)] > 0.5


@pytest.mark.parametrize(("dark", "want"), [(DARK - 0.1, 0.0), (DARK + 0.1, 1.0)])
def test_dark_lenses_hide_the_eye(dark: float, want: float) -> None:
    image, hides = drawn(plain(dark=dark))
    assert hides[at(3.6, -2.8)] == pytest.approx(want, abs=0.01)
    assert image[at(2.8, -2.2)].max() == pytest.approx(200 * (1 - dark), rel=0.6)


def test_a_see_through_frame_hides_all_the_same() -> None:
    pale = plain(colour=np.full(3, 240, np.float32), solid=0.4)
    image, hides = drawn(pale)
    assert hides[at(0.0, -3.3)] > 0.9
    whole, _ = drawn(replace(pale, solid=1.0))
    rim = hides > 0.95
    assert np.abs(image[rim] - SKIN[rim]).mean() < 0.8 * np.abs(whole[rim] - SKIN[rim]).mean()


def test_a_thicker_rim_hides_more() -> None:
    areas = [float(drawn(plain(thick=np.full(64, t, np.float32), arm=0.1))[1].sum()) for t in (0.05, 0.2, 0.4)]
    assert areas[0] < 0.75 * areas[1] < 0.5 * areas[2]


def turned(yaw: float) -> F32:
    c, s = np.cos(yaw), np.sin(yaw)
    turn = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    return np.asarray(14 * CANONICAL @ turn.T + (160, 160, 0), np.float32)


def test_the_far_arm_is_behind_the_face_and_the_near_one_before_it() -> None:
    mesh = turned(0.7)
    points = raster.with_skirt(mesh)
    index = raster.cover(np.ascontiguousarray(points[:, :2]), points[:, 2], 320, 320)
    deep = depth(mesh, index)
    on = np.isfinite(deep)
    assert 0.1 < on.mean() < 0.6
    frame = plain(thick=np.zeros(64, np.float32), bar=0.01)  # arms alone
    (_, through), (_, seen) = drawn(frame, mesh=mesh), drawn(frame, deep=deep, mesh=mesh)
    assert (seen * on).sum() < 0.8 * (through * on).sum()
    middle = round(float(mesh[6, 0]))
    left, right = seen[:, :middle].sum(), seen[:, middle:].sum()
    assert max(left, right) > 2.5 * min(left, right)


def test_parallax_moves_the_front_more_than_the_eyes() -> None:
    places = []
    for yaw in (-0.3, 0.3):
        _, hides = drawn(plain(front=-2.5), mesh=turned(yaw))
        rows, columns = np.nonzero(hides[:, 60:260] > 0.9)
        inner = columns[np.abs(rows - at(0, -3.3)[0]) < 4] + 60
        places.append(float(np.median(inner)) - float(turned(yaw)[[133, 362], 0].mean()))
    assert abs(places[1] - places[0]) > 8


def test_two_looks_share_all_but_reflections() -> None:
    pair = spectacles(rng(4))
    a, hides = put_on(SKIN, MESH, pair, rng(5), rng(6))
    b, same = put_on(SKIN, MESH, pair, rng(5), rng(7))
    np.testing.assert_array_equal(hides, same)
    rim = hides > 0.99
    assert np.abs(a[rim] - b[rim]).mean() < 1


def test_the_picture_itself_is_left_alone() -> None:
    kept = SKIN.copy()
    for seed in range(5):
        out, hides = put_on(SKIN, MESH, spectacles(rng(seed)), rng(seed), rng(seed))
        assert out.dtype == hides.dtype == np.float32
        assert out.min() >= 0 and out.max() <= 255
        assert hides.min() >= 0 and hides.max() <= 1
    np.testing.assert_array_equal(SKIN, kept)
