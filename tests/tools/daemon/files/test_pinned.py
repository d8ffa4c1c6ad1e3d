"""Inputs that are opened once: whatever becomes of their names, they are read as they were."""

import tempfile
import time
from collections.abc import Iterator
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


# ---- without /proc


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another disk than the files'."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second disk to write to")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize("how", ["replaced", "removed", "linked"])
def test_without_proc_a_hard_link_keeps_what_was_pinned(tmp_path: Path, how: str) -> None:
    clip, none = tmp_path / "clip.mp4", tmp_path / "no-proc"
    clip.write_bytes(b"first")
    with PinnedInputs(tmp_path / "job", none) as pins:
        name = pins.pin(clip)
        assert name != clip and not name.is_symlink()
        clip.unlink()
        if how == "replaced":
            clip.write_bytes(b"other")
        if how == "linked":
            clip.symlink_to("/etc/passwd")
        assert name.read_bytes() == b"first" and pins.moved() == []
        assert pins.as_asked(f"{name} is short") == f"{clip} is short"
    assert not (tmp_path / "job" / FOLDER).exists()


@pytest.mark.parametrize("how", ["replaced", "removed", "linked", "there and back", "written over"])
def test_without_proc_and_on_another_disk_a_name_that_led_elsewhere_is_told(
    tmp_path: Path, elsewhere: Path, how: str
) -> None:
    """Written over in place is the fingerprint's to see; its times tell it here too."""
    clip, quiet, other = tmp_path / "clip.mp4", tmp_path / "quiet.mp4", tmp_path / "other.mp4"
    for path in (clip, quiet, other):
        path.write_bytes(b"first")
    with PinnedInputs(elsewhere, tmp_path / "no-proc") as pins:
        assert [pins.pin(clip), pins.pin(quiet)] == [clip, quiet] and pins.moved() == []
        match how:
            case "replaced":
                other.replace(clip)
            case "removed":
                clip.unlink()
            case "linked":
                clip.unlink()
                clip.symlink_to(other)
            case "there and back":
                clip.rename(tmp_path / "aside.mp4")
                other.rename(clip)
                clip.rename(other)
                (tmp_path / "aside.mp4").rename(clip)
            case "written over":
                time.sleep(0.02)
                clip.write_bytes(b"other")
        assert pins.moved() == [str(clip)]


@pytest.mark.parametrize("how", ["nothing", "a photo is replaced", "a photo comes", "the folder goes"])
def test_without_proc_and_on_another_disk_a_folder_of_photos_is_watched(
    tmp_path: Path, elsewhere: Path, how: str
) -> None:
    photos = tmp_path / "ann"
    photos.mkdir()
    for name in ("a.png", "b.png", "notes.txt"):
        (photos / name).write_bytes(name.encode())
    with PinnedInputs(elsewhere, tmp_path / "no-proc") as pins:
        assert pins.pin_photos(photos) == photos
        assert set(pins.descriptors()) == {f"{photos}/a.png", f"{photos}/b.png"}
        (photos / "notes.txt").write_text("more")
        match how:
            case "a photo is replaced":
                (photos / "b.png").unlink()
                (photos / "b.png").write_bytes(b"x")
            case "a photo comes":
                (photos / "c.png").write_bytes(b"x")
            case "the folder goes":
                photos.rename(tmp_path / "bob")
        moved = {
            "nothing": [],
            "a photo is replaced": [f"{photos}/b.png"],
            "a photo comes": [str(photos)],
            "the folder goes": [str(photos), f"{photos}/a.png", f"{photos}/b.png"],
        }
        assert pins.moved() == moved[how]


def test_without_proc_a_folder_of_photos_is_kept_by_hard_links(tmp_path: Path) -> None:
    photos = tmp_path / "ann"
    photos.mkdir()
    (photos / "a.png").write_bytes(b"first")
    with PinnedInputs(tmp_path / "job", tmp_path / "no-proc") as pins:
        folder = pins.pin_photos(photos)
        (photos / "a.png").unlink()
        (photos / "a.png").write_bytes(b"other")
        assert folder != photos and (folder / "a.png").read_bytes() == b"first" and pins.moved() == []
