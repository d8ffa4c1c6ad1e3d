"""Inputs that are opened once: whatever becomes of their names, they are read as they were."""

from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from tools.daemon.files.pinned import FOLDER, PinnedInputs

needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="there is no /proc here")


@needs_proc
@pytest.mark.parametrize("how", ["replaced", "removed", "linked"])
def test_what_was_pinned_is_read_whatever_becomes_of_its_name(tmp_path: Path, how: str) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"first")
    with PinnedInputs(tmp_path / "job") as pins:
        name = pins.pin(clip)
        assert name.name == "clip.mp4" and name.is_file()
        clip.unlink()
        if how == "replaced":
            clip.write_bytes(b"other")
        if how == "linked":
            clip.symlink_to("/etc/passwd")
        assert name.read_bytes() == b"first" and pins.descriptors().keys() == {str(clip)}
        assert pins.as_asked(f"{name} is short") == f"{clip} is short"
    assert not (tmp_path / "job" / FOLDER).exists()


@needs_proc
def test_a_folder_of_photos_is_pinned_photo_by_photo(tmp_path: Path) -> None:
    photos = tmp_path / "ann"
    photos.mkdir()
    for name in ("b.JPG", "a.png", "notes.txt"):
        (photos / name).write_bytes(name.encode())
    with PinnedInputs(tmp_path / "job") as pins:
        folder = pins.pin_photos(photos)
        assert folder.name == "ann" and sorted(p.name for p in folder.iterdir()) == ["a.png", "b.JPG"]
        assert pins.as_asked(f"{folder / 'a.png'}: no face in {folder}") == f"{photos}/a.png: no face in {photos}"
        assert pins.pin_photos(photos / "a.png").read_bytes() == b"a.png"
        assert len(pins.descriptors()) == 2


def test_a_link_among_the_photos_is_refused(tmp_path: Path) -> None:
    photos = tmp_path / "ann"
    photos.mkdir()
    (photos / "a.png").symlink_to("/etc/hostname")
    with PinnedInputs(tmp_path / "job") as pins, pytest.raises(UnderstudyError, match="a link now"):
        pins.pin_photos(photos)
    (tmp_path / "link").symlink_to(photos)
    with PinnedInputs(tmp_path / "job") as pins, pytest.raises(UnderstudyError, match="link"):
        pins.pin_photos(tmp_path / "link")


@needs_proc
def test_two_files_of_one_name_are_two(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "face.png" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(path.parent.name.encode())
    with PinnedInputs(tmp_path / "job") as pins:
        assert [pins.pin(path).read_bytes() for path in paths] == [b"a", b"b"]


def opened() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def test_what_a_killed_process_left_is_gone_at_the_next_start(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")
    killed = PinnedInputs(tmp_path / "job")
    killed.pin(clip)
    before = opened()
    with PinnedInputs(tmp_path / "job") as pins:
        assert not (tmp_path / "job" / FOLDER).exists()
        pins.pin(clip)
    assert opened() == before
    killed.close()
