"""Shards by purpose and number: what is written, with which seed, what is left, and which are found."""

from pathlib import Path

from tools.synth.numbered import found, write_all
from tools.synth.purposes import Purpose

CASTS = {purpose: f"people for {purpose}" for purpose in Purpose}


def called(purpose: Purpose) -> str:
    return f"rows_{purpose}"


def test_the_held_come_first_and_each_shard_has_its_people_rows_and_seed(tmp_path: Path) -> None:
    made: dict[str, tuple[str, int, tuple[int, ...]]] = {}

    def write(path: Path, people: str, count: int, seed: tuple[int, ...]) -> None:
        path.mkdir()
        made[path.name] = (people, count, seed)

    names = list(write_all(tmp_path, CASTS, (5, 3, 2), 7, called, write))
    assert names == ["rows_selection0", "rows_validation0", "rows_training0", "rows_training1", "rows_training2"]
    assert [made[name] for name in names] == [
        ("people for selection", 3, (7, 2, 0)),
        ("people for validation", 3, (7, 2, 1)),
        ("people for training", 2, (7, 1, 0)),
        ("people for training", 2, (7, 1, 1)),
        ("people for training", 1, (7, 1, 2)),
    ]
    (tmp_path / "rows_training1").rmdir()
    assert list(write_all(tmp_path, CASTS, (5, 3, 2), 7, called, write)) == ["rows_training1"]


def test_they_are_found_in_the_order_of_their_numbers_and_whole_ones_alone(tmp_path: Path) -> None:
    for name in ("rows_training10", "rows_training9", "rows_training3.part", "rows_training_more"):
        (tmp_path / name).mkdir()
    (tmp_path / "rows_training9" / "last.npy").write_bytes(b"")
    assert [path.name for path in found(tmp_path, "rows_training")] == ["rows_training9", "rows_training10"]
    assert [path.name for path in found(tmp_path, "rows_training", "last.npy")] == ["rows_training9"]
