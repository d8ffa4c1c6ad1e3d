"""Glass and liquid by value: how they bend, absorb, reflect, hang and run."""

from collections.abc import Callable

import numpy as np
import pytest

from engines.values import F32
from tests.tools.synth.people import rng
from tools.synth import clear
from tools.synth.layers import LayerKind, Sheet

FLAT, STEEP = np.s_[20:170, 10:80], np.s_[20:170, 110:180]


def ramp(steep: float) -> tuple[F32, F32]:
    """A height that rises to the right in its right half alone, and a region."""
    x = np.arange(clear.SIDE, dtype=np.float32)
    height = np.broadcast_to(steep * np.clip(x - clear.SIDE / 2, 0, None), (clear.SIDE, clear.SIDE))
    return np.ascontiguousarray(height), np.ones((clear.SIDE, clear.SIDE), np.float32)


def made(seed: int = 1, bend: float = 0.1, steep: float = 0.3) -> Sheet:
    height, region = ramp(steep)
    return clear.from_height(height, region, np.full((*region.shape, 3), 0.8, np.float32), rng(seed), bend)


@pytest.mark.parametrize("bend", [0.03, 0.2])
def test_the_background_is_displaced_along_the_slope(bend: float) -> None:
    """By `(n - 1) / n` of the bend where the surface is as steep as it gets, by nothing where it is flat."""
    warp = made(bend=bend).warp
    np.testing.assert_allclose(warp[STEEP][..., 0], clear.REFRACTION * bend, rtol=0.02)
    assert np.abs(warp[FLAT]).max() < 1e-4
    assert np.abs(warp[STEEP][..., 1]).max() < 1e-4


def test_displacement_does_not_hang_on_the_units_of_the_height() -> None:
    np.testing.assert_allclose(made(steep=0.3).warp, made(steep=30.0).warp, atol=1e-4)


def test_a_steep_surface_reflects_more_than_a_flat_one() -> None:
    """Schlick: four hundredths head on, more the steeper; by the median over lights, whose spots come on top."""
    sheets = [made(seed) for seed in range(30)]
    ratio = [float(s.alpha[STEEP].min() / s.alpha[FLAT].max()) for s in sheets]
    assert float(np.median(ratio)) > 1.2
    assert min(float(s.alpha[FLAT].min()) for s in sheets) >= 0.04 * 0.5


def test_what_is_outside_the_region_neither_reflects_nor_counts() -> None:
    height, region = ramp(0.3)
    region[:, 100:] = 0
    height[:, 100:] *= 50  # steep, but not of it
    sheet = clear.from_height(height, region, np.full((*region.shape, 3), 0.8, np.float32), rng(), 0.1)
    assert sheet.alpha[:, 100:].max() == 0
    assert sheet.alpha.max() <= 0.95


@pytest.mark.parametrize("count", [1, 5, 20])
def test_drops_hang_where_they_are_told(count: int) -> None:
    hung = clear.drips(rng(), count)
    assert len(hung) == count
    sheet = clear.liquid(rng(), hung)
    for x, y, _, _ in hung:
        assert sheet.region[round(y * clear.SIDE), round(x * clear.SIDE)] > 0.9
    assert clear.liquid(rng(), []).region.max() == 0


def test_heavy_drops_run_faster() -> None:
    def fell(radius: float) -> float:
        hung = [(0.5, 0.2, radius, 0.0)]
        rows = [np.nonzero(clear.liquid(rng(), hung, ran).region.max(1) > 0.5)[0].max() for ran in (0.0, 0.2)]
        return float(rows[1] - rows[0]) / clear.SIDE

    assert fell(0.03) == pytest.approx(0.1, abs=0.02)
    assert fell(0.09) == pytest.approx(0.3, abs=0.02)


def test_absorption_is_beer_and_lambert() -> None:
    """A round drop: thickness is the root of the depth below its outline; twice the exponent is the square."""
    sheet = clear.liquid(rng(3), [(0.5, 0.5, 0.2, 0.0)])
    centre, half = (sheet.rho[96, x] for x in (96, 96 + 19))
    ratio = np.log(np.maximum(half, 1e-6)) / np.log(np.maximum(centre, 1e-6))
    assert ratio == pytest.approx(np.full(3, np.sqrt(0.5)), abs=0.06)


@pytest.mark.parametrize("make", [clear.glass, clear.liquid])
def test_clear_things_come_out_of_their_seed(make: Callable[[np.random.Generator], Sheet]) -> None:
    one, again, other = (make(rng(n)) for n in (5, 5, 6))
    for name in ("foreground", "alpha", "rho", "warp", "region"):
        assert np.array_equal(getattr(one, name), getattr(again, name))
        assert getattr(one, name).dtype == np.float32
    assert np.abs(one.region - other.region).max() > 0.5


@pytest.mark.parametrize("make", [clear.glass, clear.liquid])
def test_clear_things_transmit_refract_and_shine(make) -> None:  # type: ignore[no-untyped-def]
    sheet = make(np.random.default_rng(4))
    inside = sheet.region > 0.9
    assert sheet.kind is LayerKind.GLASS
    assert inside.any()
    assert sheet.rho[inside].mean() < 1
    assert sheet.rho.min() >= 0
    assert np.abs(sheet.warp[inside]).max() > 0.002
    assert sheet.alpha.max() > 0.02
    assert sheet.alpha[sheet.region == 0].max() == 0


def test_liquid_runs_down() -> None:
    hung = clear.drips(np.random.default_rng(1), 6)
    before, after = (clear.liquid(np.random.default_rng(9), hung, ran).region for ran in (0.0, 0.2))
    rows = np.arange(before.shape[0])

    def lowest(region: F32) -> int:
        return int(rows[(region > 0.5).any(1)].max())

    assert lowest(after) > lowest(before) + 10
    assert after.sum() > before.sum()


def test_thicker_liquid_absorbs_more() -> None:
    sheet = clear.liquid(np.random.default_rng(3), [(0.5, 0.4, 0.09, 0.3)])
    edge = (sheet.region > 0.9) & (sheet.rho.mean(2) > np.median(sheet.rho.mean(2)[sheet.region > 0.9]))
    core = sheet.rho.mean(2)[75:80, 94:98].mean()
    assert core < sheet.rho.mean(2)[edge].mean()
