"""Which sidecars may be a file's, and that writing one harms no other."""

import errno
import os
from pathlib import Path

import pytest

from stream.marks.sidecar import LARGEST, candidates, is_readable, sidecar, write_sidecar


def test_each_file_has_its_own() -> None:
    assert sidecar(Path("a/holiday.ts")) == Path("a/holiday.ts.c2pa")
    assert sidecar(Path("holiday.mkv")) == Path("holiday.mkv.c2pa")
    assert sidecar(Path("holiday")) == Path("holiday.c2pa")


def test_its_own_first_then_the_usual_name_then_those_of_other_endings(tmp_path: Path) -> None:
    for name in ("x.ts.c2pa", "x.mkv.c2pa", "x.c2pa", "xy.ts.c2pa", "x.ts", "other.c2pa"):
        (tmp_path / name).touch()
    assert [one.name for one in candidates(tmp_path / "x.mkv")] == ["x.mkv.c2pa", "x.c2pa", "x.ts.c2pa"]
    assert [one.name for one in candidates(tmp_path / "x.c2pa")] == ["x.mkv.c2pa", "x.ts.c2pa"]
    assert candidates(tmp_path / "nowhere" / "x.mkv") == ()


def test_only_regular_files_are_sidecars(tmp_path: Path) -> None:
    (tmp_path / "x.mkv.c2pa").mkdir()
    os.mkfifo(tmp_path / "x.c2pa")
    (tmp_path / "x.ts.c2pa").symlink_to(tmp_path / "none")
    assert candidates(tmp_path / "x.mkv") == ()


def test_a_folder_full_of_them_is_not_read_through(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"x.{number:03}.c2pa").touch()
    assert len(candidates(tmp_path / "x.mkv")) == 16


def test_what_is_far_too_large_is_none(tmp_path: Path) -> None:
    with (tmp_path / "x.mkv.c2pa").open("wb") as file:
        file.truncate(LARGEST + 1)
    assert not is_readable(tmp_path / "x.mkv.c2pa") and not is_readable(tmp_path / "none.c2pa")
    assert candidates(tmp_path / "x.mkv") == ()
    (tmp_path / "x.c2pa").write_bytes(b"ab")
    assert is_readable(tmp_path / "x.c2pa") and not is_readable(tmp_path)


def test_one_that_is_there_stays_unless_it_may_go(tmp_path: Path) -> None:
    path = tmp_path / "x.ts.c2pa"
    write_sidecar(path, b"one", replace=False)
    with pytest.raises(FileExistsError):
        write_sidecar(path, b"two", replace=False)
    assert path.read_bytes() == b"one"
    write_sidecar(path, b"two", replace=True)
    assert path.read_bytes() == b"two"
    assert [one.name for one in tmp_path.iterdir()] == ["x.ts.c2pa"]


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "x.c2pa").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        write_sidecar(tmp_path / "x.c2pa", b"one", replace=False)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    write_sidecar(tmp_path / "x.c2pa", b"one", replace=False)
    with pytest.raises(FileExistsError):
        write_sidecar(tmp_path / "x.c2pa", b"two", replace=False)
    assert (tmp_path / "x.c2pa").read_bytes() == b"one"
