"""What can be told of a job before anything is opened."""

from dataclasses import replace
from pathlib import Path

import pytest

from engines.errors import InputError, OutputError, UnderstudyError
from stream.consent.photos import parse_sources
from tools.swap.job import SwapJob, parse_bitrate


def job(folder: Path) -> SwapJob:
    return SwapJob(((folder / "face.jpg",),), str(folder / "clip.mp4"), str(folder / "out.mp4"))


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
    for text in ("", " ", ",", " , "):
        with pytest.raises(InputError, match="--source is empty"):
            parse_sources([text])


def test_each_source_is_one_person_of_one_or_more_photos(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "notes.txt"):
        (tmp_path / name).touch()
    comma = tmp_path / "x,y.jpg"
    comma.touch()
    assert parse_sources([str(tmp_path), "one.jpg", "one.jpg,two.jpg", str(comma)]) == (
        (tmp_path / "a.JPG", tmp_path / "b.png", comma),
        (Path("one.jpg"),),
        (Path("one.jpg"), Path("two.jpg")),
        (comma,),
    )


def test_a_folder_without_photos_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"holds no photo \(.*\.jpg"):
        parse_sources([str(tmp_path)])


@pytest.mark.parametrize(
    ("text", "rate"), [("25000", 25_000), ("2500k", 2_500_000), ("4M", 4_000_000), ("1.5m", 1_500_000)]
)
def test_rates(text: str, rate: int) -> None:
    assert parse_bitrate(text) == rate


@pytest.mark.parametrize("text", ["", "fast", "M", "-4M", "0", "nan", "inf", "4G"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UnderstudyError, match=r"--bitrate .* is no rate"):
        parse_bitrate(text)
