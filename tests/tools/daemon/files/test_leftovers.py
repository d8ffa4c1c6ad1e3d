"""The record of what was made: exactly that is removed, if it is still that."""

import json
from pathlib import Path

import pytest

from tools.daemon.files.leftovers import RECORD, Leftovers


@pytest.fixture
def made(tmp_path: Path) -> tuple[Leftovers, Path]:
    (tmp_path / "job").mkdir()
    (tmp_path / "files").mkdir()
    return Leftovers(tmp_path / "job"), tmp_path / "files" / ".understudy-1"


def test_what_was_made_is_removed_with_all_in_it(made: tuple[Leftovers, Path], tmp_path: Path) -> None:
    leftovers, folder = made
    leftovers.intend(folder)
    folder.mkdir()
    leftovers.made(folder)
    (folder / "out.part.mp4").write_bytes(b"x")
    (folder / "link").symlink_to(tmp_path)
    assert Leftovers(tmp_path / "job").clear() and not folder.exists()
    assert not (tmp_path / "job" / RECORD).exists() and (tmp_path / "files").is_dir()
    assert leftovers.clear(), "nothing is left to clear"


def test_what_was_only_intended_is_removed_if_it_is_empty(made: tuple[Leftovers, Path]) -> None:
    """The process ended between making it and writing that down: nothing of ours lies in it."""
    leftovers, folder = made
    leftovers.intend(folder)
    assert leftovers.clear()
    for content in (None, "a user's"):
        leftovers.intend(folder)
        folder.mkdir()
        if content:
            (folder / content).touch()
        assert leftovers.clear() and folder.exists() == bool(content)


def test_another_s_folder_of_that_name_is_let_be(made: tuple[Leftovers, Path]) -> None:
    leftovers, folder = made
    folder.mkdir()
    leftovers.made(folder)
    folder.rename(folder.with_name("moved"))
    folder.mkdir()
    (folder / "a user's").touch()
    assert leftovers.clear() and (folder / "a user's").exists() and folder.with_name("moved").exists()


def test_nor_is_a_link_followed(made: tuple[Leftovers, Path], tmp_path: Path) -> None:
    leftovers, folder = made
    folder.mkdir()
    leftovers.made(folder)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "file").touch()
    folder.rmdir()
    folder.symlink_to(tmp_path / "theirs")
    assert leftovers.clear() and (tmp_path / "theirs" / "file").exists()


def test_a_disk_that_is_away_is_tried_again(made: tuple[Leftovers, Path], tmp_path: Path) -> None:
    leftovers, folder = made
    folder.mkdir()
    leftovers.made(folder)
    folder.parent.rename(tmp_path / "away")
    assert not leftovers.clear() and (tmp_path / "job" / RECORD).exists()
    (tmp_path / "away").rename(folder.parent)
    assert leftovers.clear() and not folder.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"path": "/etc", "more": 1})])
def test_a_record_that_is_none_removes_nothing(made: tuple[Leftovers, Path], tmp_path: Path, text: str) -> None:
    (tmp_path / "job" / RECORD).write_text(text)
    assert made[0].clear() and not (tmp_path / "job" / RECORD).exists()
