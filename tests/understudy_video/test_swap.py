"""The API on pictures: what comes out, that it is marked, what may change between two of them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

import understudy_video as understudy
from engines.values import U8
from engines.watermark.detect import detect
from engines.watermark.gather import shrunk
from tests.stream.portraits import Placed, needs_models, paint
from tests.understudy_video.faces import AT, CONSENT, PICTURE, face_file, own_keys

__all__ = ["own_keys"]
pytestmark = [*needs_models, pytest.mark.usefixtures("own_keys")]
FACE = np.s_[round(AT.y) - 20 : round(AT.y) + 20, round(AT.x) - 30 : round(AT.x) + 30]


def moved(out: U8, own: U8 = PICTURE) -> float:
    return float(np.abs(out[FACE].astype(int) - own[FACE]).mean())


def test_a_picture_comes_back_with_the_other_face_and_the_mark(tmp_path: Path) -> None:
    before = PICTURE.copy()
    with understudy.open(face_file(tmp_path), consent=CONSENT) as swap:
        out = swap(PICTURE)
    assert out.dtype == np.uint8 and out.shape == PICTURE.shape
    assert np.array_equal(PICTURE, before), "what was given is left alone"
    assert moved(out) > 4
    far = np.abs(out[:, :120].astype(int) - PICTURE[:, :120])
    assert far.max() <= 1, "away from the face there is the mark alone, one level at most"
    (face,) = swap.faces
    assert face.painted and face.source == 0 and face.box.x0 < AT.x < face.box.x1


def test_frames_of_a_video_are_followed_and_their_mark_can_be_read(tmp_path: Path) -> None:
    with understudy.open(face_file(tmp_path), consent=CONSENT) as swap:
        outs = [swap(PICTURE, seconds=i / 25) for i in range(32)]
        assert {face.track for face in swap.faces} == {0}
    luma = [shrunk(np.asarray(out @ np.array([0.299, 0.587, 0.114]) + 0.5, np.uint8)) for out in outs]
    assert detect(luma).found


def test_pictures_by_themselves_do_not_remember_each_other(tmp_path: Path) -> None:
    other = paint([Placed("hopper", 150, 240, 140)])
    with understudy.open(face_file(tmp_path), consent=CONSENT) as swap:
        for picture in (PICTURE, other, PICTURE):
            swap(picture)
            assert [face.painted for face in swap.faces] == [True]


def test_a_frame_of_pyav_keeps_its_format_and_its_times(tmp_path: Path) -> None:
    frame = av.VideoFrame.from_ndarray(PICTURE, format="rgb24").reformat(format="yuv420p")
    frame.pts, frame.time_base = 900, Fraction(1, 9000)
    with understudy.open(face_file(tmp_path), consent=CONSENT, who="all") as swap:
        out = swap(frame)
    assert (out.format.name, out.pts, out.time_base) == ("yuv420p", 900, Fraction(1, 9000))
    assert moved(np.asarray(out.to_ndarray(format="rgb24"), np.uint8)) > 4


def test_the_source_the_strength_and_who_are_changed_between_two_pictures(tmp_path: Path) -> None:
    blue = np.clip(paint([Placed("hopper", 240, 230, 190)], (480, 480)) * np.array([0.4, 0.5, 1.6]), 0, 255)
    with understudy.open(face_file(tmp_path), consent=CONSENT) as swap:
        first = swap(PICTURE, seconds=0.0)
        swap.update(source=blue.astype(np.uint8), consent=CONSENT)
        second = swap(PICTURE, seconds=0.04)
        assert np.abs(second[FACE].astype(int) - first[FACE]).mean() > 3
        swap.update(strength=0.0)
        assert moved(swap(PICTURE, seconds=0.08)) < 1.5, "the mark alone"
        with pytest.raises(understudy.UnderstudyError, match="names nobody"):
            swap.update(who="nonsense")


def test_what_cannot_be_is_refused_before_anything_is_painted(tmp_path: Path) -> None:
    for options, words in (({"model": "nonsense"}, "nonsense"), ({"colour": 1}, "no option"), ({"who": 5}, "--who")):
        with pytest.raises(understudy.UnderstudyError, match=words):
            understudy.open(face_file(tmp_path), consent=CONSENT, **options)
    with pytest.raises(understudy.UnderstudyError, match="who agreed"):
        understudy.open(face_file(tmp_path))


def test_the_mark_goes_off_with_a_reason_that_is_logged(tmp_path: Path) -> None:
    off = understudy.Marking(watermark=False, because="a test looks at pixels")
    with understudy.open(face_file(tmp_path), consent=CONSENT, marking=off) as swap:
        out = swap(PICTURE)
    assert np.array_equal(out[:, :120], PICTURE[:, :120])
    assert "a test looks at pixels" in (tmp_path / "journal.jsonl").read_text()
