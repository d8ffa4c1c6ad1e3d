"""Pairs for training: what is in them fits together."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engines.relight.light import shading
from engines.relight.linear import luminance, to_linear
from engines.relight.recover import apart, recover
from tests.engines.relight.heads import head
from tests.tools.commands import needs_models, portrait
from tests.tools.relight.subjects import config, seen
from tools.relight.lighting import draw, generator
from tools.relight.pairs import pair, relit_pairs
from tools.relight.read_settings import read_settings
from tools.relight.sample import Studio, open_studio
from tools.relight.settings import PersonMethod

PLAIN = read_settings(pattern={"probability": 0.0})


def test_a_pair_is_its_albedo_in_its_light() -> None:
    lighting = draw(PLAIN, generator(2, "x"))
    made = pair("x", seen(head(160), lighting.light), lighting, PLAIN)
    inside = made.alpha == 255
    again = luminance(to_linear(made.albedo)) * shading(made.normals, lighting.light)
    assert np.abs(again - luminance(to_linear(made.relit)))[inside].max() < 0.02
    shade = luminance(to_linear(made.relit)) / np.maximum(luminance(to_linear(made.albedo)), 1e-3)
    found = recover(np.asarray(shade, np.float32), made.normals, inside)
    assert apart(found.lamps[0].direction, lighting.light.lamps[0].direction) < 15


def test_normals_have_the_pictures_size_and_length_one() -> None:
    lighting = draw(PLAIN, generator(0, "y"))
    made = pair("y", seen(head(220), lighting.light, longest=128), lighting, PLAIN)
    assert made.normals.shape == (220, 220, 3)
    np.testing.assert_allclose(np.linalg.norm(made.normals, axis=2), 1, atol=1e-4)
    assert made.albedo.shape == made.relit.shape == made.picture.shape == (220, 220, 3)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with open_studio(read_settings(config(tmp_path)), PersonMethod.GRABCUT, None) as opened:
        yield opened


class TestFromPictures:
    pytestmark = needs_models

    def test_every_picture_of_a_person_comes_in_as_many_lights(self, studio: Studio) -> None:
        settings = read_settings(work={"longest": 128})
        photo = np.ascontiguousarray(portrait()[:300, 90:360])
        pictures = [("wall", np.full((90, 90, 3), 99, np.uint8)), ("her", photo)]
        made = list(relit_pairs(pictures, studio, settings, lights=2))
        assert [one.name for one in made] == ["her", "her"]
        assert made[0].lighting == draw(settings, generator(0, "her"))
        assert made[0].lighting != made[1].lighting
        for one in made:
            ground = one.alpha == 0
            np.testing.assert_array_equal(one.relit[ground], photo[ground])
