"""Labelled bands on disk: written once, read back, and only whole folders are found."""

from pathlib import Path

import numpy as np
import pytest

from engines.errors import InputError
from tests.tools.synth.eyewear.test_bands import CAST
from tools.synth.eyewear import shards as bandshards
from tools.synth.eyewear.bands import band
from tools.synth.purposes import Purpose


def test_shards_are_written_once_and_read_back(tmp_path: Path) -> None:
    casts = dict.fromkeys(Purpose, CAST)
    names = list(bandshards.write_all(tmp_path, casts, 5, 3, 1))
    assert names == ["bands_selection0", "bands_validation0", "bands_training0"]
    assert list(bandshards.write_all(tmp_path, casts, 5, 3, 1)) == []
    (folder,) = bandshards.found(tmp_path, Purpose.TRAINING)
    shard = bandshards.read(folder)
    assert len(shard) == 5
    first = band(CAST, np.random.default_rng((1, 1, 0)))
    np.testing.assert_array_equal(shard.band[0], first.image.transpose(2, 0, 1))
    np.testing.assert_array_equal(shard.map[0], first.map)
    assert bool(shard.worn[0]) is first.worn


def test_a_folder_without_bands_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="train bands"):
        bandshards.read(tmp_path)
    (tmp_path / "bands_training0.part").mkdir()
    assert bandshards.found(tmp_path, Purpose.TRAINING) == []
