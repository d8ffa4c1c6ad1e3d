"""Which pictures of a target are looked at for the mark: beginning, middle and end, upright, small, and no more."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import U8
from stream.marks.windows import SECONDS, NoPicturesError, windows
from stream.pixels.transfer import light_to_srgb, pq_to_nits
from tests.stream import clips
from tests.stream.media.video.joined import disc
from tests.stream.media.video.test_animation import animate
from tests.stream.media.video.test_hdr import hdr_clip
from tests.stream.media.video.test_track import turned_clip


def film(path: Path, seconds: int, rate: int = 2, size: tuple[int, int] = (64, 48), late: int = 0) -> Path:
    """Grey pictures whose level tells their second: four levels each. late: the second that its time begins at."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "1", "g": "4"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        for n in range(seconds * rate):
            grey = np.full((size[1], size[0], 3), min(4 * (n // rate) + 20, 250), np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="rgb24")
            frame.pts, frame.time_base = late * rate + n, Fraction(1, rate)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


def second(picture: U8) -> int:
    """Which second of `film` a luma picture shows; luma is written in 16 to 235."""
    return round((float(picture.mean()) * 255 / 255 - 20) / 4)


@pytest.mark.parametrize(
    ("length", "starts"), [(4, [0]), (SECONDS + 1, [0]), (20, [0, 10]), (40, [0, 20, 30])], ids=str
)
def test_beginning_middle_and_end(tmp_path: Path, length: int, starts: list[int]) -> None:
    found = list(windows(str(film(tmp_path / "a.mp4", length))))
    assert [second(w[0]) for w in found] == pytest.approx(starts, abs=2)
    for pictures in found:
        assert len(pictures) <= 2 * SECONDS + 1
        assert second(pictures[-1]) - second(pictures[0]) <= SECONDS


def test_a_short_clip_is_seen_whole(tmp_path: Path) -> None:
    (pictures,) = windows(str(film(tmp_path / "a.mp4", 5)))
    assert len(pictures) == 10


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_pictures_are_as_displayed(tmp_path: Path, degrees: int) -> None:
    """Their left half is dark; turned, the dark half is elsewhere, as a player shows it."""
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "1"})
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.set_display_rotation(-degrees)
        picture = np.full((64, 96, 3), 220, np.uint8)
        picture[:, :48] = 20
        for _ in range(3):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
    (found,) = windows(str(path))
    turned = np.rot90(picture[..., 0], -degrees // 90)
    assert found[0].shape == turned.shape
    assert np.abs(found[0].astype(int) - turned).mean() < 12


def test_large_pictures_are_kept_small(tmp_path: Path) -> None:
    (pictures,) = windows(str(clips.make(tmp_path / "a.mp4", frames=3, size=(1280, 720))))
    assert {p.shape for p in pictures} == {(360, 640)}
    assert {p.dtype for p in pictures} == {np.dtype(np.uint8)}


def test_an_image_is_one_window_of_its_luma(tmp_path: Path) -> None:
    rgb = clips.picture(3, 96, 64)
    cv2.imwrite(str(tmp_path / "a.png"), rgb[..., ::-1])
    ((luma,),) = windows(str(tmp_path / "a.png"))
    want = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    assert np.abs(luma - want).max() <= 0.51


def test_what_cannot_be_looked_at_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.mp4 cannot be opened: No such file"):
        list(windows(str(tmp_path / "none.mp4")))
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(InputError, match="cannot be read as video"):
        list(windows(str(tmp_path / "text.mp4")))
    with av.open(str(tmp_path / "sound.m4a"), "w") as out:
        sound = out.add_stream("aac", rate=48000, layout="mono")
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        tone.sample_rate = 48000
        out.mux(sound.encode(tone))
        out.mux(sound.encode(None))
    with pytest.raises(NoPicturesError, match="sound only"):
        list(windows(str(tmp_path / "sound.m4a")))


@pytest.mark.parametrize(
    "address", ["ftp://host/a.mp4", "file:///etc/passwd", "concat://a|b", "data://x", "sftp://h/x"]
)
def test_addresses_of_other_kinds_are_not_opened(address: str) -> None:
    with pytest.raises(InputError, match="is not looked at; give a file, http, rtmp"):
        list(windows(address))


@pytest.mark.parametrize("length", [5, 40])
def test_a_clip_that_begins_late_is_read_from_its_own_beginning(tmp_path: Path, length: int) -> None:
    """Times from an hour on, as recorders write them."""
    made = film(tmp_path / "a.ts", length, late=3600)
    found = [second(w[0]) for w in windows(str(made))]
    assert found == pytest.approx([0] if length == 5 else [0, 20, 30], abs=3)


def test_mirrored_and_anamorphic_pictures_are_as_displayed(tmp_path: Path) -> None:
    rgb = disc(96, 64, 16 / 11)
    (found,) = windows(str(turned_clip(tmp_path / "a.mp4", (90, True), rgb, Fraction(16, 11))))
    shown = np.rot90(rgb, -1)[:, ::-1]
    want = cv2.resize(np.ascontiguousarray(shown), (found[0].shape[1], found[0].shape[0]))
    assert found[0].shape[0] / found[0].shape[1] == pytest.approx(140 / 64, abs=0.03)
    assert np.abs(found[0].astype(int) - want @ np.array([0.2126, 0.7152, 0.0722])).mean() < 6


def test_hdr_is_looked_at_as_srgb_shows_it(tmp_path: Path) -> None:
    (found,) = windows(str(hdr_clip(tmp_path / "a.mp4")))
    light = float(pq_to_nits(np.array(100 / 255))) / 203
    assert found[0].mean() == pytest.approx(255 * float(light_to_srgb(np.array(light))), abs=3)


@pytest.mark.parametrize("ending", ["webp", "png", "gif"])
def test_an_animation_is_looked_at_as_a_clip(tmp_path: Path, ending: str) -> None:
    (found,) = windows(str(animate(tmp_path / f"a.{ending}")))
    assert len(found) == 4
