"""Vectors of identity and of looks cannot be taken for one another, nor those of two models."""

import numpy as np
import pytest

from calib.identity.bounds import bounds_of
from calib.identity.vectors import IdVector, VectorError, likeness, similarity
from engines.nets.embedder import Metric
from tests.calib.identity.candidates import look, who


def test_likeness_is_the_embedders_and_similarity_the_cosine() -> None:
    np.testing.assert_allclose(likeness(who(0), [who(60), who(0)]), [0.5, 1], atol=1e-6)
    np.testing.assert_allclose(similarity(look(0), [look(90), look(60)]), [0, 0.5], atol=1e-6)
    near, far = (IdVector(np.array([0, x], np.float32), "d", Metric.EUCLIDEAN) for x in (0.3, 0.9))
    np.testing.assert_allclose(likeness(near, [far]), [0.4], atol=1e-6)
    assert likeness(near, [far])[0] < bounds_of("dlib_resnet_v1").same
    assert likeness(who(0), []).shape == similarity(look(0), []).shape == (0,)


def test_what_is_different_is_never_compared() -> None:
    with pytest.raises(VectorError, match="two embedders"):
        likeness(who(0), [who(0, embedder="cd" * 32)])
    with pytest.raises(VectorError, match="two embedders"):
        likeness(who(0), [IdVector(who(0).values, who(0).embedder, Metric.EUCLIDEAN)])
    with pytest.raises(VectorError, match="two models"):
        similarity(look(0), [look(0, model="others")])
    with pytest.raises(VectorError, match="identity vectors alone"):
        likeness(who(0), [look(0)])  # type: ignore[list-item]
    with pytest.raises(VectorError, match="vectors of appearance alone"):
        similarity(who(0), [look(0)])  # type: ignore[arg-type]
