"""Animations written: by time, by value, by how often they play, from clips and from each other."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engines.errors import OutputError
from engines.values import U8, Rect
from stream.media.sink import Encoding, open_sink
from stream.media.source import open_source
from stream.media.video.animation import plays
from stream.pixels.transfer import light_to_srgb, pq_to_nits
from tests.stream.clips import make, picture
from tests.stream.media.video.joined import disc, extent
from tests.stream.media.video.test_animation import LENGTHS, SIZE, animate, read
from tests.stream.media.video.test_hdr import hdr_clip
from tests.stream.media.video.test_track import turned_clip

ENDINGS = ("webp", "gif", "apng")


def through(path: Path, out: Path, encoding: Encoding | None = None) -> tuple[str, ...]:
    with open_source(str(path)) as source, open_sink(str(out), source, encoding) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
        return sink.notes


def whole(path: Path) -> list[U8]:
    with open_source(str(path)) as source:
        return [f.picture.rgb(Rect(0, 0, f.picture.width, f.picture.height)) for f in source.frames()]


@pytest.mark.parametrize("into", [*ENDINGS, "png"])
@pytest.mark.parametrize("source", ["webp", "png", "gif"])
@pytest.mark.parametrize("clear", [False, True])
def test_animated_in_animated_out(tmp_path: Path, source: str, into: str, clear: bool) -> None:
    path = animate(tmp_path / f"a.{source}", loop=3 if source != "gif" else 0, clear=clear)
    assert through(path, tmp_path / f"b.{into}") == ()
    pictures, times = read(tmp_path / f"b.{into}")
    assert times == [Fraction(0), Fraction(8, 100), Fraction(20, 100), Fraction(24, 100)]
    for i, rgba in enumerate(pictures):
        off = np.abs(rgba[:, :20, :3].astype(int) - picture(i, *SIZE)[:, :20]).mean()
        assert off < (20 if "gif" in (source, into) else 5)  # OpenCV makes coarse GIFs
        assert (rgba[:, 28:, 3] == (0 if clear else 255)).all()
    assert plays(tmp_path / f"b.{into}") == plays(path)


@pytest.mark.parametrize("into", ["webp", "apng", "gif"])
def test_the_last_picture_stays_as_long_as_it_did(tmp_path: Path, into: str) -> None:
    through(animate(tmp_path / "a.webp"), tmp_path / f"b.{into}")
    with open_source(str(tmp_path / f"b.{into}")) as source:
        lengths = []
        for frame in source.frames():
            image = frame.picture.to_av()  # type: ignore[attr-defined]
            lengths.append(round(image.duration * image.time_base * 1000))
    assert lengths == list(LENGTHS)


@pytest.mark.parametrize("into", ["mp4", "mkv", "webm"])
@pytest.mark.parametrize("source", ["webp", "png", "gif"])
def test_an_animation_becomes_a_clip(tmp_path: Path, source: str, into: str) -> None:
    through(animate(tmp_path / f"a.{source}"), tmp_path / f"b.{into}")
    with open_source(str(tmp_path / f"b.{into}")) as made:
        times = [f.pts * f.time_base for f in made.frames()]
        assert made.info.pix_fmt == "yuv420p"
    assert [float(t) for t in times] == pytest.approx([0, 0.08, 0.2, 0.24], abs=0.002)


@pytest.mark.parametrize("into", ENDINGS)
def test_a_clip_becomes_an_animation(tmp_path: Path, into: str) -> None:
    path = make(tmp_path / "a.mp4", frames=10, audio="aac")
    notes = through(path, tmp_path / f"b.{into}")
    assert notes == (f"sound and subtitles are left out: {into} holds pictures only",)
    pictures, times = read(tmp_path / f"b.{into}")
    assert times == [Fraction(4 * i, 100) for i in range(10)]
    assert plays(tmp_path / f"b.{into}") == 0
    for i, rgba in enumerate(pictures):
        assert np.abs(rgba[..., :3].astype(int) - picture(i, 96, 64)).mean() < 8


@pytest.mark.parametrize(("rate", "kept"), [(Fraction(30), 12), (Fraction(60), 8), (Fraction(120), 5)])
def test_a_gif_shows_no_picture_for_less_than_two_hundredths(tmp_path: Path, rate: Fraction, kept: int) -> None:
    notes = through(make(tmp_path / "a.mp4", frames=12, rate=rate), tmp_path / "b.gif")
    assert (notes != ()) is (rate > 50)
    _, times = read(tmp_path / "b.gif")
    assert abs(len(times) - kept) <= 1
    assert min(b - a for a, b in pairwise(times)) >= Fraction(2, 100)


@pytest.mark.parametrize("into", ENDINGS)
def test_turned_and_anamorphic_clips_are_upright_and_square(tmp_path: Path, into: str) -> None:
    path = turned_clip(tmp_path / "a.mp4", (90, True), disc(96, 64, 16 / 11), Fraction(16, 11))
    through(path, tmp_path / f"b.{into}")
    before, after = whole(path)[-1], whole(tmp_path / f"b.{into}")[-1]  # equal pictures may become one
    assert after.shape == before.shape == (140, 64, 3)
    width, height = extent(after)
    assert abs(width - height) <= 3
    assert np.abs(after.astype(int) - before).mean() < 10


@pytest.mark.parametrize("into", ENDINGS)
def test_hdr_is_brought_to_srgb(tmp_path: Path, into: str) -> None:
    notes = through(hdr_clip(tmp_path / "a.mp4"), tmp_path / f"b.{into}")
    assert notes == (f"{into} holds no HDR; what is brighter than white is cut off",)
    light = float(pq_to_nits(np.array(101 / 255))) / 203
    assert (
        np.abs(whole(tmp_path / f"b.{into}")[-1].astype(int) - 255 * float(light_to_srgb(np.array(light)))).mean() < 5
    )


def test_an_encoder_that_does_not_fit_is_told(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=3)
    with open_source(str(path)) as source, pytest.raises(OutputError, match="webp cannot hold h264"):
        open_sink(str(tmp_path / "b.webp"), source, Encoding("h264"))
    assert list(tmp_path.glob("b*")) == []
