"""Opening without following a link, wherever on the way it lies, and whatever was put in the file's place."""

import os
from pathlib import Path

import pytest

from engines.errors import InputError, UnderstudyError
from tools.daemon.files.nofollow import names_in, open_file, open_folder


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "clip.mp4").write_bytes(b"clip")
    return folder


def opened() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def test_a_plain_path_is_opened(deep: Path) -> None:
    file = open_file(deep / "clip.mp4")
    assert os.read(file, 10) == b"clip"
    os.close(file)
    folder = open_folder(deep)
    assert names_in(folder) == ["clip.mp4"]
    os.close(folder)
    root = open_folder(Path("/"))
    assert "proc" in names_in(root)
    os.close(root)


@pytest.mark.parametrize("place", ["file", "parent", "above"])
def test_a_link_that_was_laid_in_the_way_is_refused(deep: Path, tmp_path: Path, place: str) -> None:
    """What is behind it is a video like the other."""
    other = tmp_path / "secret" / "b"
    other.mkdir(parents=True)
    (other / "clip.mp4").write_bytes(b"secret")
    target = {"file": deep / "clip.mp4", "parent": deep, "above": deep.parent}[place]
    behind = {"file": other / "clip.mp4", "parent": other, "above": other.parent}[place]
    target.rename(tmp_path / "moved")
    target.symlink_to(behind)
    assert (deep / "clip.mp4").read_bytes() == b"secret"
    before = opened()
    with pytest.raises(InputError, match=r"clip\.mp4"):
        open_file(deep / "clip.mp4")
    if place != "file":
        with pytest.raises(UnderstudyError, match="link"):
            open_folder(deep)
    assert opened() == before, "nothing stays open"


def test_a_pipe_a_socket_and_a_folder_are_no_files(deep: Path) -> None:
    os.mkfifo(deep / "pipe.mp4")
    (deep / "folder.mp4").mkdir()
    for name, words in (("pipe.mp4", "a pipe now"), ("folder.mp4", "a folder now")):
        with pytest.raises(InputError, match=words):
            open_file(deep / name)
    with pytest.raises(InputError, match="a device now"):
        open_file(Path("/dev/zero"))


def test_what_is_not_there_is_said(deep: Path) -> None:
    with pytest.raises(InputError, match=r"there is no .*none\.mp4"):
        open_file(deep / "none.mp4")
    with pytest.raises(UnderstudyError, match="there is no"):
        open_folder(deep / "none")
    with pytest.raises(UnderstudyError, match="a file where a folder was"):
        open_folder(deep / "clip.mp4")
