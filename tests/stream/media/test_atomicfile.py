"""AtomicFile: beside first, then the final name; and every way a place can be wrong."""

import os
from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.media.atomicfile import AtomicFile


def test_written_beside_then_renamed(tmp_path: Path) -> None:
    landing = AtomicFile(tmp_path / "film.mp4")
    assert landing.partial == tmp_path / "film.part.mp4"
    landing.partial.write_bytes(b"whole")
    assert not landing.path.exists()
    landing.land()
    assert landing.path.read_bytes() == b"whole"
    assert not landing.partial.exists()


def test_an_older_file_is_replaced_only_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"old")
    landing = AtomicFile(tmp_path / "film.mp4")
    landing.partial.write_bytes(b"new")
    assert landing.path.read_bytes() == b"old"
    landing.land()
    assert landing.path.read_bytes() == b"new"


def test_abandoned_leaves_nothing_and_may_be_called_twice(tmp_path: Path) -> None:
    landing = AtomicFile(tmp_path / "film.mp4")
    landing.partial.write_bytes(b"half")
    landing.abandon()
    landing.abandon()
    assert list(tmp_path.iterdir()) == []


def test_a_partial_file_that_vanished_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot finish .*film\.mp4: No such file"):
        AtomicFile(tmp_path / "film.mp4").land()


def test_the_source_is_never_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(b"source")
    (tmp_path / "link.mp4").symlink_to(source)
    os.link(source, tmp_path / "hard.mp4")
    odd = tmp_path / "sub" / ".." / "film.mp4"
    (tmp_path / "sub").mkdir()
    for path in (source, tmp_path / "link.mp4", tmp_path / "hard.mp4", odd):
        with pytest.raises(OutputError, match="would overwrite the input"):
            AtomicFile(path, source)
    with pytest.raises(OutputError, match="would overwrite the input"):
        AtomicFile(tmp_path / "link.mp4", tmp_path / "hard.mp4")
    part = tmp_path / "next.part.mp4"
    part.write_bytes(b"a source with an unlucky name")
    with pytest.raises(OutputError, match="would overwrite the input"):
        AtomicFile(tmp_path / "next.mp4", part)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    cases = (
        (tmp_path, "is a folder; give a file name in it"),
        (tmp_path / "no" / "film.mp4", "there is no folder"),
        (tmp_path / "pipe.mp4", "is not a plain file"),
        (Path("/dev/null"), "is not a plain file"),
    )
    for path, words in cases:
        with pytest.raises(OutputError, match=words):
            AtomicFile(path)
    assert [p.name for p in tmp_path.iterdir()] == ["pipe.mp4"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="may not be written"):
        AtomicFile(tmp_path / "film.mp4")
