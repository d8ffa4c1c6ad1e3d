"""Sizes of a swapping network's crops, and what its chain of networks is made of."""

import pytest

from engines.errors import UnderstudyError
from stream.pipeline.networks import check_boost


@pytest.mark.parametrize(("own", "side", "tiles"), [(128, 128, 1), (128, 512, 16), (256, 512, 4), (128, 1024, 64)])
def test_boost_counts_tiles(own: int, side: int, tiles: int) -> None:
    assert check_boost("net", own, side) == tiles


@pytest.mark.parametrize(("own", "side"), [(128, 500), (256, 128), (128, 2048), (128, 64)])
def test_boost_refuses_other_sizes_and_names_some(own: int, side: int) -> None:
    with pytest.raises(UnderstudyError, match=rf"--pixel-boost {side}: net has {own} pixels; take {own}, {2 * own}, "):
        check_boost("net", own, side)
