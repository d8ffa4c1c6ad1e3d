"""Shards that a training run wants: which are written, by which seed, with whose faces."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.tools.synth.people import cast, person
from tools.synth import making, shards
from tools.synth.crops import CropPeople, sample
from tools.synth.purposes import HELD, Purpose
from tools.synth.sequences import many

CAST = cast()
HELD_BACK = ["selection0", "calibration0", "validation0"]


def write(folder: Path, wanted: making.ShardPlan, casts: Mapping[Purpose, CropPeople] | None = None) -> list[str]:
    return list(making.write(folder, dict.fromkeys(Purpose, CAST) if casts is None else casts, wanted))


def test_what_is_written_is_what_was_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "SHARD", 8)
    names = write(tmp_path, making.ShardPlan(20, 6, 3, 2, frames=2))
    sequences = ["calibration_sequences0", "validation_sequences0"]
    assert names == [*HELD_BACK, *sequences, "training0", "training1", "training2"]
    sizes = [len(shards.read(tmp_path / n)) for n in names]
    assert sizes == [6, 6, 6, 4, 2, 8, 8, 4]
    assert not list(tmp_path.glob("*.part"))
    firsts = [shards.read(tmp_path / n).face[0] for n in names]
    assert len({f.tobytes() for f in firsts}) == len(firsts)  # no two shards are the same


def test_without_sequences_none_are_written(tmp_path: Path) -> None:
    assert write(tmp_path, making.ShardPlan(2, 2, 0, 2)) == [*HELD_BACK, "training0"]


def test_every_purpose_shows_its_own_people(tmp_path: Path) -> None:
    """One cast for each: what the shards hold is what that cast gives alone, crops and sequences alike."""
    casts = {
        purpose: CropPeople({purpose.value: (person(purpose, i),)}, CAST.hands) for i, purpose in enumerate(Purpose)
    }
    write(tmp_path, making.ShardPlan(3, 3, 2, 2, frames=2), casts)
    seeds = {Purpose.TRAINING: (2, 1, 0)} | {purpose: (2, 2, i) for i, purpose in enumerate(HELD)}
    for purpose, seed in seeds.items():
        held, chance = shards.read(tmp_path / f"{purpose}0"), np.random.default_rng(seed)
        for i in range(3):
            assert np.array_equal(held.face[i], sample(casts[purpose], chance).face)
    for i, purpose in enumerate((Purpose.CALIBRATION, Purpose.VALIDATION)):
        held = shards.read(tmp_path / f"{shards.sequences(purpose)}0")
        first, _ = next(iter(many(casts[purpose], 2000 + i, 1, 2)))
        assert np.array_equal(held.face[0], first.face)


def test_another_seed_gives_other_crops(tmp_path: Path) -> None:
    write(tmp_path / "a", making.ShardPlan(2, 2, 0, 2))
    write(tmp_path / "b", making.ShardPlan(2, 2, 0, 3))
    for name in ("validation0", "training0"):
        one, other = (shards.read(tmp_path / f / name).face for f in "ab")
        assert not np.array_equal(one, other)


def test_what_a_crash_left_half_written_is_written_again(tmp_path: Path) -> None:
    def torn() -> None:
        raise KeyboardInterrupt

    made = making.crops(CAST, (2, 0), 4)

    def half() -> object:
        yield next(made)
        torn()

    with pytest.raises(KeyboardInterrupt):
        shards.write(tmp_path / "selection0", half(), 4)  # type: ignore[arg-type]
    assert shards.found(tmp_path, "selection") == []
    assert write(tmp_path, making.ShardPlan(2, 4, 0, 2)) == [*HELD_BACK, "training0"]
    assert len(shards.read(tmp_path / "selection0")) == 4
