"""Layers by value: what covers, veils, bends and drifts before a picture."""

import numpy as np
import pytest

from tools.synth import noise, smoke, things
from tools.synth.layers import LayerKind, Layers, Sheet, opaque, placement

SIZE = (96, 100)
BACK = np.random.default_rng(1).uniform(30, 220, (*SIZE, 3)).astype(np.float32)


def square(colour: tuple[float, float, float] = (10, 200, 30)) -> Sheet:
    alpha = np.zeros((64, 64), np.float32)
    alpha[16:48, 16:48] = 1
    return opaque(np.broadcast_to(np.array(colour, np.float32), (64, 64, 3)).copy(), alpha)


def test_an_opaque_thing_covers_and_nothing_else_changes() -> None:
    layers = square().placed(placement(64, (50, 40), 64, 0.0), SIZE)
    out = layers.over(BACK)
    np.testing.assert_allclose(out[30:50, 40:60], np.broadcast_to((10, 200, 30), (20, 20, 3)), atol=1e-3)
    np.testing.assert_allclose(out[layers.alpha == 0], BACK[layers.alpha == 0], atol=1e-4)
    assert layers.map(LayerKind.OPAQUE).sum() == pytest.approx(32 * 32, rel=0.05)
    assert layers.map(LayerKind.VEIL).sum() == layers.map(LayerKind.GLASS).sum() == 0


def test_a_soft_edge_does_not_pull_in_what_lies_beside_the_thing() -> None:
    sheet = square((255, 255, 255))
    sheet.foreground[sheet.alpha == 0] = 0
    layers = sheet.placed(placement(64, (50, 40), 90, 0.4), SIZE, 2.0)
    assert layers.foreground[layers.alpha > 0.1].min() > 250


@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0])
@pytest.mark.parametrize("flip", [False, True])
def test_placement_puts_the_middle_where_it_is_told(angle: float, flip: bool) -> None:
    m = placement(64, (50, 40), 32, angle, flip)
    np.testing.assert_allclose(m[:, :2] @ np.full(2, 31.5) + m[:, 2], (50, 40), atol=1e-4)
    assert float(np.hypot(m[0, 0], m[1, 0])) == pytest.approx(0.5)


def pane(slope: float) -> Sheet:
    flat, region = np.ones((64, 64, 3), np.float32), np.ones((64, 64), np.float32)
    warp = np.zeros((64, 64, 2), np.float32)
    warp[..., 0] = slope
    return Sheet(LayerKind.GLASS, flat * 255, 0 * region, flat * np.float32(0.5), warp, region)


def test_glass_dims_and_displaces_what_is_behind() -> None:
    layers = pane(0.1).placed(placement(64, (50, 48), 60, 0.0), SIZE)
    out = layers.over(BACK)
    np.testing.assert_allclose(out[30:60, 40:60], 0.5 * BACK[30:60, 46:66], atol=0.3)


def test_the_displacement_turns_with_the_glass() -> None:
    layers = pane(0.1).placed(placement(64, (50, 48), 60, np.pi / 2), SIZE)
    np.testing.assert_allclose(layers.warp[48, 50], (0, 6), atol=0.05)


def test_fading_thins_a_veil() -> None:
    cloud = smoke.smoke(np.random.default_rng(2)).layers(0, (50, 48), 120, SIZE)
    np.testing.assert_allclose(cloud.faded(0.5).alpha, cloud.alpha * 0.5, atol=1e-6)


@pytest.mark.parametrize("name", list(things.THINGS))
def test_every_thing_is_opaque_somewhere_and_the_same_for_the_same_seed(name: str) -> None:
    one, again, other = (things.THINGS[name](np.random.default_rng(s)) for s in (5, 5, 6))
    assert one.alpha.max() > 0.9
    assert 0.005 < one.alpha.mean() < 0.95
    assert one.foreground.min() >= 0
    assert one.foreground.max() <= 255
    np.testing.assert_array_equal(one.foreground, again.foreground)
    assert np.abs(one.alpha - other.alpha).max() > 0.1 or np.abs(one.foreground - other.foreground).max() > 1


def test_smoke_drifts_smoothly_and_keeps_its_colour() -> None:
    cloud = smoke.smoke(np.random.default_rng(7))
    a, b, far = (cloud.layers(t, (50, 48), 130, SIZE) for t in (0.0, 1.0, 12.0))
    assert 0 < np.abs(a.alpha - b.alpha).mean() < np.abs(a.alpha - far.alpha).mean()
    np.testing.assert_array_equal(a.foreground, far.foreground)
    assert a.alpha.max() < 1
    assert cloud.layers(0, (50, 48), 130, SIZE, 0.0).alpha.max() == 0


def test_curl_noise_neither_gathers_nor_thins() -> None:
    flow = noise.curl(64, 64, np.random.default_rng(1))
    divergence = np.gradient(flow[..., 0], axis=1) + np.gradient(flow[..., 1], axis=0)
    assert np.abs(divergence[4:-4, 4:-4]).mean() < 0.2 * np.abs(np.gradient(flow[..., 0], axis=0)).mean() + 0.02


def test_fractal_noise_fills_its_range() -> None:
    field = noise.fractal(50, 70, np.random.default_rng(1))
    assert field.shape == (50, 70)
    assert (field.min(), field.max()) == (0, 1)


def test_layers_carry_what_they_say() -> None:
    layers = square().placed(placement(64, (50, 40), 64, 0.0), SIZE)
    assert isinstance(layers, Layers)
    for array in (layers.foreground, layers.alpha, layers.rho, layers.warp, layers.region):
        assert array.dtype == np.float32
