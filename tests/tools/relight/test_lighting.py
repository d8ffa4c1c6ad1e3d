"""Drawing a light: within its ranges, by seed and name alone, each method as often as its weight."""

import json
from collections import Counter

import numpy as np
import pytest

from tools.relight.lighting import draw, generator
from tools.relight.read_settings import read_settings
from tools.relight.settings import Degradation

USUAL = read_settings()


def test_every_value_lies_in_its_range_and_the_lamp_has_the_rest() -> None:
    azimuths = []
    for n in range(200):
        lighting = draw(USUAL, generator(0, str(n)))
        (lamp,) = lighting.light.lamps
        assert 0.6 <= lighting.light.ambient <= 0.85
        assert lamp.strength == pytest.approx(1 - lighting.light.ambient)
        assert 10 <= lamp.elevation <= 80
        assert 0 <= lamp.azimuth < 360
        assert 0.15 <= lighting.original <= 0.25
        assert lighting.method is Degradation.SOFT
        assert lighting.gloss is None
        azimuths.append(lamp.azimuth)
        if lighting.pattern is not None:
            assert 0.35 <= lighting.pattern.strength <= 0.6
            assert 21 <= lighting.pattern.blur <= 51
    counts, _ = np.histogram(azimuths, 4, (0, 360))
    assert counts.min() > 30, "from all around"


def test_a_light_depends_on_seed_name_and_number_alone() -> None:
    one = draw(USUAL, generator(3, "00000"))
    assert one == draw(USUAL, generator(3, "00000"))
    assert one != draw(USUAL, generator(4, "00000"))
    assert one != draw(USUAL, generator(3, "00001"))
    assert one != draw(USUAL, generator(3, "00000", 1))


def test_methods_come_as_often_as_their_weights_say() -> None:
    settings = read_settings(degradation={"soft": 2, "hard": 1, "specular": 1})
    drawn = Counter(draw(settings, generator(0, str(n))).method for n in range(400))
    assert drawn[Degradation.SOFT] == pytest.approx(200, abs=40)
    assert drawn[Degradation.HARD] == pytest.approx(100, abs=35)
    assert drawn[Degradation.SPECULAR] == pytest.approx(100, abs=35)


def test_hard_shadows_have_their_own_ranges_and_always_a_pattern() -> None:
    settings = read_settings(degradation={"soft": 0, "hard": 1}, pattern={"probability": 0.0})
    for n in range(50):
        lighting = draw(settings, generator(0, str(n)))
        assert lighting.pattern is not None
        assert 0.7 <= lighting.pattern.strength <= 1
        assert 3 <= lighting.pattern.blur <= 9
        assert 0.35 <= lighting.light.ambient <= 0.6


def test_specular_light_has_a_gloss_and_soft_has_none() -> None:
    settings = read_settings(degradation={"soft": 0, "specular": 0.2})
    lighting = draw(settings, generator(0, "a"))
    assert lighting.gloss is not None
    assert 0.05 <= lighting.gloss.strength <= 0.2
    assert 8 <= lighting.gloss.shininess <= 40


@pytest.mark.parametrize(("probability", "most"), [(0.0, 0), (1.0, 40)])
def test_the_probability_of_a_shadow_pattern(probability: float, most: int) -> None:
    settings = read_settings(pattern={"probability": probability})
    assert sum(draw(settings, generator(0, str(n))).pattern is not None for n in range(40)) == most


def test_the_parameters_are_plain_json_that_says_all() -> None:
    settings = read_settings(degradation={"soft": 0, "specular": 1}, pattern={"probability": 1.0})
    lighting = draw(settings, generator(1, "x"))
    told = json.loads(json.dumps(lighting.to_json()))
    assert told["method"] == "specular"
    assert told["ambient"] == lighting.light.ambient
    assert told["lamps"][0]["azimuth"] == lighting.light.lamps[0].azimuth
    np.testing.assert_allclose(told["lamps"][0]["direction"], lighting.light.lamps[0].direction, atol=1e-5)
    assert lighting.pattern is not None
    assert told["shadow_pattern"]["seed"] == lighting.pattern.seed
    assert told["specular"]["shininess"] > 0
    assert told["original_share"] == lighting.original
