"""Light on known normals, by value; and that it adds up."""

import numpy as np
import pytest

from engines.relight.light import Gloss, Illumination, Lamp, lit, shading, specular
from engines.relight.linear import to_linear, to_srgb
from engines.values import F32
from tests.engines.relight.heads import head

AHEAD = np.array([[[0, 0, 1]]], np.float32)


@pytest.mark.parametrize(
    ("azimuth", "elevation", "towards"),
    [(0, 0, (1, 0, 0)), (90, 0, (0, 1, 0)), (180, 0, (-1, 0, 0)), (37, 90, (0, 0, 1)), (90, 45, (0, 0.70711, 0.70711))],
)
def test_directions_are_right_up_and_towards_the_viewer(
    azimuth: float, elevation: float, towards: tuple[float, float, float]
) -> None:
    np.testing.assert_allclose(Lamp(azimuth, elevation).direction, towards, atol=1e-5)


def test_lambert_by_value() -> None:
    light = Illumination(0.6, (Lamp(0, 30, 0.4),))
    assert shading(AHEAD, light)[0, 0] == pytest.approx(0.6 + 0.4 * 0.5)
    away = np.array([[[-1, 0, 0]]], np.float32)
    assert shading(away, light)[0, 0] == pytest.approx(0.6), "turned away, the ambient part is left"


def test_phong_by_value() -> None:
    light, gloss = Illumination(0.5, (Lamp(0, 60, 0.5),)), Gloss(0.2, 10)
    # seen from ahead, the mirrored ray of a surface that faces the viewer is 30 degrees off
    assert specular(AHEAD, light, gloss)[0, 0] == pytest.approx(0.5 * 0.2 * np.cos(np.radians(30)) ** 10, rel=1e-4)
    half = np.array([[[np.sin(np.radians(15)), 0, np.cos(np.radians(15))]]], np.float32)
    assert specular(half, light, gloss)[0, 0] == pytest.approx(0.1, rel=1e-4), "half way it mirrors the lamp"
    behind = Illumination(0.5, (Lamp(0, -60, 0.5),))
    assert specular(AHEAD, behind, gloss)[0, 0] == 0


def test_a_shadow_keeps_off_the_lamp_and_not_the_ambient_part() -> None:
    light = Illumination(0.6, (Lamp(0, 90, 0.4),))
    for share in (0.0, 0.5, 1.0):
        blocked = [np.full((1, 1), share, np.float32)]
        assert shading(AHEAD, light, blocked)[0, 0] == pytest.approx(0.6 + 0.4 * (1 - share))
    assert specular(AHEAD, light, Gloss(1, 5), [np.ones((1, 1), np.float32)])[0, 0] == 0


def test_every_lamp_wants_its_shadow() -> None:
    with pytest.raises(ValueError, match="zip"):
        shading(AHEAD, Illumination(0.5, (Lamp(0, 0), Lamp(0, 9))), [np.zeros((1, 1), np.float32)])


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0])
def test_a_picture_in_a_mix_of_two_lights_is_the_mix_of_the_two_pictures(share: float) -> None:
    """The test of IC-Light: light is linear."""
    face, gloss = head(96), Gloss(0.1, 12)
    one, other = Illumination(0.6, (Lamp(20, 30, 0.4),)), Illumination(0.8, (Lamp(200, 60, 0.2), Lamp(90, 10, 0.1)))

    def picture(light: Illumination) -> F32:
        return lit(face.albedo, shading(face.normals, light), specular(face.normals, light, gloss))

    mixed = picture(one.mixed(other, share))
    np.testing.assert_allclose(mixed, (1 - share) * picture(one) + share * picture(other), atol=2e-6)
    # as 8 bits, no further off than their rounding
    eight = [to_linear(to_srgb(picture(light))) for light in (one, other)]
    again = to_srgb((1 - share) * eight[0] + share * eight[1])
    assert np.abs(again.astype(int) - to_srgb(mixed).astype(int)).max() <= 1
