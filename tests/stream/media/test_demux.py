"""Demuxing joined files: which clocks may jump, what length is believed, and where a span begins."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import InputError, OutputError
from engines.values import Rect
from stream.media.demux import clock_of, demuxed, from_key_picture, jumps, tells_length
from stream.media.sink import open_sink
from stream.media.source import open_source
from tests.stream import parts
from tests.stream.clips import make, picture
from tests.stream.parts import FRAME, LOOP, joined, part

HALF = Fraction(1, 2)


@pytest.mark.parametrize(("ending", "may"), [("ts", True), ("mpg", True), ("mkv", False), ("mp4", False)])
def test_which_formats_clocks_may_jump(tmp_path: Path, ending: str, may: bool) -> None:
    path = part(tmp_path / "a.mpg") if ending == "mpg" else make(tmp_path / f"a.{ending}")
    with av.open(str(path)) as container:
        assert jumps(container) is may
        assert tells_length(container)


def test_a_length_that_cannot_be_true_is_not_told(tmp_path: Path) -> None:
    path = joined(tmp_path / "j.ts", part(tmp_path / "a.ts", 10), part(tmp_path / "b.ts", 40_000))
    with av.open(str(path)) as container:
        assert not tells_length(container)
    with open_source(str(path)) as source:
        assert (source.info.duration, source.info.frames) == (None, None)


SECOND = {
    "restart": Fraction(10),
    "to zero": Fraction(0),
    "30 minutes on": Fraction(1810),
    "26 hours on": Fraction(26 * 3600),
    "30 minutes back": Fraction(2),
    "over the wrap": LOOP - HALF,
}


@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize("ending", ["ts", "m2ts", "mpg"])
@pytest.mark.parametrize("second", SECOND)
def test_a_joined_recording_goes_on_where_the_first_ends(tmp_path: Path, second: str, ending: str, sound: bool) -> None:
    first = Fraction(1802) if second == "30 minutes back" else Fraction(10)
    one = part(tmp_path / f"a.{ending}", first, sound=sound)
    two = part(tmp_path / f"b.{ending}", SECOND[second], sound=sound, first=25)
    path, out = joined(tmp_path / f"j.{ending}", one, two), tmp_path / "out.mp4"
    shown = []
    with open_source(str(path)) as source, open_sink(str(out), source) as sink:
        for frame in source.frames():
            shown.append(int(frame.picture.rgb(Rect(0, 0, 96, 64)).astype(int).mean((0, 1))[1]))
            sink.write(frame, frame.picture)
    assert source.notes == (f"the clock of {path} begins anew once; it was carried on",)
    pictures = parts.times(out, "video")
    assert len(pictures) == 50
    assert {round(float((b - a) * 1000)) for a, b in pairwise(pictures)} == {40}
    assert np.abs(np.subtract(shown, [int(picture(i, 96, 64).mean((0, 1))[1]) for i in range(50)])).max() <= 6
    if sound:
        heard = parts.times(out, "audio")
        assert len(heard) == sum(len(parts.times(p, "audio")) for p in (one, two))
        assert all(b > a for a, b in pairwise(heard))
        late = heard[len(heard) // 2] - pictures[25] - (heard[0] - pictures[0])
        assert abs(late) < Fraction(1, 20)


def test_a_clock_that_wraps_within_the_recording(tmp_path: Path) -> None:
    path = part(tmp_path / "a.ts", LOOP - HALF, frames=40)
    with open_source(str(path)) as source:
        times = [f.pts * f.time_base for f in source.frames()]
    assert [b - a for a, b in pairwise(times)] == [FRAME] * 39
    assert source.notes == ()


@pytest.mark.parametrize(
    ("seconds", "sound", "mute"), [(4, True, False), (4, True, True), (4, False, False), (20, True, False)]
)
def test_dropped_frames_stay_a_gap(tmp_path: Path, seconds: int, sound: bool, mute: bool) -> None:
    """Of any length while sound goes on, of up to ten seconds where all is missing."""
    path = part(
        tmp_path / "a.ts", 5, frames=50 + 25 * seconds, gone=range(25, 25 + 25 * seconds), sound=sound, mute=mute
    )
    with open_source(str(path)) as source:
        times = [f.pts * f.time_base for f in source.frames()]
    assert times == [5 + FRAME * i for i in range(25)] + [5 + FRAME * (25 + 25 * seconds + i) for i in range(25)]


@pytest.mark.parametrize("ending", ["mkv", "webm"])
def test_joined_matroska_files_go_on_too(tmp_path: Path, ending: str) -> None:
    codec, sound = ("libvpx-vp9", "libopus") if ending == "webm" else ("libx264", "aac")
    one = make(tmp_path / f"a.{ending}", frames=25, audio=sound, codec=codec)
    path, out = joined(tmp_path / f"j.{ending}", one, one), tmp_path / "out.mkv"
    with open_source(str(path)) as source, open_sink(str(out), source) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
    assert {b - a for a, b in pairwise(parts.times(out, "video"))} == {FRAME}
    assert len(parts.times(out, "audio")) == 2 * len(parts.times(one, "audio"))


@pytest.mark.parametrize("moment", [(1 << 63) - 1, 1 << 62, 1 << 61, (1 << 64) - 5, 1 << 50])
def test_times_that_no_clock_could_have_come_to(tmp_path: Path, moment: int) -> None:
    """Of a fragment in the middle: its pictures are there, or left out, or the file is refused; in one line."""
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = make(tmp_path / "a.mp4", frames=24, audio="aac", container=fragments, options={"g": "8"})
    data = bytearray(path.read_bytes())
    at = data.find(b"tfdt", data.find(b"tfdt", data.find(b"tfdt") + 4) + 4)  # the third: of the second fragment's video
    assert data[at + 4] == 1, "64 bits"
    data[at + 8 : at + 16] = moment.to_bytes(8, "big")
    path.write_bytes(data)
    out = tmp_path / "out.mp4"
    try:
        with open_source(str(path)) as source, open_sink(str(out), source) as sink:
            for frame in source.frames():
                sink.write(frame, frame.picture)
    except (InputError, OutputError) as error:
        assert str(path) in str(error) or "times are damaged" in str(error) or "cannot write" in str(error)
        assert not out.exists()
    else:
        assert len(parts.times(out, "video")) in (16, 24)  # FFmpeg may hold the fragment to lie behind the end


SPANS = [("1.5", "2.5"), ("0.5", "1.2"), ("2.3", None), ("0.2", None), (None, "1.6")]


@pytest.mark.parametrize(("start", "end"), SPANS)
@pytest.mark.parametrize("second", [Fraction(10), Fraction(0), Fraction(4000)])
def test_a_span_counts_on_over_the_seams(tmp_path: Path, start: str | None, end: str | None, second: Fraction) -> None:
    clocks = (Fraction(10), second, Fraction(500))
    pieces = [part(tmp_path / f"{i}.ts", at, first=25 * i) for i, at in enumerate(clocks)]
    path, out = joined(tmp_path / "j.ts", *pieces), tmp_path / "out.mp4"
    low, high = Fraction(start or 0), Fraction(end or 3)
    begin, until = Fraction(start) if start else None, high if end else None
    with open_source(str(path), start=begin, end=until) as source, open_sink(str(out), source) as sink:
        zero = Fraction(source.container.start_time or 0, av.time_base)
        frames = list(source.frames())
        for frame in frames:
            sink.write(frame, frame.picture)
    offsets = [f.pts * f.time_base - zero for f in frames]
    assert all(low <= t < high for t in offsets)
    assert abs(len(frames) - 25 * (high - low)) <= 1
    index = round(offsets[0] * 25)
    shown = frames[0].picture.rgb(Rect(0, 0, 96, 64)).astype(int)
    assert np.argmin([np.abs(shown - picture(i, 96, 64)).mean() for i in range(75)]) == index


def test_the_last_key_picture_before_a_start_is_found_without_decoding(tmp_path: Path) -> None:
    path = part(tmp_path / "a.ts", 10, frames=60)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        kept = list(from_key_picture(demuxed(container, clock_of(container, video)), video.index, Fraction(11)))
        pictures = [p for p in kept if p.stream.type == "video" and p.size]
        heard = [p for p in kept if p.stream.type == "audio" and p.size]
        assert pictures[0].is_keyframe and pictures[0].pts == 90_000 * 10 + 24 * 3600
        assert len(pictures) == 36
        assert heard[0].pts is not None and 10 <= heard[0].pts * heard[0].time_base <= 11
        assert [p.size for p in kept[-2:]] == [0, 0]  # those that flush the decoders


def test_a_start_behind_the_end_keeps_what_the_last_key_picture_begins(tmp_path: Path) -> None:
    path = part(tmp_path / "a.ts", 10, frames=30, sound=False)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        kept = list(from_key_picture(demuxed(container, clock_of(container, video)), video.index, Fraction(99)))
        assert [bool(p.size) for p in kept] == [True] * 6 + [False]
