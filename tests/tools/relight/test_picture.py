"""One picture through the stages, on made-up heads: the ground stays, the light is the one asked for."""

import numpy as np
import pytest

from engines.relight.albedo import AlbedoMethod
from engines.relight.light import Gloss, Illumination, Lamp
from engines.relight.linear import luminance, to_linear, to_srgb
from engines.relight.recover import apart, recover
from tests.engines.relight.heads import Head, head
from tests.tools.relight.subjects import seen
from tools.relight.lighting import Lighting
from tools.relight.patterns import ShadowPattern
from tools.relight.picture import RelightSubject, relight, work_copy
from tools.relight.read_settings import read_settings
from tools.relight.settings import Degradation, Pattern

USUAL = read_settings()
STUDIO = Illumination(0.7, (Lamp(60, 50, 0.3),))


def lighting(light: Illumination, original: float = 0.2) -> Lighting:
    return Lighting(Degradation.SOFT, light, original)


@pytest.fixture(scope="module")
def face() -> Head:
    return head(200)


@pytest.fixture(scope="module")
def person(face: Head) -> RelightSubject:
    return seen(face, STUDIO)


def test_the_ground_is_the_same_bit_for_bit_and_the_person_is_not(person: RelightSubject) -> None:
    done = relight(person, lighting(Illumination(0.6, (Lamp(200, 30, 0.4),))), USUAL)
    ground = person.alpha == 0
    assert ground.mean() > 0.2
    np.testing.assert_array_equal(done.composite[ground], person.rgb[ground])
    assert (done.composite != person.rgb)[person.alpha == 255].mean() > 0.5
    assert not done.albedo[ground].any()
    assert not done.degraded[ground].any()


def test_within_the_person_the_composite_is_the_degraded_picture(person: RelightSubject) -> None:
    done = relight(person, lighting(Illumination(0.6, (Lamp(200, 30, 0.4),))), USUAL)
    inside = person.alpha == 255
    np.testing.assert_array_equal(done.composite[inside], done.degraded[inside])


@pytest.mark.parametrize(
    ("azimuth", "elevation", "ambient"), [(0, 20, 0.6), (110, 40, 0.7), (200, 10, 0.6), (270, 30, 0.6), (320, 60, 0.7)]
)
def test_the_new_light_is_found_back_within_fifteen_degrees(
    face: Head, person: RelightSubject, azimuth: float, elevation: float, ambient: float
) -> None:
    """Out of the 8-bit picture and the albedo that is found, as whoever trains on them has both."""
    light = Illumination(ambient, (Lamp(azimuth, elevation, 1 - ambient),))
    done = relight(person, lighting(light), USUAL)
    shade = luminance(to_linear(done.composite)) / np.maximum(luminance(to_linear(done.albedo)), 1e-3)
    found = recover(np.asarray(shade, np.float32), person.normals, face.skin & (person.alpha == 255))
    assert apart(found.lamps[0].direction, light.lamps[0].direction) < 15
    assert found.ambient == pytest.approx(ambient, abs=0.05)


def test_the_new_light_is_found_back_over_the_true_albedo(face: Head) -> None:
    """What is left of the first light leads astray: less than 15 degrees where the new light is as strong."""
    person = seen(face, Illumination(0.8, (Lamp(60, 50, 0.2),)))
    light = Illumination(0.6, (Lamp(200, 30, 0.4),))
    done = relight(person, lighting(light, original=0.15), USUAL)
    shade = luminance(to_linear(done.composite)) / np.maximum(luminance(face.albedo), 1e-3)
    found = recover(np.asarray(shade, np.float32), person.normals, face.skin & (person.alpha == 255))
    assert apart(found.lamps[0].direction, light.lamps[0].direction) < 15


