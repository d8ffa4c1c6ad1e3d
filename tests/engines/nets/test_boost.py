"""Pixel boost: crops to interleaved tiles and back."""

import numpy as np
import pytest

from engines.nets import boost


@pytest.mark.parametrize("k", [1, 2, 4])
def test_boost_interleaves_and_joins(k: int) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (3, 8 * k, 8 * k, 3), np.uint8)
    tiles = boost.split(crops, k)
    assert tiles.shape == (3 * k * k, 8, 8, 3)
    assert np.array_equal(tiles[k * k + k - 1], crops[1, 0::k, k - 1 :: k]), "second face, row 0, last column"
    assert np.array_equal(boost.join(tiles.astype(np.float32), k), crops)
    assert boost.join(np.zeros((k * k, 8, 8), np.float32), k).shape == (1, 8 * k, 8 * k)


def test_boost_refuses_sides_that_do_not_divide() -> None:
    with pytest.raises(ValueError, match="do not split"):
        boost.split(np.zeros((1, 9, 9, 3), np.uint8), 2)
