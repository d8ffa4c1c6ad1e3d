"""What can be told of a job before anything is opened."""

from dataclasses import replace
from pathlib import Path

import pytest

from engines.errors import InputError, OutputError
from stream.jobs.job import SwapJob
from stream.pipeline.spec import SwapSpec


def job(folder: Path) -> SwapJob:
    return SwapJob(SwapSpec(((folder / "face.jpg",),)), str(folder / "clip.mp4"), str(folder / "out.mp4"))


def test_a_usual_job_is_fine(tmp_path: Path) -> None:
    job(tmp_path).check()
    replace(job(tmp_path), output="-").check()
    replace(job(tmp_path), target="-", output=None, preview=tmp_path / "frame.png").check()


def test_output_over_the_input_is_refused_however_it_is_written(tmp_path: Path) -> None:
    same = str(tmp_path / "sub" / ".." / "clip.mp4")
    with pytest.raises(OutputError, match=r"OUTPUT .* is also read here"):
        replace(job(tmp_path), output=same).check()
    (tmp_path / "clip.mp4").touch()
    (tmp_path / "link.mp4").symlink_to(tmp_path / "clip.mp4")
    with pytest.raises(OutputError, match=r"OUTPUT .*link\.mp4 is also read here"):
        replace(job(tmp_path), output=str(tmp_path / "link.mp4")).check()


def test_nothing_is_written_over_the_source_photo(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"--preview .* is also read here"):
        replace(job(tmp_path), preview=tmp_path / "face.jpg").check()


def test_two_results_under_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"--report and OUTPUT are both"):
        replace(job(tmp_path), report=tmp_path / "out.mp4").check()


def test_a_job_without_a_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no OUTPUT was named; give one, or --preview"):
        replace(job(tmp_path), output=None).check()


def test_empty_words_are_no_folder(tmp_path: Path) -> None:
    """An empty path is the folder one stands in; nobody who types one means that."""
    with pytest.raises(InputError, match="TARGET is empty"):
        replace(job(tmp_path), target="").check()
    with pytest.raises(OutputError, match="OUTPUT is empty"):
        replace(job(tmp_path), output=" ").check()