def test_a_picture_in_a_mix_of_lights_is_the_mix_of_the_pictures(person: RelightSubject) -> None:
    one, other = Illumination(0.6, (Lamp(0, 30, 0.4),)), Illumination(0.8, (Lamp(180, 50, 0.2),))
    a, b, mixed = (relight(person, lighting(x), USUAL).composite for x in (one, other, one.mixed(other, 0.4)))
    expected = to_srgb(0.6 * to_linear(a) + 0.4 * to_linear(b))
    assert np.abs(expected.astype(int) - mixed.astype(int)).max() <= 1


def test_a_shadow_darkens_and_a_highlight_brightens(person: RelightSubject) -> None:
    light = Illumination(0.6, (Lamp(90, 60, 0.4),))
    plain = relight(person, lighting(light), USUAL).composite.astype(int)
    shadow = ShadowPattern(Pattern.BLOBS, 0.6, 21, 1024, 3)
    darker = relight(person, Lighting(Degradation.SOFT, light, 0.2, shadow), USUAL).composite.astype(int)
    brighter = relight(person, Lighting(Degradation.SPECULAR, light, 0.2, None, Gloss(0.5, 8)), USUAL).composite
    assert (darker <= plain).all()
    assert (darker < plain - 5).any()
    assert (brighter.astype(int) >= plain).all()
    assert (brighter.astype(int) > plain + 5).any()


def test_edges_have_no_halo(face: Head, person: RelightSubject) -> None:
    """Across the seam the new picture over the old one goes from the person's change to none, and never beyond."""
    done = relight(person, lighting(Illumination(0.6, (Lamp(180, 20, 0.4),))), USUAL)
    ratio = (luminance(to_linear(done.composite)) + 0.01) / (luminance(to_linear(person.rgb)) + 0.01)
    seam = (person.alpha > 0) & (person.alpha < 255)
    inside = ratio[person.alpha == 255]
    low, high = min(1.0, float(inside.min())), max(1.0, float(inside.max()))
    assert seam.sum() > 100
    darkest, brightest = np.percentile(ratio[seam], (2, 98))
    assert darkest >= low - 0.03
    assert brightest <= high + 0.03


def test_a_neutral_ground_is_even_and_carries_no_fringe(face: Head, person: RelightSubject) -> None:
    settings = read_settings(recombination={"background": "neutral", "grey": 0.5})
    done = relight(person, lighting(Illumination(0.8, (Lamp(90, 45, 0.2),))), settings)
    assert (done.composite[person.alpha == 0] == 128).all()
    assert len(np.unique(done.composite[person.alpha == 255])) > 20


def test_a_method_that_blows_out_gives_way_to_the_next(face: Head) -> None:
    glaring = seen(face, Illumination(1.6, (Lamp(180, 10, 3.0),)))
    strict = read_settings(albedo={"blown": 0.0, "lambert": False})
    assert relight(glaring, lighting(STUDIO), strict).method is AlbedoMethod.LAB
    lenient = read_settings(albedo={"blown": 1.0})
    assert relight(glaring, lighting(STUDIO), lenient).method is AlbedoMethod.RETINEX


def test_a_large_picture_is_worked_out_small_and_keeps_its_ground(face: Head) -> None:
    large = seen(head(300), STUDIO, longest=128)
    assert large.small.shape == (128, 128, 3)
    assert large.normals.shape == (128, 128, 3)
    assert large.alpha.shape == (300, 300)
    done = relight(large, lighting(Illumination(0.6, (Lamp(0, 30, 0.4),))), USUAL)
    ground = large.alpha == 0
    np.testing.assert_array_equal(done.composite[ground], large.rgb[ground])


def test_a_small_picture_is_not_made_larger() -> None:
    assert work_copy(np.zeros((50, 40, 3), np.uint8), 1024).shape == (50, 40, 3)
    assert work_copy(np.zeros((500, 400, 3), np.uint8), 100).shape == (100, 80, 3)


def test_coverage_is_the_persons_share(face: Head, person: RelightSubject) -> None:
    assert person.coverage == pytest.approx(float(face.alpha.mean()), abs=0.02)
