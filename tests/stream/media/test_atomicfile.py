"""AtomicFile: beside first, then the final name; and every way a place can be wrong."""

import os
import re
import stat
from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.media.atomicfile import AtomicFile, write_whole


def test_written_beside_then_renamed(tmp_path: Path) -> None:
    landing = AtomicFile(tmp_path / "film.mp4")
    assert landing.partial.parent == tmp_path
    assert re.fullmatch(r"film\.[0-9a-f]{8}\.part\.mp4", landing.partial.name)
    landing.partial.write_bytes(b"whole")
    assert not landing.path.exists()
    landing.land()
    assert landing.path.read_bytes() == b"whole"
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]


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
    landing = AtomicFile(tmp_path / "film.mp4")
    landing.partial.unlink()
    with pytest.raises(OutputError, match=r"cannot finish .*film\.mp4: No such file"):
        landing.land()
    assert list(tmp_path.iterdir()) == []


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
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.mp4", "hard.mp4", "link.mp4", "sub"]


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


def test_a_users_file_of_a_partial_files_name_survives(tmp_path: Path) -> None:
    mine = [tmp_path / name for name in ("film.part.mp4", "film.mp4.part", ".film.mp4", "film.00000000.part.mp4")]
    for path in mine:
        path.write_bytes(b"mine")
    landing = AtomicFile(tmp_path / "film.mp4", mine[0])
    landing.partial.write_bytes(b"new")
    landing.land()
    AtomicFile(tmp_path / "film.mp4").abandon()
    assert [path.read_bytes() for path in mine] == [b"mine"] * 4
    assert sorted(tmp_path.iterdir()) == sorted([*mine, tmp_path / "film.mp4"])


def test_a_second_run_to_one_name_is_told_at_once_and_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    first = AtomicFile(tmp_path / "film.mp4")
    first.partial.write_bytes(b"first")
    for path in (tmp_path / "film.mp4", tmp_path / "sub" / ".." / "film.mp4"):
        with pytest.raises(OutputError, match=r"another run is writing .*film\.mp4; wait until it is done"):
            AtomicFile(path)
    AtomicFile(tmp_path / "film.mkv").abandon()  # another name is free
    first.land()
    assert (tmp_path / "film.mp4").read_bytes() == b"first"
    AtomicFile(tmp_path / "film.mp4").abandon()


def test_the_new_file_is_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    landing = AtomicFile(tmp_path / "film.mp4")
    landing.land()
    assert stat.S_IMODE((tmp_path / "film.mp4").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("stem", ["x" * 251, "ü" * 125, "x" * 200], ids=["255 bytes", "254 bytes, two each", "shorter"])
def test_a_long_name_has_a_partial_file_too(tmp_path: Path, stem: str) -> None:
    landing = AtomicFile(tmp_path / f"{stem}.mp4")
    landing.partial.write_bytes(b"whole")
    assert landing.partial.suffixes[-2:] == [".part", ".mp4"]
    landing.land()
    assert [p.name for p in tmp_path.iterdir()] == [f"{stem}.mp4"]


def test_with_it_lands_or_leaves_nothing(tmp_path: Path) -> None:
    with AtomicFile(tmp_path / "film.mp4") as partial:
        partial.write_bytes(b"whole")
        assert not (tmp_path / "film.mp4").exists()
    assert (tmp_path / "film.mp4").read_bytes() == b"whole"
    with pytest.raises(KeyboardInterrupt), AtomicFile(tmp_path / "other.mp4") as partial:
        partial.write_bytes(b"half")
        raise KeyboardInterrupt
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]


def test_a_small_file_is_written_in_one_go(tmp_path: Path) -> None:
    seen: list[bytes] = []
    write_whole(tmp_path / "a.txt", b"whole", finishing=lambda path: seen.append(path.read_bytes()))
    assert seen == [b"whole"] and (tmp_path / "a.txt").read_bytes() == b"whole"

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"cannot write .*a\.txt: No space left on device; make room"):
        write_whole(tmp_path / "a.txt", b"more", finishing=full)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"whole"]
