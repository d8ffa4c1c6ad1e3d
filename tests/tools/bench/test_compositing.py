"""`understudy bench compositing`: the formula's lead by value, and the layers that it is measured on."""

import numpy as np
import pytest

from tests.tools.commands import understudy
from tools.bench.compositing import LEVELS, SIDE, measured, pane, scene, smoke
from tools.synth.layers import LayerKind


@pytest.mark.parametrize("kind", [LayerKind.VEIL, LayerKind.GLASS])
@pytest.mark.parametrize("level", LEVELS)
def test_difference_beats_the_published_formula_by_three_decibels_and_more(kind: LayerKind, level: float) -> None:
    """On known layers, with a plate that is off by noise and light; and the opacity solved for is near."""
    row = measured(kind, level, seed=11)
    assert row.difference >= row.published + 3
    assert row.solved >= row.published + 3, "with nothing given but the frame, the plate and a guess"
    assert row.off <= (0.08 if kind is LayerKind.VEIL else 0.12)


@pytest.mark.parametrize("level", LEVELS)
def test_smoke_is_as_opaque_as_asked_for(level: float) -> None:
    layers = smoke(level, np.random.default_rng(2))
    assert layers.alpha.mean() == pytest.approx(level, abs=0.02)
    assert 0.03 < layers.alpha.std() < 0.2
    assert layers.kind is LayerKind.VEIL


@pytest.mark.parametrize("level", LEVELS)
def test_a_pane_keeps_back_as_much_light_as_asked_for(level: float) -> None:
    layers = pane(level, np.random.default_rng(3))
    inside = layers.region == 1
    assert 1 - layers.rho[inside].mean() == pytest.approx(level, abs=0.01)
    assert np.ptp(layers.rho[inside].mean(0)) > 0.005, "it has a hue"
    assert np.all(layers.rho[layers.region == 0] == 1)
    assert 1 < np.abs(layers.warp[inside]).max() < 6


def test_the_published_formula_is_measured_as_published() -> None:
    """Its own error by hand: of smoke of opacity a it keeps a^2, and shows a (1 - a) of the old face."""
    rng = np.random.default_rng((11, 50))
    s = scene(rng)
    layers = smoke(0.5, rng)
    a = layers.alpha[..., None]
    frame, truth = layers.over(s.behind), layers.over(s.swapped)
    error = a * (1 - a) * (s.behind - layers.foreground)
    wrong = (1 - a) * s.swapped + a * frame
    np.testing.assert_allclose(wrong - truth, error, atol=0.01)
    want = 10 * np.log10(255**2 / np.mean(error**2))
    assert measured(LayerKind.VEIL, 0.5, 11).published == pytest.approx(want, abs=0.01)


def test_a_scene_is_two_faces_and_a_plate_that_is_slightly_off() -> None:
    s = scene(np.random.default_rng(5))
    assert s.behind.shape == (SIDE, SIDE, 3)
    assert np.abs(s.behind - s.swapped).mean() > 15
    assert 0.5 < np.abs(s.plate - s.behind).mean() < 6


def test_the_table_of_compositing_is_printed() -> None:
    out = understudy("bench", "compositing", "--seeds", "1").stdout
    rows = [line.split() for line in out.splitlines() if line.split()[:1] in (["veil"], ["glass"])]
    assert [row[:2] for row in rows] == [[k, f"{v:.1f}"] for k in ("veil", "glass") for v in LEVELS]
    assert all(float(row[6]) >= 3 for row in rows), "the gain in dB"
