"""Which names are pictures'."""

from pathlib import Path

import pytest

from stream.stills.endings import HEIF, READ, WRITTEN, is_hidden, is_picture, written_as


@pytest.mark.parametrize("name", ["a.jpg", "a.JPE", "a.jfif", "a.Avif", "a.heic", "a.b.tiff"])
def test_pictures_are_known_by_their_names(name: str) -> None:
    assert is_picture(Path(name))


@pytest.mark.parametrize("name", ["a.mp4", "a", "jpg", ".jpg", "a.gif"])
def test_other_names_are_not(name: str) -> None:
    assert not is_picture(Path(name))


def test_what_is_written_and_how() -> None:
    assert [written_as(Path(f"a{e}")) for e in (".JPE", ".jfif", ".jpeg", ".png", ".TIFF", ".heic", ".mp4")] == [
        *[".jpg"] * 3,
        ".png",
        ".tiff",
        None,
        None,
    ]
    assert set(READ) - set(WRITTEN) == set(HEIF)


def test_hidden_files() -> None:
    assert [is_hidden(Path(n)) for n in ("._a.jpg", ".a.jpg", "a.jpg", "x/.a", ".x/a")] == [
        True,
        True,
        False,
        True,
        False,
    ]
