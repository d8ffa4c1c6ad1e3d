"""Jobs' folders: removed with what their processes have left beside the outputs, and with nothing else."""

from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from tools.daemon.files.output_folder import OutputFolder
from tools.daemon.process.resume import ResumeState
from tools.daemon.queue.job_folders import LOCK, JobFolders


def killed(folders: JobFolders, name: str, output: Path) -> list[Path]:
    """What a killed process leaves: an unfinished file in a private folder. Returns what is beside the output."""
    folders.path(name).mkdir(parents=True, exist_ok=True)
    place = OutputFolder(output, folders.path(name))
    place.path.with_suffix(".part.mp4").write_bytes(b"half of it")
    return list(output.parent.iterdir())


def test_leftovers_go_by_their_record_and_nothing_else_does(tmp_path: Path) -> None:
    folders, files = JobFolders(tmp_path / "jobs"), tmp_path / "files"
    files.mkdir()
    mine = [files / name for name in (".understudy-0123456789abcdef", "out.part.mp4", ".out.part.signed.mp4")]
    mine[0].mkdir()
    for path in mine[1:]:
        path.write_bytes(b"a user's own, whatever its name")
    assert len(killed(folders, "a", files / "out.mp4")) == 4
    folders.clear_leftovers()
    assert sorted(files.iterdir()) == sorted(mine)
    assert folders.path("a").is_dir(), "its pieces stay"


def test_those_of_a_job_that_runs_are_let_be(tmp_path: Path) -> None:
    folders, files = JobFolders(tmp_path / "jobs"), tmp_path / "files"
    files.mkdir()
    killed(folders, "a", files / "out.mp4")
    folders.clear_leftovers(["a"])
    with FileLock(folders.path("a") / LOCK):  # its process has outlived the daemon for a moment
        folders.clear_leftovers()
    assert len(list(files.iterdir())) == 1
    folders.clear_leftovers()
    assert not list(files.iterdir())


def test_a_folder_goes_with_its_leftovers_and_its_record_waits_for_a_disk_that_is_away(tmp_path: Path) -> None:
    folders, files = JobFolders(tmp_path / "jobs"), tmp_path / "files"
    files.mkdir()
    killed(folders, "a", files / "out.mp4")
    (folders.path("a") / "000000_0_9_10.mp4").write_bytes(b"x")
    files.rename(tmp_path / "away")
    folders.clear("a")
    assert [p.name for p in folders.path("a").iterdir()] == ["made.json"]
    (tmp_path / "away").rename(files)
    folders.clear("a")
    assert not folders.path("a").exists() and not list(files.iterdir()) and folders.names() == []


def test_an_output_that_was_placed_is_known_and_what_was_not_is_gone(tmp_path: Path) -> None:
    folders, output = JobFolders(tmp_path / "jobs"), tmp_path / "out.ts"
    folder = folders.path("a")
    folder.mkdir(parents=True)
    assert not folders.has_output("a", str(output)) and not folders.has_output("none", str(output))
    place = OutputFolder(output, folder)
    place.path.write_bytes(b"whole")
    place.path.with_name("out.ts.c2pa").write_bytes(b"its record")
    place.place(False, lambda files: replace(ResumeState(), placing=tuple(files)).keep(folder))
    assert folders.has_output("a", str(output))
    output.unlink()
    assert not folders.has_output("a", str(output))
    assert not output.with_name("out.ts.c2pa").exists(), "it would belong to nothing"


def test_failed_jobs_make_room(tmp_path: Path) -> None:
    folders = JobFolders(tmp_path / "jobs")
    for name in ("a", "b"):
        folders.path(name).mkdir(parents=True)
    assert folders.free(["a", "none"]) == 1 and folders.names() == ["b"]
