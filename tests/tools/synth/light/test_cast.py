"""People of light pairs by value: their photos, and what other lights leave on their skin."""

import numpy as np

from engines.mesh.shape import fit
from tests.engines.mesh.test_swapper import even_source
from tests.tools.synth.light.test_pairs import mesh
from tests.tools.synth.people import photo
from tools.synth.light.cast import FINEST, in_other_light, model


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
