"""Outputs become whole out of sight and get their names at once: never over a file unasked, never through a link."""

import errno
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from engines.errors import OutputError
from tests.tools.daemon.disks import no_writes
from tools.daemon.files.output_folder import LINK, OutputFolder, PlacedFile, check_place, is_placed
from tools.daemon.steps import Step


@pytest.fixture
def job(tmp_path: Path) -> Path:
    for name in ("job", "files"):
        (tmp_path / name).mkdir()
    return tmp_path / "job"


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def made(job: Path, overwrite: bool = False, record: bool = True) -> list[PlacedFile]:
    """An output and its record, placed. Returns what was kept of it."""
    output, kept = job.parent / "files" / "out.ts", list[PlacedFile]()
    with OutputFolder(output, job) as place:
        place.path.write_bytes(b"whole")
        if record:
            place.path.with_name("out.ts.c2pa").write_bytes(b"record")
        place.place(overwrite, kept.extend)
    return kept


def test_the_output_and_its_record_get_their_names_and_nothing_else_is_left(job: Path) -> None:
    kept, files = made(job), job.parent / "files"
    assert names(files) == ["out.ts", "out.ts.c2pa"] and (files / "out.ts").read_bytes() == b"whole"
    assert [one.name for one in kept] == ["out.ts.c2pa", "out.ts"], "the output comes last"
    assert names(job) == [] and (files / "out.ts").stat().st_mode & 0o077 == 0o044 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_until_then_nothing_is_under_its_name_and_nobody_else_may_look(job: Path) -> None:
    files = job.parent / "files"
    with OutputFolder(files / "out.ts", job) as place:
        place.path.write_bytes(b"half")
        (private,) = files.iterdir()
        assert private.stat().st_mode & 0o777 == 0o700 and (private / "out.ts").read_bytes() == b"half"
    assert names(files) == [] and names(job) == []


def test_a_file_that_is_there_is_not_replaced_unasked(job: Path) -> None:
    files = job.parent / "files"
    (files / "out.ts").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r'there is a file .*out.ts already; .*"overwrite": true'):
        made(job)
    assert names(files) == ["out.ts"] and (files / "out.ts").read_bytes() == b"mine"
    made(job, overwrite=True)
    assert (files / "out.ts").read_bytes() == b"whole"


def test_a_record_that_is_there_is_not_replaced_either(job: Path) -> None:
    files = job.parent / "files"
    (files / "out.ts.c2pa").write_bytes(b"of another file")
    with pytest.raises(OutputError, match=r"out\.ts\.c2pa is the signed record of another file"):
        made(job)
    assert names(files) == ["out.ts.c2pa"] and (files / "out.ts.c2pa").read_bytes() == b"of another file"
    (files / "out.ts").write_bytes(b"replaced")
    for overwrite in (False, True):
        with pytest.raises(OutputError, match="not overwritten"):
            check_place(files / "out.ts", True)
        with pytest.raises(OutputError, match="not overwritten"):
            made(job, overwrite)
    assert (files / "out.ts").read_bytes() == b"replaced" and (files / "out.ts.c2pa").read_bytes() == b"of another file"


def test_a_link_in_the_output_s_place_is_replaced_and_not_followed(job: Path, tmp_path: Path) -> None:
    files, theirs = job.parent / "files", tmp_path / "theirs"
    theirs.write_bytes(b"theirs")
    (files / "out.ts").symlink_to(theirs)
    with pytest.raises(OutputError, match="already"):
        made(job)
    made(job, overwrite=True)
    assert theirs.read_bytes() == b"theirs" and not (files / "out.ts").is_symlink()


def test_a_link_that_is_laid_while_the_output_is_written_leads_nowhere(job: Path, tmp_path: Path) -> None:
    """Who may write to the folder may move our private one away: what is written goes on into ours."""
    files, theirs = job.parent / "files", tmp_path / "theirs"
    theirs.mkdir()
    with OutputFolder(files / "out.ts", job) as place:
        (private,) = files.iterdir()
        private.rename(tmp_path / "moved")
        private.symlink_to(theirs)
        place.path.write_bytes(b"whole")
        assert names(theirs) == []
        place.place(False, lambda _: None)
    assert (files / "out.ts").read_bytes() == b"whole"


def test_a_link_in_the_place_of_the_folder_is_refused(job: Path, tmp_path: Path) -> None:
    files = job.parent / "files"
    files.rename(tmp_path / "moved")
    files.symlink_to(tmp_path / "moved")
    for call in (lambda: check_place(files / "out.ts", False), lambda: OutputFolder(files / "out.ts", job)):
        with pytest.raises(Exception, match="a link lies on the way"):
            call()


def test_a_write_that_fails_places_nothing(job: Path) -> None:
    files = job.parent / "files"

    def refuse(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="No space left") as caught, OutputFolder(files / "out.ts", job) as place:
        place.path.write_bytes(b"whole")
        place.place(False, refuse)
    assert isinstance(caught.value.__cause__, OSError) and names(files) == []
    with no_writes(), pytest.raises(OutputError, match="cannot write beside"):
        OutputFolder(files / "out.ts", job)
    with pytest.raises(OutputError, match="nothing was written"), OutputFolder(files / "out.ts", job) as place:
        place.place(False, lambda _: None)
    assert names(files) == []


def test_after_a_crash_it_is_known_whether_the_output_has_its_name(job: Path) -> None:
    kept, files = made(job), job.parent / "files"
    output = files / "out.ts"
    assert is_placed(output, kept) and not is_placed(output, [])
    output.rename(files / "moved")
    assert not is_placed(output, kept)
    assert names(files) == ["moved"], "its record is taken away: it would belong to nothing"
    output.write_bytes(b"another's")
    assert not is_placed(output, kept) and output.read_bytes() == b"another's"


def test_a_file_system_without_links_is_served_too(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = job.parent / "files"

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    made(job)
    assert names(files) == ["out.ts", "out.ts.c2pa"]
    with pytest.raises(OutputError, match="already"):
        made(job)


@pytest.mark.parametrize(
    ("name", "words"),
    [("none/out.ts", "there is no folder"), ("", "is a folder"), ("there.ts", "already")],
)
def test_what_cannot_be_written_is_said_before_the_work(job: Path, name: str, words: str) -> None:
    files = job.parent / "files"
    (files / "there.ts").touch()
    with pytest.raises(OutputError, match=words):
        check_place(files / name, False)
    if name:
        check_place(files / "there.ts", True)
        check_place(files / "new.ts", False)


def test_its_steps_are_passed_in_order(job: Path) -> None:
    steps: list[Step] = []
    with OutputFolder(job.parent / "files" / "out.ts", job, steps.append) as place:
        assert place.path.parent == job / LINK
        place.path.write_bytes(b"x")
        place.place(False, lambda files: [asdict(one) for one in files])
    assert steps == [step for step in Step if step in steps] and len(steps) == 7
