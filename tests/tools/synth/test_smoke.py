"""Smoke by value: Beer and Lambert's law, how it rises, thickens and keeps its place, and the picture behind it."""

from dataclasses import replace

import numpy as np
import pytest

from engines.values import F32
from tools.synth.layers import LayerKind
from tools.synth.smoke import SIDE, Smoke, smoke

SIZE = (96, 100)
BACK = np.random.default_rng(1).uniform(30, 220, (*SIZE, 3)).astype(np.float32)
STILL = Smoke(
    np.full((SIDE, SIDE), 0.5, np.float32), np.zeros((SIDE, SIDE, 2), np.float32), 1.6,
    np.array([230, 225, 220], np.float32), 2.0, 0.0, 3.0,
)  # fmt: skip


def alpha(cloud: Smoke, step: float = 0.0, grown: float = 1.0, size: float = 128.0) -> F32:
    return cloud.layers(step, (50, 48), size, SIZE, grown).alpha


def test_opacity_is_that_of_the_depth() -> None:
    """`1 - exp(-density thickness)`, in the middle of a cloud of even density."""
    assert alpha(STILL)[48, 50] == pytest.approx(1 - np.exp(-0.5 * 1.6), abs=1e-3)
    assert alpha(replace(STILL, thick=0.4))[48, 50] == pytest.approx(1 - np.exp(-0.5 * 0.4), abs=1e-3)


@pytest.mark.parametrize("grown", [0.25, 0.5, 0.9])
def test_half_grown_is_half_as_deep(grown: float) -> None:
    """Transparencies multiply: `1 - a` of a share is the whole's to the power of that share."""
    np.testing.assert_allclose(1 - alpha(STILL, grown=grown), (1 - alpha(STILL)) ** grown, atol=1e-5)


def test_what_is_thin_is_cut_from_a_patchy_cloud() -> None:
    ramp = np.broadcast_to(np.linspace(0, 1, SIDE, dtype=np.float32), (SIDE, SIDE)).copy()
    patchy = alpha(replace(STILL, density=ramp, patchy=0.3))[48]
    assert patchy[: int(0.3 * 128) - 15].max() == 0
    assert (np.diff(patchy) > -1e-6)[:80].all()
    assert patchy[80] > 0.4


def test_it_is_where_it_is_put_and_nowhere_else() -> None:
    small = replace(STILL, shape=1.0).layers(0.0, (30, 60), 40, SIZE)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    assert small.alpha[np.hypot(x - 30, y - 60) > 21].max() == 0
    mass = small.alpha / small.alpha.sum()
    assert (float((mass * x).sum()), float((mass * y).sum())) == pytest.approx((30, 60), abs=0.6)


def test_it_rises_by_so_many_sheet_pixels_a_step() -> None:
    """A bar of smoke, drawn at the sheet's own size, climbs two pixels a step."""
    bar = np.zeros((SIDE, SIDE), np.float32)
    bar[70:74] = 1
    rows = [
        float((alpha(replace(STILL, density=bar), step)[:, 50] * np.arange(SIZE[0])).sum())
        / float(alpha(replace(STILL, density=bar), step)[:, 50].sum())
        for step in (0, 1, 5)
    ]
    assert rows[0] - rows[1] == pytest.approx(2, abs=0.1)
    assert rows[0] - rows[2] == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_it_moves_without_a_jump(seed: int) -> None:
    """Twenty-five frames a second for two seconds: no frame differs much from the last, the first from the last do."""
    cloud = smoke(np.random.default_rng(seed))
    frames = np.stack([cloud.layers(0.5 * i, (50, 48), 130, SIZE).alpha for i in range(1, 50)])
    steps = np.abs(np.diff(frames, axis=0)).mean((1, 2))
    assert steps.min() > 0
    assert steps.max() < 5 * np.median(steps)
    assert np.abs(frames[-1] - frames[0]).mean() > 3 * np.median(steps)


def test_the_picture_behind_it_is_the_veil_model() -> None:
    """`I = (1 - a) B + a A`, to the level."""
    layers = STILL.layers(0.0, (50, 48), 128, SIZE)
    a = layers.alpha[..., None]
    np.testing.assert_allclose(layers.over(BACK), (1 - a) * BACK + a * STILL.airlight, atol=1e-3)
    assert layers.kind is LayerKind.VEIL
    assert np.array_equal(layers.map(LayerKind.VEIL), layers.alpha)
    assert layers.map(LayerKind.OPAQUE).max() == layers.map(LayerKind.GLASS).max() == 0


def test_smokes_are_of_many_kinds_and_the_seed_decides() -> None:
    made = [smoke(np.random.default_rng(n)) for n in range(40)]
    again = smoke(np.random.default_rng(7))
    assert np.array_equal(again.density, made[7].density)
    assert (again.thick, again.rise, again.patchy) == (made[7].thick, made[7].rise, made[7].patchy)
    light = np.stack([s.airlight for s in made])
    assert light.min() >= 40
    assert light.max() <= 255
    assert ((light.mean(1) < 180).sum() > 3) and ((light.mean(1) > 185).sum() > 15)
    assert np.ptp(light, axis=1).max() > 20  # some are tinted
    assert np.ptp([s.thick for s in made]) > 1
