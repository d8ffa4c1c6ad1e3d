"""Finding a light back from a shading."""

import numpy as np
import pytest

from engines.relight.light import Illumination, Lamp, shading
from engines.relight.recover import apart, recover
from tests.engines.relight.heads import Head, head


@pytest.fixture(scope="module")
def face() -> Head:
    return head(128)


@pytest.mark.parametrize("azimuth", [0, 75, 160, 290])
@pytest.mark.parametrize("elevation", [10, 45, 80])
def test_direction_and_ambient_part_are_found(face: Head, azimuth: float, elevation: float) -> None:
    light = Illumination(0.6, (Lamp(azimuth, elevation, 0.4),))
    found = recover(shading(face.normals, light), face.normals, face.alpha > 0.9)
    assert apart(found.lamps[0].direction, light.lamps[0].direction) < 1
    assert found.ambient == pytest.approx(0.6, abs=0.01)
    assert found.lamps[0].strength == pytest.approx(0.4, abs=0.02)


def test_eight_bits_and_noise_leave_it_within_fifteen_degrees(face: Head) -> None:
    light, rng = Illumination(0.85, (Lamp(140, 35, 0.15),)), np.random.default_rng(0)
    noisy = shading(face.normals, light) + rng.normal(0, 0.02, face.alpha.shape).astype(np.float32)
    found = recover(noisy.astype(np.float32), face.normals, face.skin)
    assert apart(found.lamps[0].direction, light.lamps[0].direction) < 15


def test_even_light_has_no_lamp(face: Head) -> None:
    found = recover(np.full(face.alpha.shape, 0.7, np.float32), face.normals, face.skin)
    assert sum(lamp.strength for lamp in found.lamps) < 1e-5
    assert found.ambient == pytest.approx(0.7, abs=1e-5)


def test_nowhere_gives_none(face: Head) -> None:
    found = recover(np.ones(face.alpha.shape, np.float32), face.normals, np.zeros(face.alpha.shape, bool))
    assert found == Illumination(0.0)


def test_angles_between_directions() -> None:
    x, y = np.array([1, 0, 0], np.float32), np.array([0, 3, 0], np.float32)
    assert apart(x, y) == pytest.approx(90)
    assert apart(x, x) == pytest.approx(0, abs=0.01)
