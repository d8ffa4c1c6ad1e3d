"""Light pairs by value: what the truth has of whom, and shards on disk."""

from pathlib import Path

import numpy as np
import pytest

from engines.errors import InputError
from engines.mesh.lightnet import CHANNELS, SIDE
from engines.mesh.shape import fit
from engines.mesh.topology import CANONICAL
from engines.values import F32
from tests.engines.mesh.test_swapper import even_source
from tests.tools.synth.people import person, photo
from tools.synth.light import shards
from tools.synth.light.cast import FINEST, Model, in_other_light, model
from tools.synth.light.pairs import LightPair, People, pair, swapped
from tools.synth.purposes import Purpose


def mesh() -> F32:
    return np.asarray(CANONICAL * 9 + np.array([150, 160, 0]), np.float32)


@pytest.fixture(scope="module")
def people() -> People:
    """Two people; their textures are of one tone each."""
    tones = {"a": (200, 160, 140), "b": (120, 90, 70)}
    return {name: (Model(person(name, seed), (even_source(tones[name]),)),) for seed, name in enumerate(sorted(tones))}


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


def test_a_model_is_its_photo_and_the_same_in_other_lights() -> None:
    one = model(photo(1), mesh(), "a", 2, np.random.default_rng(0))
    assert len(one.sources) == 3
    first, second, third = (s.textures[FINEST].astype(int) for s in one.sources)
    assert np.abs(second - first).mean() > 1
    assert np.abs(third - second).mean() > 1
    np.testing.assert_allclose(one.sources[1].shape, fit(mesh()).to_canonical(mesh()), atol=1e-4)


def test_finer_textures_are_not_relit() -> None:
    plain = even_source()
    other = in_other_light(plain, np.random.default_rng(0))
    assert other.textures[0] is plain.textures[0]
    assert [t.shape for t in other.textures] == [t.shape for t in plain.textures]


def test_shards_are_written_once_and_read_back(people: People, tmp_path: Path) -> None:
    casts = dict.fromkeys(Purpose, people)
    names = list(shards.write_all(tmp_path, casts, 3, 2, 7))
    assert names == ["pairs_selection0", "pairs_validation0", "pairs_training0"]
    assert list(shards.write_all(tmp_path, casts, 3, 2, 7)) == []
    (path,) = shards.found(tmp_path, Purpose.TRAINING)
    some = shards.read(path)
    assert len(some) == 3 and some.face.shape == (3, CHANNELS, SIDE, SIDE)
    shards.write(tmp_path / "again", people, 3, (7, 1, 0))
    np.testing.assert_array_equal(shards.read(tmp_path / "again").truth, some.truth)


def test_a_folder_that_is_no_shard_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="train pairs"):
        shards.read(tmp_path)
