"""Whole files through the API: swapped, marked, verified; refused where they would be lost."""

from pathlib import Path

import cv2
import pytest

import understudy_video as understudy
from tests.stream.portraits import needs_models
from tests.tools.commands import film, times
from tests.understudy_video.faces import CONSENT, PICTURE, face_file, own_keys

__all__ = ["own_keys"]
pytestmark = [*needs_models, pytest.mark.usefixtures("own_keys")]


def test_a_clip_is_swapped_followed_and_verified(tmp_path: Path) -> None:
    face, clip, out = face_file(tmp_path), film(tmp_path / "clip.mp4", 12, with_face=True), tmp_path / "out.mp4"
    heard: list[understudy.FileProgress] = []
    made = understudy.swap_file(face, clip, out, consent=CONSENT, progress=heard.append)
    assert (made.frames, made.painted, made.warnings) == (12, 12, ())
    assert [p.done for p in heard] == list(range(1, 13)) and str(heard[-1]) == "12 of 12 frames"
    assert times(out) == times(clip)
    found = understudy.verify(out, thorough=False)
    assert int(found.verdict.outcome) == 0
    with pytest.raises(understudy.UnderstudyError, match="overwrite=True"):
        understudy.swap_file(face, clip, out, consent=CONSENT)
    assert understudy.swap_file(face, clip, out, consent=CONSENT, overwrite=True).whole


def test_a_picture_is_swapped(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "in.png"), PICTURE[..., ::-1])
    made = understudy.swap_file(face_file(tmp_path), tmp_path / "in.png", tmp_path / "out.png", consent=CONSENT)
    assert (made.frames, made.painted) == (1, 1)
    assert int(understudy.verify(tmp_path / "out.png").verdict.outcome) == 0


def test_a_clip_without_the_wanted_face_says_so(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", 6, with_face=False)
    made = understudy.swap_file(face_file(tmp_path), clip, tmp_path / "out.mp4", consent=CONSENT)
    assert made.painted == 0 and "no face was painted" in made.warnings[0]
    with pytest.raises(understudy.UnderstudyError, match="--strict-faces"):
        understudy.swap_file(face_file(tmp_path), clip, tmp_path / "b.mp4", consent=CONSENT, strict_faces=True)
    assert not (tmp_path / "b.mp4").exists()


def test_streams_that_cannot_be_kept_are_an_error_where_that_is_asked_for(tmp_path: Path) -> None:
    face, clip, out = face_file(tmp_path), film(tmp_path / "clip.mp4", 3, with_face=True), tmp_path / "out"
    with pytest.raises(understudy.UnderstudyError, match=r"gif cannot hold the audio stream 1 \(aac\)"):
        understudy.swap_file(face, clip, tmp_path / "out.gif", consent=CONSENT, streams="strict")
    (one,) = understudy.swap_files(face, clip, out, consent=CONSENT, name="{stem}.gif", streams="strict").files
    assert one.state.value == "failed" and "gif cannot hold the audio stream 1" in one.why
    with pytest.raises(understudy.UnderstudyError, match="--streams most: take one of all, strict"):
        understudy.swap_file(face, clip, tmp_path / "out.gif", consent=CONSENT, streams="most")


def test_a_folder_is_swapped_and_each_file_told(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    film(folder / "clip.mp4", 6, with_face=True)
    cv2.imwrite(str(folder / "still.png"), PICTURE[..., ::-1])
    (folder / "text.mp4").write_text("dear diary\n" * 20)
    heard: list[understudy.BatchProgress] = []
    face = face_file(tmp_path)
    made = understudy.swap_files(face, folder, out, consent=CONSENT, progress=heard.append)
    assert [(file.item.target.name, file.state.value) for file in made.files] == [
        ("clip.mp4", "made"),
        ("still.png", "made"),
        ("text.mp4", "failed"),
    ]
    assert made.exit_code == 1 and "text file" in made.files[2].why
    assert [str(p) for p in heard if p.file == 1][:2] == ["file 1 of 3", "file 1 of 3, 1 of 6 frames"]
    assert int(understudy.verify(out / "clip.mp4", thorough=False).verdict.outcome) == 0
    with pytest.raises(understudy.UnderstudyError, match="skip_done=True"):
        understudy.swap_files(face, folder, out, consent=CONSENT)
    with pytest.raises(understudy.UnderstudyError, match="would overwrite the input"):
        understudy.swap_files(face, [face], tmp_path, consent=CONSENT)
    again = understudy.swap_files(face, [folder / "clip.mp4"], out, consent=CONSENT, skip_done=True)
    assert [file.state.value for file in again.files] == ["skipped"]


def test_a_source_that_nobody_takes_is_named(tmp_path: Path) -> None:
    face = face_file(tmp_path)
    cv2.imwrite(str(tmp_path / "in.png"), PICTURE[..., ::-1])
    made = understudy.swap_file([[face], [face]], tmp_path / "in.png", tmp_path / "out.png", consent=CONSENT)
    assert made.warnings == ("source 2 was put on no face; look at --who and --map",)
