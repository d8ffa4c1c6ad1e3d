"""Only regular files are opened, only where they may be, and without waiting."""

import os
import time
from pathlib import Path

import pytest

from engines.errors import InputError
from stream.untrusted.regular import open_regular


def test_regular_files_only(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with open_regular(tmp_path / "a") as file:
        assert file.read() == b"abc"
    with pytest.raises(InputError, match="no regular file"):
        open_regular(tmp_path)
    with pytest.raises(InputError, match="cannot be opened: No such file"):
        open_regular(tmp_path / "\x1b[1m")
    with open_regular(tmp_path / "a", [tmp_path], None) as file:
        assert file.read() == b"abc"
    with pytest.raises(InputError, match="outside"):
        open_regular(tmp_path / "a", [tmp_path / "b"], None)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    start = time.monotonic()
    with pytest.raises(InputError, match="no regular file"):
        open_regular(tmp_path / "pipe")
    assert time.monotonic() - start < 1


def test_links_are_followed_to_their_end(tmp_path: Path) -> None:
    """Where a file lies is asked of the open file: a link, or a folder that is a link, does not lead out."""
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "folder").symlink_to(tmp_path)
    for path in (inside / "link", inside / "folder" / "secret", inside / ".." / "secret"):
        with pytest.raises(InputError, match="outside the folders"):
            open_regular(path, [inside])
    (tmp_path / "way in").symlink_to(inside)
    (inside / "a").write_bytes(b"abc")
    with open_regular(tmp_path / "way in" / "a", [tmp_path / "way in"]) as file:
        assert file.read() == b"abc"
    with pytest.raises(InputError, match="cannot be opened"):
        open_regular(inside / "link", links=False)


def test_nothing_stays_open_after_a_refusal(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(InputError):
            open_regular(tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
