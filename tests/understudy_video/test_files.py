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
