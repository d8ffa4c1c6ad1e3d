"""Light, grain and eyes of the whole mesh swap by value, on faces of one tone under a known light."""

import cv2
import numpy as np
import pytest

from engines.mesh import holes, light, texture, warp
from engines.mesh.fuse import width
from engines.mesh.grain import Grain
from engines.mesh.swapper import MeshSwapper
from engines.mesh.topology import I32, LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from engines.values import F32, U8, Patch, Region
from tests.engines.mesh.heads import head, inside
from tests.engines.mesh.test_swapper import even_source, shown, source_of

SCALE = 14.0
SIDE = round(20 * SCALE)
MESH = head(SCALE, (SIDE / 2, SIDE / 2))
TONE = np.array([200, 150, 120], np.float32)
Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float32) / SIDE
FLAT = np.ones((SIDE, SIDE), np.float32)
SOURCES = [(150, 120, 100), (80, 55, 50), (235, 205, 190)]


def lit(shade: F32, grain: F32 | None = None) -> Region:
    image = TONE * shade[..., None] + (0 if grain is None else grain[..., None])
    return Region(0, 0, np.asarray(np.clip(image, 0, 255), np.uint8))


def skin(patch: Patch) -> np.ndarray:
    """Where the patch covers in full, away from the eyes and the mouth."""
    whole = np.zeros((SIDE, SIDE), np.float32)
    h, w = patch.alpha.shape
    whole[patch.y : patch.y + h, patch.x : patch.x + w] = patch.alpha
    out = whole > 0.98
    for ring in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS):
        points = MESH[ring]
        out &= ~inside((points.mean(0) + 1.6 * (points - points.mean(0))).astype(np.float32), SIDE, SIDE)
    return np.asarray(out)


def swap(view: Region, colour: tuple[int, int, int] = SOURCES[0], times: int = 1) -> Patch:
    swapper, patch = MeshSwapper(even_source(colour)), None
    for _ in range(times):
        patch = swapper.swap(view, MESH, 0.04)
    assert patch is not None
    return patch


def difference(view: Region, patch: Patch) -> F32:
    """The swap less the target, on the skin, (n, 3)."""
    return np.asarray(shown(view, patch)[skin(patch)].astype(np.float32) - view.rgb[skin(patch)], np.float32)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("level", [0.35, 0.7, 1.2])
def test_even_light_is_taken_over_to_the_level(source: tuple[int, int, int], level: float) -> None:
    """Whatever the source's own colour: each channel of each pixel."""
    view = lit(FLAT * np.float32(level))
    assert np.abs(difference(view, swap(view, source))).max() <= 2


@pytest.mark.parametrize("shade", [0.6 + 0.6 * X, 1.1 - 0.5 * Y], ids=["side", "down"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_slope_of_light_is_taken_over_on_the_whole_and_in_its_direction(
    source: tuple[int, int, int], shade: F32
) -> None:
    """The face is as bright as the target's to two levels, and darker where it is, by most of the slope."""
    view = lit(shade)
    patch = swap(view, source)
    assert np.abs(difference(view, patch).mean(0)).max() < 2
    mine, its = (a[skin(patch)].astype(np.float32).mean(1) for a in (shown(view, patch), view.rgb))
    assert np.corrcoef(mine, its)[0, 1] > 0.97
    slope = float(np.polyfit(its, mine, 1)[0])
    assert 0.5 < slope < 1.1


def noise(strength: float, sigma: float, seed: int = 1) -> F32:
    out = np.random.default_rng(seed).normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    if sigma:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), sigma), np.float32)
    return np.asarray(strength * out / out.std(), np.float32)


def bands(image: U8 | F32, where: np.ndarray) -> tuple[float, float]:
    """Mean size of the detail finer than a pixel or so, and of that up to two."""
    grey = image.astype(np.float32).mean(2)
    a, b = (cv2.GaussianBlur(grey, (0, 0), s) for s in (0.8, 2.0))
    return float(np.abs(grey - a)[where].mean()), float(np.abs(a - b)[where].mean())


