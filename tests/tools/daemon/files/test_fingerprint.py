"""What a file held: told from its times where they tell it, and from its bytes where they do not."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.daemon.files.fingerprint import is_unchanged, take

CONTENT = b"0123456789" * 300_000
LATE = 10_000_000_000  # nanoseconds after the last change


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "clip.mp4").write_bytes(CONTENT)
    file = os.open(tmp_path / "clip.mp4", os.O_RDWR)
    yield file
    os.close(file)


def later(file: int) -> int:
    return os.fstat(file).st_ctime_ns + LATE


def test_it_is_the_size_the_time_and_the_hash(opened: int) -> None:
    seen: list[None] = []
    value = take(opened, lambda: seen.append(None)).value
    stat = os.fstat(opened)
    assert (value.size, value.mtime) == (len(CONTENT), stat.st_mtime_ns)
    assert value.sha256 == hashlib.sha256(CONTENT).hexdigest() and len(seen) == 3
    assert os.lseek(opened, 0, os.SEEK_CUR) == 0, "who reads the file is not disturbed"


def test_one_that_nobody_wrote_to_is_unchanged(opened: int) -> None:
    assert is_unchanged(opened, take(opened, clock=lambda: later(opened)))
    assert is_unchanged(opened, take(opened)), "so is one that had only just been written"


@pytest.mark.parametrize("clock", [None, LATE])
def test_another_content_is_seen_whatever_its_times(opened: int, clock: int | None) -> None:
    """In the first moments a change may carry the time of the one before."""
    taken = take(opened) if clock is None else take(opened, clock=lambda: later(opened))
    stat = os.fstat(opened)
    os.pwrite(opened, b"x", 5)
    os.utime(opened, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not is_unchanged(opened, taken)
    os.pwrite(opened, CONTENT[:10], 0)
    assert is_unchanged(opened, taken), "it holds again what it held"


@pytest.mark.parametrize("size", [0, 5, len(CONTENT) + 1])
def test_another_size_is_another_content(opened: int, size: int) -> None:
    taken = take(opened, clock=lambda: later(opened))
    os.ftruncate(opened, size)
    assert not is_unchanged(opened, taken)


def test_a_mode_that_changes_is_no_change(opened: int) -> None:
    taken = take(opened, clock=lambda: later(opened))
    os.fchmod(opened, 0o600)
    assert is_unchanged(opened, taken)
