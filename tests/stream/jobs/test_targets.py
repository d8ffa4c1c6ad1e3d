"""Which files a batch takes: named ones as they are, folders by pattern, none twice."""

from pathlib import Path

import pytest

from engines.errors import InputError
from stream.jobs.targets import Target, find_targets

FILES = (
    "b.mp4",
    "A.MOV",
    "photo.heic",
    "notes.txt",
    ".hidden.mp4",
    "._b.mp4",
    "sub/c.mp4",
    "sub/deep/d.gif",
    ".x/e.mp4",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        path = Path("clips") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return Path("clips")


def names(*targets: Target) -> list[str]:
    return [target.path.as_posix() for target in targets]


def test_a_folder_gives_its_videos_and_pictures_in_order(folder: Path) -> None:
    found = find_targets(["clips"])
    assert names(*found) == ["clips/A.MOV", "clips/b.mp4", "clips/photo.heic"]
    assert {(t.below, t.found) for t in found} == {(Path(), True)}


def test_recursively_it_gives_those_of_its_folders_and_where_they_lay(folder: Path) -> None:
    found = find_targets(["clips"], recursive=True)
    assert names(*found)[3:] == ["clips/sub/c.mp4", "clips/sub/deep/d.gif"]
    assert [t.below.as_posix() for t in found[3:]] == ["sub", "sub/deep"]
    assert names(*find_targets(["clips"], recursive=True, without=[folder / "sub"]))[3:] == []


@pytest.mark.parametrize(
    ("pattern", "fits"), [("*.mp4", ["clips/b.mp4"]), ("a*", ["clips/A.MOV"]), ("*.txt", ["clips/notes.txt"])]
)
def test_a_pattern_chooses_whatever_the_case(folder: Path, pattern: str, fits: list[str]) -> None:
    assert names(*find_targets(["clips"], pattern=pattern)) == fits


def test_a_file_that_is_named_is_taken_whatever_it_is_and_once(folder: Path) -> None:
    found = find_targets(["clips/notes.txt", "missing.mp4", "clips", "./clips/b.mp4"], pattern="*.mp4")
    assert found == (
        Target(Path("clips/notes.txt")),
        Target(Path("missing.mp4")),
        Target(Path("clips/b.mp4"), Path(), True),
    )


def test_links_to_folders_are_not_followed_and_pipes_are_no_targets(folder: Path) -> None:
    (folder / "loop").symlink_to(folder.resolve(), target_is_directory=True)
    (folder / "gone.mp4").symlink_to("nowhere")
    assert names(*find_targets(["clips"], recursive=True, pattern="*.mp4")) == ["clips/b.mp4", "clips/sub/c.mp4"]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("-", "takes files and folders"),
        ("https://host/a.mp4", "takes files and folders"),
        (" ", "is empty"),
        ("clips/.x", "--recursive looks into its folders"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_no_target_is_told(word: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_targets([word], pattern="*.webm" if word.startswith("clips") else None)
