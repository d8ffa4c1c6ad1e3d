"""Light pairs on disk: written once, read back, each shard by its own seed."""

from pathlib import Path

import numpy as np
import pytest

from engines.errors import InputError
from engines.mesh.field.lightnet import CHANNELS, SIDE
from tests.engines.mesh.test_swapper import even_source
from tests.tools.synth.people import person
from tools.synth.light import shards
from tools.synth.light.cast import LitPortrait
from tools.synth.light.pairs import People
from tools.synth.purposes import Purpose


@pytest.fixture(scope="module")
def people() -> People:
    return {name: (LitPortrait(person(name, i), (even_source(),)),) for i, name in enumerate("ab")}


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
