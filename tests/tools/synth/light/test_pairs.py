"""Light pairs by value: what the truth has of whom, and shards on disk."""

import numpy as np
import pytest

from engines.mesh.field.lightnet import CHANNELS, SIDE
from engines.mesh.topology import CANONICAL
from engines.values import F32
from tests.engines.mesh.test_swapper import even_source
from tests.tools.synth.people import person, photo
from tools.synth.light.cast import LitPortrait
from tools.synth.light.pairs import LightPair, People, pair, swapped


def mesh() -> F32:
    return np.asarray(CANONICAL * 9 + np.array([150, 160, 0]), np.float32)


@pytest.fixture(scope="module")
def people() -> People:
    """Two people; their textures are of one tone each."""
    tones = {"a": (200, 160, 140), "b": (120, 90, 70)}
    return {
        name: (LitPortrait(person(name, seed), (even_source(tones[name]),)),) for seed, name in enumerate(sorted(tones))
    }


@pytest.fixture(scope="module")
def made(people: People) -> list[LightPair]:
    rng = np.random.default_rng(1)
    return [p for p in (pair(people, rng) for _ in range(6)) if p is not None]


def test_a_pair_has_the_declared_form(made: list[LightPair]) -> None:
    assert len(made) >= 5
    for p in made:
        assert p.face.shape == (CHANNELS, SIDE, SIDE) and p.face.dtype == np.uint8
        assert p.truth.shape == (3, SIDE, SIDE) and p.weight.shape == (SIDE, SIDE)
        assert p.weight.max() > 200
        assert p.weight[0].max() == 0


def test_the_painting_is_near_the_truth_but_not_it(made: list[LightPair]) -> None:
    for p in made:
        inside = p.weight > 200
        off = np.abs(p.face[3:6].astype(int) - p.truth)[:, inside].mean()
        assert 0.3 < off < 60


def test_a_swap_is_on_the_face_and_nowhere_else() -> None:
    picture = photo(1)
    out, alpha = swapped(picture, mesh(), even_source((10, 200, 10)))
    assert alpha.max() > 0.95
    np.testing.assert_array_equal(out[alpha == 0], picture[alpha == 0])
    # the pattern of the target's face is gone: the source has none
    assert out[alpha > 0.99].astype(float).std(0).mean() < 0.7 * picture[alpha > 0.99].astype(float).std(0).mean()
