"""Bytes that are set aside: they are real, given back, and set aside again where there is room."""

from pathlib import Path

from tests.tools.daemon.disks import fill, no_writes, small_disk
from tools.daemon.queue.disk_room import DiskRoom

SIZE = 1 << 20


def test_what_is_set_aside_is_there_and_is_given_back(tmp_path: Path) -> None:
    room = DiskRoom(tmp_path, SIZE)
    assert not room.is_kept and not room.release()
    assert room.keep() and room.is_kept
    (reserve,) = tmp_path.iterdir()
    assert reserve.stat().st_size == SIZE and reserve.stat().st_blocks * 512 >= SIZE, "not a hole"
    assert room.release() and not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_not_set_aside(tmp_path: Path) -> None:
    room = DiskRoom(tmp_path, SIZE)
    with no_writes():
        assert not room.keep()
    assert not list(tmp_path.iterdir()), "and nothing is left of the attempt"
    (tmp_path / "reserve.new").write_bytes(b"of a process that was killed")
    assert room.keep() and [p.name for p in tmp_path.iterdir()] == ["reserve"]


def test_a_full_disk_is_seen_and_what_was_set_aside_helps(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "8m") as disk:
        room = DiskRoom(disk, SIZE)
        assert room.keep() and not room.is_short
        filler = fill(disk)
        assert room.is_kept and room.is_short
        assert room.release()
        assert not room.keep(), "what others took is not taken from them"
        (disk / "queue").write_bytes(b"x" * SIZE)
        filler.unlink()
        assert room.keep() and not room.is_short
