"""Which photos a text of `--source` names."""

from pathlib import Path

import pytest

from engines.errors import InputError
from stream.consent.photos import parse_sources


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


def test_all_usual_endings_of_photos_are_taken(tmp_path: Path) -> None:
    names = ["a.jfif", "b.jpe", "c.avif", "d.HEIC", "e.heif", "f.jpeg", "g.TIF", "h.webp", "i.jif", "j.hif"]
    for name in (*names, "k.gif", "l.txt", "m.mp4"):
        (tmp_path / name).touch()
    assert parse_sources([str(tmp_path)]) == (tuple(tmp_path / name for name in names),)


def test_hidden_files_and_folders_are_passed_by(tmp_path: Path) -> None:
    for name in ("a.jpg", "._a.jpg", ".hidden.png", ".DS_Store"):
        (tmp_path / name).touch()
    (tmp_path / "album.jpg").mkdir()
    assert parse_sources([str(tmp_path)]) == ((tmp_path / "a.jpg",),)
    (tmp_path / "a.jpg").unlink()
    with pytest.raises(InputError, match="holds no photo"):
        parse_sources([str(tmp_path)])


def test_a_folder_without_photos_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"holds no photo \(.*\.jpg"):
        parse_sources([str(tmp_path)])


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_empty_words_are_no_photo(text: str) -> None:
    with pytest.raises(InputError, match="--source is empty"):
        parse_sources([text])
