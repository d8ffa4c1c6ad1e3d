"""An output's pictures: mirrored, transparent, RGB, anamorphic ones come out as they are meant to be seen."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engines.values import U8, Patch, Rect
from stream.media.sink import Encoding, open_sink
from stream.media.source import open_source
from stream.media.video.display import Display, display_matrix
from stream.pixels.geometry import orientation
from stream.pixels.planes import Planes
from tests.stream.clips import make
from tests.stream.media.video.joined import disc, extent
from tests.stream.media.video.test_alpha import EDGE, SHOWN, clear_clip

TURNS = [(rotation, mirrored) for rotation in (0, 90, 180, 270) for mirrored in (False, True)][1:]


def through(path: Path, out: Path, codec: str | None = None, patch: Patch | None = None) -> tuple[str, ...]:
    with open_source(str(path)) as source, open_sink(str(out), source, Encoding(codec)) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture.pasted((patch,)) if patch else frame.picture)
        return sink.notes


def shown(path: Path) -> list[U8]:
    """Every picture as players show it."""
    with open_source(str(path)) as source:
        return [f.picture.rgb(Rect(0, 0, f.picture.width, f.picture.height)) for f in source.frames()]


def turned_clip(path: Path, turn: tuple[int, bool], rgb: U8, aspect: Fraction | None = None) -> Path:
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", 25, options={"preset": "ultrafast", "crf": "4"})
        stream.height, stream.width = rgb.shape[:2]
        stream.pix_fmt = "yuv444p"
        stream.set_display_rotation(-turn[0], hflip=turn[1])
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for i in range(3):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv444p")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("into", ["mp4", "mov", "mkv", "ts", "avi"])
def test_every_turn_and_mirror_is_shown_again(tmp_path: Path, turn: tuple[int, bool], into: str) -> None:
    path = turned_clip(tmp_path / "a.mp4", turn, disc(96, 64))
    before = shown(path)
    patch = Patch(4, 4, np.full((12, 12, 3), (20, 200, 60), np.uint8), np.ones((12, 12), np.float32))
    notes = through(path, tmp_path / f"b.{into}", patch=patch)
    after = shown(tmp_path / f"b.{into}")
    assert len(after) == 3 and after[0].shape == before[0].shape
    assert np.abs(after[1][6:14, 6:14].astype(int) - (20, 200, 60)).max() < 25, "painted where it was shown"
    rest = np.abs(after[1].astype(int) - before[1])[20:]
    assert rest.mean() < 3
    keeps = into in ("mp4", "mov") or (into == "mkv" and not turn[1])
    assert (notes == ()) is keeps
    with av.open(str(tmp_path / f"b.{into}")) as clip:
        matrix = display_matrix(next(clip.decode(video=0)))
        assert (matrix is not None and orientation(matrix) == turn) is keeps


def test_a_mirrored_matrix_stays_the_very_same(tmp_path: Path) -> None:
    path = turned_clip(tmp_path / "a.mp4", (0, True), disc(96, 64))
    through(path, tmp_path / "b.mp4")
    with av.open(str(path)) as a, av.open(str(tmp_path / "b.mp4")) as b:
        assert display_matrix(next(a.decode(video=0))) == display_matrix(next(b.decode(video=0)))


@pytest.mark.parametrize("into", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("turn", [(0, False), (90, False), (270, True)])
def test_round_things_are_painted_round(tmp_path: Path, into: str, turn: tuple[int, bool]) -> None:
    aspect = Fraction(16, 11)
    path = turned_clip(tmp_path / "a.mp4", turn, np.full((64, 96, 3), 128, np.uint8), aspect)
    x, y = np.meshgrid(np.arange(40), np.arange(40))
    alpha = (np.hypot(x - 19.5, y - 19.5) < 16).astype(np.float32)
    through(path, tmp_path / f"b.{into}", patch=Patch(10, 12, np.full((40, 40, 3), (220, 60, 40), np.uint8), alpha))
    width, height = extent(shown(tmp_path / f"b.{into}")[1])
    assert width == pytest.approx(32, abs=3) and height == pytest.approx(32, abs=3)
    with av.open(str(tmp_path / f"b.{into}")) as clip:
        display = Display(clip.streams.video[0])
        seen = display(next(clip.decode(video=0)))
        assert seen.pixel == (1 / aspect if turn[0] % 180 else aspect)


@pytest.mark.parametrize(("name", "codec", "pix_fmt", "into", "asked"), [
    ("a.mov", "prores_ks", "yuva444p10le", "b.mov", None), ("a.mov", "prores_ks", "yuva444p10le", "b.mov", "prores"),
    ("a.mov", "prores_ks", "yuva444p10le", "b.mkv", None), ("a.mov", "prores_ks", "yuva444p10le", "b.webm", None),
    ("a.webm", "libvpx-vp9", "yuva420p", "b.webm", None), ("a.webm", "libvpx-vp9", "yuva420p", "b.mkv", None),
    ("a.webm", "libvpx", "yuva420p", "b.webm", "vp8"), ("a.webm", "libvpx-vp9", "yuva420p", "b.mov", None),
    ("a.mov", "qtrle", "argb", "b.mov", "qtrle"), ("a.mov", "qtrle", "argb", "b.webm", None),
])  # fmt: skip
def test_transparency_is_kept(
    tmp_path: Path, name: str, codec: str, pix_fmt: str, into: str, asked: str | None
) -> None:
    path = clear_clip(tmp_path / name, codec, pix_fmt, options=SHOWN if "vpx" in codec else None)
    patch = Patch(10, 10, np.full((30, 60, 3), (220, 60, 40), np.uint8), np.ones((30, 60), np.float32))
    notes = through(path, tmp_path / into, asked, patch)
    assert not any("transparency" in note for note in notes)
    with open_source(str(tmp_path / into)) as source:
        for frame in source.frames():
            assert isinstance(frame.picture, Planes)
            alpha = frame.picture.alpha()
            assert (alpha[:, : EDGE - 6] > 248).all() and (alpha[:, EDGE + 6 :] < 8).all()
    assert np.abs(shown(tmp_path / into)[2][20, 20].astype(int) - (220, 60, 40)).max() < 25


@pytest.mark.parametrize("into", ["b.mp4", "b.ts"])
def test_transparency_that_has_no_place_is_said(tmp_path: Path, into: str) -> None:
    path = clear_clip(tmp_path / "a.webm", "libvpx-vp9", "yuva420p", options=SHOWN)
    (note,) = through(path, tmp_path / into)
    assert note.startswith("the picture's transparency is left out")
    assert len(shown(tmp_path / into)) == 6


@pytest.mark.parametrize(("codec", "pix_fmt", "name"), [
    ("ffv1", "bgra", "a.mkv"), ("rawvideo", "bgr24", "a.avi"), ("png", "rgb24", "a.mov"),
    ("libx264rgb", "rgb24", "a.mp4"), ("ffv1", "gbrp10le", "a.mkv"),
])  # fmt: skip
@pytest.mark.parametrize("into", ["b.mp4", "b.mov", "b.mkv"])
def test_rgb_becomes_what_players_show(tmp_path: Path, codec: str, pix_fmt: str, name: str, into: str) -> None:
    path = make(tmp_path / name, codec=codec, pix_fmt=pix_fmt, frames=4)
    before = shown(path)
    through(path, tmp_path / into, "h264")
    with open_source(str(tmp_path / into)) as source:
        assert source.info.pix_fmt == "yuv420p"
    assert np.abs(shown(tmp_path / into)[2].astype(int) - before[2]).mean() < 3


def test_rgb_stays_where_it_is_asked_for(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", codec="libx264rgb", pix_fmt="rgb24", frames=4)
    through(path, tmp_path / "b.mp4", "libx264rgb")
    with open_source(str(tmp_path / "b.mp4")) as source:
        assert av.VideoFormat(source.info.pix_fmt).is_rgb


def test_an_odd_size_of_rgb_plays(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", codec="ffv1", pix_fmt="bgr0", frames=3, size=(95, 63))
    notes = through(path, tmp_path / "b.mp4")
    assert "the odd size 95x63 is stored as 96x64" in notes[1]
    after = shown(tmp_path / "b.mp4")[1]
    assert after.shape == (64, 96, 3)
    assert np.abs(after[:63, :95].astype(int) - shown(path)[1]).mean() < 3
