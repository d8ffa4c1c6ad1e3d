"""Made light by value: where it falls, what it casts, what the camera shows."""

from dataclasses import replace

import numpy as np
import pytest

from engines.values import F32
from tools.synth.light.lamps import FaceLamp, LightScene, cast_shadow, filmed, level_of, random_scene, shading

SIDE = 64
ON: F32 = np.ones((SIDE, SIDE), np.float32)
FLAT: F32 = np.zeros((SIDE, SIDE), np.float32)


def ball() -> F32:
    """Normals of a ball that fills the picture, float32 (64, 64, 3)."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j] * 0.95
    z = -np.sqrt(np.clip(1 - x**2 - y**2, 0, 1))
    n = np.stack([x, y, z], -1)
    return np.asarray(n / np.linalg.norm(n, axis=2, keepdims=True), np.float32)


def scene(*lamps: FaceLamp, ambient: float = 0.3) -> LightScene:
    grey = np.full(3, ambient, np.float32)
    return LightScene(lamps, grey, 0 * grey, np.ones((16, 16), np.float32), 0.2, 1.0, 1.0, (0.0, 0.0))


def lamp(x: float, y: float, z: float, strength: float = 1.0, shadow: float = 0.0) -> FaceLamp:
    d = np.array([x, y, z], np.float32)
    return FaceLamp(d / np.linalg.norm(d), np.full(3, strength, np.float32), 0.0, 10.0, shadow)


def test_light_from_the_right_falls_on_the_right() -> None:
    times, more = shading(scene(lamp(1, 0, -1)), ball(), FLAT, ON)
    assert times[32, 52, 0] > 2 * times[32, 8, 0]
    assert more.max() == 0


def test_a_mix_of_two_lamps_is_the_mix_of_their_light() -> None:
    one, other = lamp(1, 0, -1), lamp(-0.5, -1, -1, 0.6)
    both, a, b = (shading(scene(*lamps), ball(), FLAT, ON)[0] for lamps in ((one, other), (one,), (other,)))
    np.testing.assert_allclose(both, a + b - 0.3, atol=1e-4)


def test_what_stands_out_casts_a_shadow_away_from_the_lamp() -> None:
    depth = FLAT.copy()
    depth[20:44, 30:34] = -8  # a ridge, nearer to the viewer
    shadow = cast_shadow(depth, ON, lamp(1, 0, -1).direction)
    assert shadow[32, 26] > 0.6  # the lamp is at the right
    assert shadow[32, 44] < 0.05


def test_a_flat_thing_casts_none() -> None:
    assert cast_shadow(FLAT, ON, lamp(1, 0, -1).direction).max() < 0.01


def test_exposure_sets_how_bright_the_face_is() -> None:
    image = np.full((SIDE, SIDE, 3), 150, np.float32)
    light = shading(scene(lamp(0, 0, -1)), ball(), FLAT, ON)
    level = level_of(image, light, ON)
    dark, bright = (filmed(image, light, replace(scene(), exposure=e), level).mean() for e in (0.08, 0.3))
    assert dark == pytest.approx(255 * 0.08 ** (1 / 2.2), rel=0.08)
    assert bright == pytest.approx(255 * 0.3 ** (1 / 2.2), rel=0.08)


def test_highlights_end_in_a_shoulder() -> None:
    image = np.full((SIDE, SIDE, 3), 250, np.float32)
    light = shading(scene(lamp(0, 0, -1, 3.0)), ball(), FLAT, ON)
    out = filmed(image, light, replace(scene(), exposure=0.6), level_of(image, light, ON))
    assert out.max() <= 255
    assert np.unique(out[..., 0].round()).size > 20  # not cut to one white


def test_a_seed_gives_its_own_scene() -> None:
    one, same, other = (random_scene(np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.ambient, same.ambient)
    assert one.exposure == same.exposure != other.exposure