def grainy(strength: float) -> MeshSwapper:
    """One whose source is noisy."""
    random = np.random.default_rng(3).normal(0, strength, (texture.SIDE, texture.SIDE, 1))
    return MeshSwapper(source_of(np.asarray(np.clip(np.array(SOURCES[0]) + random, 0, 255), np.uint8)))


@pytest.mark.parametrize("sigma", [0.0, 1.2], ids=["fine", "soft"])
def test_grain_goes_towards_the_targets_in_both_bands(sigma: float) -> None:
    """A noisy source on targets of little and of much grain, white or soft: the one is smoother than the other, and
    nearer to its target, in the band where the targets differ."""
    found: list[tuple[float, float]] = []
    wanted: list[tuple[float, float]] = []
    for strength in (1.0, 9.0):
        swapper = grainy(14.0)
        view = lit(FLAT, noise(strength, sigma))
        for _ in range(3):
            patch = swapper.swap(view, MESH, 0.5)
        assert patch is not None
        found.append(bands(shown(view, patch), skin(patch)))
        wanted.append(bands(view.rgb, skin(patch)))
    for band in range(2):
        assert wanted[1][band] > 1.5 * wanted[0][band]
        assert found[1][band] > 1.3 * found[0][band]


@pytest.mark.parametrize("ring", [RIGHT_EYE, LEFT_EYE], ids=["right", "left"])
@pytest.mark.parametrize("paint", [0.0, 255.0])
def test_an_eye_that_need_not_move_is_the_targets_own_bit_for_bit(ring: I32, paint: float) -> None:
    """A large one, wide open: what lies well within the lids shows nothing of the painting."""
    side = 800
    mesh = head(40.0, (side / 2, side / 2))
    mesh[ring, 1] = mesh[ring, 1].mean() + 2.5 * (mesh[ring, 1] - mesh[ring, 1].mean())  # wide open
    target = np.asarray(np.random.default_rng(2).integers(0, 256, (side, side, 3)), np.uint8)
    wide = width(mesh)
    painted = np.full((side, side, 3), paint, np.float32)
    holes.keep(painted, target, warp.maps(mesh, mesh, wide, (side, side)), mesh, wide)
    middle = mesh[ring].mean(0)
    core = inside((middle + 0.15 * (mesh[ring] - middle)).astype(np.float32), side, side)
    assert core.sum() > 30
    assert np.array_equal(cv2.convertScaleAbs(painted)[core], target[core])


@pytest.mark.parametrize("factor", [0.75, 1.2])
def test_soft_detail_takes_the_targets_strength_too(factor: float) -> None:
    """Between one and two pixels, which the finest band does not see."""
    painted, target = (np.dstack([120 + noise(5 * f, 1.6, n)] * 3) for f, n in ((1.0, 1), (factor, 2)))
    everywhere = FLAT > 0
    got = Grain().match(painted, np.asarray(target, np.float32), FLAT, 0.04)
    mine, its, was = (bands(a, everywhere)[1] for a in (got, target, painted))
    assert mine == pytest.approx(its, rel=0.15)
    assert abs(mine - was) > 0.5 * abs(its - was)


def test_shadows_deepen_with_the_light_and_highlights_hardly_brighten() -> None:
    """Under twice the light dark detail is nearly twice as dark, a matt photo's bright detail not; under half, both
    are halved."""
    one = np.ones((2, 2, 3), np.float32)
    dark, bright = light.gains(200 * one, 100 * one)
    assert 1.75 < dark[0, 0, 0] < 2
    assert 1 < bright[0, 0, 0] < 1.3
    for gain in light.gains(50 * one, 100 * one):
        assert gain == pytest.approx(0.5 * one)
    tinted = light.gains(np.array([200, 100, 50], np.float32) * one, 100 * one)[0][0, 0]
    assert (tinted[0] > 1.7, tinted[1], tinted[2]) == (True, 1, 0.5)  # each channel its own
