"""One person or two, by the cosines of embeddings that are made for it."""

import numpy as np
import pytest

from calib.identity.bounds import bounds_of
from calib.identity.likeness import DIFFERENT, PersonEmbedding, two_people
from engines.nets.embedder import Metric
from engines.values import F32


def turned(*degrees: float) -> F32:
    """Directions in a plane: two of them have the cosine of the angle between them."""
    angles = np.radians(degrees)
    return np.asarray(np.column_stack([np.cos(angles), np.sin(angles)]), np.float32)


@pytest.mark.parametrize(
    ("degrees", "pair"),
    [
        ((), None),
        ((0,), None),
        ((0, 70), None),
        ((0, 85), (0, 1)),
        ((0, 10, 90), (0, 2)),
        ((0, 60, 120), None),  # the first and the last are unlike, and the second is like both
        ((0, 30, 170, 175), (0, 3)),
        ((180, 0, 5, 10), (0, 1)),
    ],
)
def test_who_holds_together(degrees: tuple[float, ...], pair: tuple[int, int] | None) -> None:
    assert two_people(turned(*degrees).reshape(-1, 2)) == pair


def test_the_bound() -> None:
    angle = float(np.degrees(np.arccos(DIFFERENT)))
    assert two_people(turned(0, angle - 0.1)) is None
    assert two_people(turned(0, angle + 0.1)) == (0, 1)
    assert two_people(turned(0, 50), bound=0.9) == (0, 1)


def test_the_mean_has_length_one() -> None:
    made = PersonEmbedding(np.eye(4, dtype=np.float32)[:2], "x")
    assert np.allclose(made.mean, [0.5**0.5, 0.5**0.5, 0, 0])


def test_vectors_that_are_compared_by_distance_keep_their_length() -> None:
    each = np.array([[0, 1.5], [0.2, 1.5]], np.float32)
    made = PersonEmbedding(each, "x", Metric.EUCLIDEAN, bounds_of("dlib_resnet_v1"))
    assert np.allclose(made.mean, [0.1, 1.5])
    assert made.two_people() is None
    apart = PersonEmbedding(np.array([[0, 1.5], [0.7, 1.5]], np.float32), "x", Metric.EUCLIDEAN, made.bounds)
    assert apart.two_people() == (0, 1), "a distance over .6"
    assert two_people(np.zeros((0, 2), np.float32)) is None
