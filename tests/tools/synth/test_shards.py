"""Crops and sequences on disk: what was written is what is read, and only whole folders are found."""

from pathlib import Path

import numpy as np
import pytest

from tests.tools.synth.people import cast
from tools.synth import making, sequences, shards
from tools.synth.purposes import Purpose

CAST = cast()


def test_shards_are_found_by_name_whole_and_in_order(tmp_path: Path) -> None:
    for name in ("training10", "training2", "training0", "validation0", "validation_sequences0"):
        shards.write(tmp_path / name, making.crops(CAST, (1, 2), 1), 1)
    (tmp_path / "training3").mkdir()
    assert [p.name for p in shards.found(tmp_path, "training")] == ["training0", "training2", "training10"]
    assert [p.name for p in shards.found(tmp_path, Purpose.VALIDATION)] == ["validation0"], "sequences are no crops"
    sequences = shards.found(tmp_path, shards.sequences(Purpose.VALIDATION))
    assert [p.name for p in sequences] == ["validation_sequences0"]


def test_crops_are_mapped_not_loaded(tmp_path: Path) -> None:
    shards.write(tmp_path / "validation0", making.crops(CAST, (1, 2), 2), 2)
    held = shards.read(tmp_path / "validation0")
    assert isinstance(held.face, np.memmap)
    assert isinstance(held.maps, np.memmap)
    assert list(held.sequences()) == []  # they belong to none
    assert held.sequence.tolist() == [-1, -1]


def test_shards_keep_crops_and_sequences(tmp_path) -> None:  # type: ignore[no-untyped-def]
    shards.write(tmp_path / "seq0", sequences.many(CAST, 3, 2, 6), 12)
    held = shards.read(tmp_path / "seq0")
    assert len(held) == 12
    one, two = held.sequences()
    want = next(iter(sequences.sequence(CAST, np.random.default_rng((3, 1)), sequences.KINDS[1], 6)))
    np.testing.assert_array_equal(two.face[0], want.face)
    np.testing.assert_array_equal(one.sequence, 0)
    assert shards.found(tmp_path, "seq") == [tmp_path / "seq0"]
    assert shards.found(tmp_path, "training") == []


def test_a_folder_without_crops_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from engines.errors import InputError

    with pytest.raises(InputError, match="train data"):
        shards.read(tmp_path)
