"""Finished pieces joined with the source's own sound: spans, turned pictures, joined recordings, refusals."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engines.errors import OutputError
from stream.media.codecs import Encoding
from stream.media.others.wanted import Streams
from stream.media.source import Source, open_source
from tests.stream.bundles import bundle
from tests.stream.clips import make
from tests.stream.clips import seconds as times
from tests.stream.media.video.test_alpha import SHOWN, alphas, clear_clip
from tests.stream.parts import joined as recordings
from tests.stream.parts import part
from tests.tools.daemon.process.pieces import cut, joined, rising, sound
from tools.daemon.process.encoding import encoding_of
from tools.daemon.process.join import check_streams, container_of, join
from tools.daemon.process.segments import finished


@pytest.mark.parametrize("second", [0, 10, 1810])
def test_a_joined_recording_is_cut_and_joined_on_one_clock(tmp_path: Path, second: int) -> None:
    pieces = [part(tmp_path / f"{i}.ts", at, first=25 * i) for i, at in enumerate((10, second))]
    clip = recordings(tmp_path / "in.ts", *pieces)
    cut(tmp_path / "work", clip, 0.5)
    out = joined(tmp_path / "work", clip, tmp_path / "out.mp4")
    assert {b - a for a, b in pairwise(times(out))} == {Fraction(1, 25)} and len(times(out)) == 50
    assert len(sound(out)) == sum(len(sound(p)) for p in pieces) and rising(out)


def test_a_span_begins_at_nought_as_swap_has_it(tmp_path: Path) -> None:
    clip, span = (
        make(tmp_path / "in.mp4", frames=60, audio="aac"),
        dict[str, Any](start=Fraction(1, 2), end=Fraction(2)),
    )
    cut(tmp_path / "work", clip, 0.5, **span)
    out = joined(tmp_path / "work", clip, tmp_path / "out.mp4", **span)
    seen = times(out)
    first = next(t for t in times(clip) if t >= Fraction(1, 2))
    assert seen == [t - first for t in times(clip) if Fraction(1, 2) <= t < 2]
    assert set(sound(out)) < set(sound(clip)) and 64 <= len(sound(out)) <= 72


def test_a_picture_that_lies_on_its_side_still_does(tmp_path: Path) -> None:
    clip = make(tmp_path / "in.mp4", frames=20, rotation=90)
    cut(tmp_path / "work", clip, 0.3)
    out = joined(tmp_path / "work", clip, tmp_path / "out.mp4")
    with av.open(str(clip)) as one, av.open(str(out)) as two:
        assert next(one.decode(video=0)).rotation == next(two.decode(video=0)).rotation != 0
    with pytest.raises(OutputError, match="turned"):
        joined(tmp_path / "work", clip, tmp_path / "out.ts")


def test_what_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    clip = make(tmp_path / "in.mp4", frames=10)
    with pytest.raises(OutputError, match=r"\.mp4, .*\.ts"):
        container_of("a.avi")
    with pytest.raises(OutputError, match="not one frame"):
        joined(_made(tmp_path / "empty"), clip, tmp_path / "out.mp4")
    cut(tmp_path / "work", clip, 0.2)

    def refuse(_: Path) -> None:
        raise OutputError("no")

    with open_source(str(clip)) as source, pytest.raises(OutputError, match="no"):
        join(finished(tmp_path / "work"), source, str(tmp_path / "out.mp4"), refuse)
    broken = finished(tmp_path / "work")[1].path
    broken.write_bytes(b"junk")
    with open_source(str(clip)) as source, pytest.raises(OutputError, match=r"out\.mp4"):
        join(finished(tmp_path / "work"), source, str(tmp_path / "out.mp4"), lambda _: None)
    assert not list(tmp_path.glob("out*"))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_source_is_only_read(tmp_path: Path) -> None:
    clip = make(tmp_path / "in.mp4", frames=10)
    cut(tmp_path / "work", clip, 0.2)
    with open_source(str(clip)) as source, pytest.raises(OutputError, match="overwrite"):
        join(finished(tmp_path / "work"), source, str(clip), lambda _: None)
    assert isinstance(source, Source) and len(times(clip)) == 10


@pytest.mark.parametrize(
    ("output", "rotation", "mirrored", "container"),
    [
        ("a.MP4", 90, True, "mp4"),
        ("a.m4v", 0, False, "mp4"),
        ("a.mov", 180, True, "mov"),
        ("a.mkv", 90, False, "matroska"),
        ("a.ts", 0, False, "mpegts"),
    ],
)
def test_a_container_is_taken_by_the_outputs_name(output: str, rotation: int, mirrored: bool, container: str) -> None:
    assert container_of(output, rotation, mirrored) == container


@pytest.mark.parametrize(
    ("output", "rotation", "mirrored", "says"), [("a.ts", 90, False, "turned"), ("a.mkv", 0, True, "mirrored")]
)
def test_a_container_that_cannot_say_how_a_picture_lies_is_refused(
    output: str, rotation: int, mirrored: bool, says: str
) -> None:
    with pytest.raises(OutputError, match=says):
        container_of(output, rotation, mirrored)


def test_what_cannot_be_kept_beside_the_pictures_is_told_or_refused_at_once(tmp_path: Path) -> None:
    clip, out = bundle(tmp_path / "in.mkv", sounds=["aac"], words=["subrip"]), str(tmp_path / "out.ts")
    with open_source(str(clip)) as source:
        check_streams(source, out, "libx264", Streams.ALL)
        with pytest.raises(OutputError, match=r"mpegts cannot hold the subtitle stream 2 .*write to .*out\.mkv"):
            check_streams(source, out, "libx264", Streams.STRICT)
        check_streams(source, str(tmp_path / "out.mkv"), "libx264", Streams.STRICT)
    cut(tmp_path / "work", clip, 0.4)
    with open_source(str(clip)) as source:
        (note,) = join(finished(tmp_path / "work"), source, out, lambda _: None)
    assert note.startswith("the subtitle stream 2 (subrip) is left out: mpegts cannot hold it;")
    with open_source(str(clip)) as source, pytest.raises(OutputError, match="mpegts cannot hold the subtitle"):
        join(finished(tmp_path / "work"), source, out, lambda _: None, streams=Streams.STRICT)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "out", "tolerance"),
    [
        ("prores_ks", "yuva444p10le", "out.mov", 2),
        ("prores_ks", "yuva444p10le", "out.mkv", 2),
        ("qtrle", "argb", "out.mov", 2),
        ("libvpx-vp9", "yuva420p", "out.mkv", 12),
    ],
)
def test_transparency_outlives_cutting_and_joining(
    tmp_path: Path, codec: str, pix_fmt: str, out: str, tolerance: int
) -> None:
    ending, shown = (".webm", SHOWN) if "vpx" in codec else (".mov", None)
    clip = clear_clip(tmp_path / f"in{ending}", codec, pix_fmt, 12, shown)
    output = tmp_path / out
    with open_source(str(clip)) as source:
        encoding = encoding_of(Encoding(), out, source.info.pix_fmt, source.info.transparent)
    first = cut(tmp_path / "work", clip, 0.2, stop=7, encoding=encoding)
    assert [s.frames for s in first] == [6]
    done = cut(tmp_path / "work", clip, 0.2, encoding=encoding)
    assert [s.frames for s in done] == [6, 6]
    joined(tmp_path / "work", clip, output)
    assert times(output) == times(clip) and rising(output)
    for before, after in zip(alphas(clip), alphas(output), strict=True):
        assert np.abs(before.astype(int) - after).mean() < tolerance and after.min() < 5 and after.max() > 250


def test_what_mp4_does_not_hold_is_cut_and_joined_too(tmp_path: Path) -> None:
    clip = make(tmp_path / "in.mp4", frames=30)
    encoding = encoding_of(Encoding("vp8", preset="8", threads=1), "out.mkv", "yuv420p")
    assert len(cut(tmp_path / "work", clip, 0.4, encoding=encoding)) == 3
    out = joined(tmp_path / "work", clip, tmp_path / "out.mkv")
    assert times(out) == times(clip) and rising(out)
    with av.open(str(out)) as file:
        assert file.streams.video[0].codec_context.name == "vp8"
