"""Pictures of a stream that changes: one size for all, told once, and how each lay before."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from engines.values import U8, Rect
from stream.frame import Frame
from stream.media.source import Source, open_source
from stream.pixels.geometry import Geometry
from stream.pixels.planes import Planes
from tests.stream.clips import make
from tests.stream.media.video.joined import disc, extent, segment


def read(path: Path) -> tuple[Source, list[Frame]]:
    with open_source(str(path)) as source:
        return source, list(source.frames())


def whole(frame: Frame) -> U8:
    return frame.picture.rgb(Rect(0, 0, frame.picture.width, frame.picture.height))


def joined(folder: Path, *parts: bytes) -> Path:
    path = folder / "joined.ts"
    path.write_bytes(b"".join(parts))
    return path


def test_a_smaller_picture_is_fitted_and_told_once(tmp_path: Path) -> None:
    one = segment(tmp_path / "1", [disc(128, 96)] * 6)
    two = segment(tmp_path / "2", [disc(96, 128)] * 6, 6)
    three = segment(tmp_path / "3", [disc(64, 48)] * 6, 12)
    source, frames = read(joined(tmp_path, one, two, three))
    assert len(frames) == 18
    assert {(f.picture.width, f.picture.height) for f in frames} == {(128, 96)}
    assert [f.picture.origin.shown for f in frames] == [(128, 96)] * 6 + [(96, 128)] * 6 + [(64, 48)] * 6
    for frame in frames:
        width, height = extent(whole(frame))
        assert abs(width - height) <= 3, "round things stay round"
    assert extent(whole(frames[8]))[0] < extent(whole(frames[0]))[0]
    assert len(source.notes) == 1
    assert "the picture changes from 128x96 to 96x128" in source.notes[0]


def test_a_pixel_shape_that_changes(tmp_path: Path) -> None:
    one = segment(tmp_path / "1", [disc(96, 64, 16 / 11)] * 5, aspect=Fraction(16, 11))
    two = segment(tmp_path / "2", [disc(64, 64, 2)] * 5, 5, aspect=Fraction(2))
    source, frames = read(joined(tmp_path, one, two))
    assert {(f.picture.width, f.picture.height) for f in frames} == {(140, 64)}
    for frame in frames:
        width, height = extent(whole(frame))
        assert abs(width - height) <= 3
    assert "from 140x64 to 128x64" in source.notes[0]


def test_what_does_not_change_is_the_decoders_own_memory(tmp_path: Path) -> None:
    source, frames = read(make(tmp_path / "a.mp4", frames=4))
    assert source.notes == ()
    for frame in frames:
        assert isinstance(frame.picture, Planes)
        assert frame.picture.origin == frame.picture.geometry == Geometry(96, 64)


def test_hdr_in_mid_stream_gets_the_first_ones_colours(tmp_path: Path) -> None:
    grey = [np.full((64, 96, 3), 120, np.uint8)] * 5
    one = segment(tmp_path / "1", grey, codec="libx265", tags=(1, 1, 1, 1))
    two = segment(tmp_path / "2", grey, 5, codec="libx265", pix_fmt="yuv420p10le", tags=(9, 16, 9, 1))
    source, frames = read(joined(tmp_path, one, two))
    assert "changes between HDR and SDR" in source.notes[0]
    for frame in frames:
        assert isinstance(frame.picture, Planes)
        assert (frame.picture.to_av().color_trc, frame.picture.pix_fmt) == (1, "yuv420p")
    assert np.abs(whole(frames[0])[30, 40].astype(int) - 120).max() <= 3
    assert np.abs(whole(frames[8])[30, 40].astype(int) - 156).max() <= 4, "PQ's 120 is 68 cd/m2, a third of white"


def test_a_later_part_of_a_video_is_fitted_into_its_first_picture(tmp_path: Path) -> None:
    one = segment(tmp_path / "1", [disc(128, 96)] * 25)
    path = joined(tmp_path, one, segment(tmp_path / "2", [disc(64, 96)] * 25, 25))
    with open_source(str(path)) as first, open_source(str(path), start=Fraction(3, 2), like=first.info) as later:
        frames = list(later.frames())
        assert later.info.geometry == Geometry(128, 96)
    assert frames and {(f.picture.width, f.picture.height) for f in frames} == {(128, 96)}
    assert frames[-1].picture.origin == Geometry(64, 96)
