"""Copied packets and their times: sound that does not rise, covers in spans, damage in one stream."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from engines.errors import OutputError
from stream.media.copying import Copying, TimeWindow
from stream.media.sink import open_sink
from stream.media.source import open_source
from tests.stream.bundles import bundle
from tests.stream.clips import packets, seconds
from tests.stream.parts import joined, part, times


def through(path: Path, out: Path) -> Path:
    with open_source(str(path)) as source, open_sink(str(out), source) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
    return out


def bent(path: Path, out: Path, bend: Callable[[int, int], int]) -> Path:
    """A Matroska copy of a clip whose sound has other times. bend: the place and time of a packet to its new time."""
    with av.open(str(path)) as clip, av.open(str(out), "w") as made:
        streams = {s.index: made.add_stream_from_template(s, opaque=True) for s in clip.streams}
        count = 0
        for packet in clip.demux():
            if not packet.size:
                continue
            if packet.stream.type == "audio":
                packet.pts = packet.dts = bend(count, packet.dts or 0)
                count += 1
            packet.stream = streams[packet.stream.index]
            made.mux_one(packet)
    return out


@pytest.mark.parametrize("into", ["mp4", "mkv", "ts"])
def test_sound_whose_time_stands_still_goes_on(tmp_path: Path, into: str) -> None:
    last = 0

    def bend(count: int, at: int) -> int:
        nonlocal last
        last = last if count % 5 == 4 else at
        return last

    path = bent(bundle(tmp_path / "a.mkv", sounds=["aac"]), tmp_path / "b.mkv", bend)
    out = through(path, tmp_path / f"c.{into}")
    assert [p for p, _ in packets(out, "audio")] == [p for p, _ in packets(path, "audio")] or into == "ts"
    heard = times(out, "audio")
    assert len(heard) == len(times(path, "audio"))
    assert all(a < b for a, b in pairwise(heard)) or into == "mkv"
    moved = [abs(a - b) for a, b in zip(heard, times(path, "audio"), strict=True)]
    assert max(moved) - min(moved) <= Fraction(2, 1000)
    assert len(seconds(out)) == 25


def test_recordings_that_overlap_a_little_keep_all_their_sound(tmp_path: Path) -> None:
    one = part(tmp_path / "a.ts", 10)
    path = joined(tmp_path / "j.ts", one, part(tmp_path / "b.ts", Fraction(1095, 100)))  # 50 ms before the end of one
    out = through(path, tmp_path / "b.mp4")
    heard = times(out, "audio")
    assert len(heard) == 2 * len(times(one, "audio"))
    assert all(a < b for a, b in pairwise(heard))
    shown = seconds(out)
    assert len(shown) == 50 and min(b - a for a, b in pairwise(shown)) >= Fraction(1, 200)


def test_damage_in_a_stream_is_said_of_that_stream(tmp_path: Path) -> None:
    """Sound of a transport stream that is no AAC at all where its headers should be."""
    path = tmp_path / "a.ts"
    bundle(path, sounds=["aac"])
    data = bytearray(path.read_bytes())
    at = data.find(b"\xff\xf1", len(data) // 2)  # an ADTS header
    assert at > 0
    data[at : at + 7] = b"\xff\xf1\xff\xff\x00\x00\x00"
    path.write_bytes(data)
    try:
        through(path, tmp_path / "b.mp4")
    except OutputError as error:
        assert "the audio stream 1 of the input is damaged, or no mp4 holds it" in str(error)
        assert [p.name for p in tmp_path.iterdir()] == ["a.ts"]
    else:
        assert len(seconds(tmp_path / "b.mp4")) == 25


def test_packets_outside_the_window_are_left_out_and_the_others_moved(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mkv", sounds=["pcm_s16le"], frames=25)
    with open_source(str(path)) as source, av.open(str(tmp_path / "b.mkv"), "w") as out:
        video: Any = out.add_stream("libx264", 25)
        video.width, video.height = 96, 64
        copying = Copying(source, out, str(tmp_path / "b.mkv"))
        out.start_encoding()
        list(source.frames())
        copying.pass_on(TimeWindow(Fraction(1, 5), Fraction(2, 5), Fraction(4, 5)))
    heard = times(tmp_path / "b.mkv", "audio")
    assert min(heard) == Fraction(1, 5) and max(heard) < Fraction(3, 5)


def test_alone_nothing_is_copied(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mkv", sounds=["aac"], words=["subrip"])
    with open_source(str(path)) as source, open_sink(str(tmp_path / "b.mp4"), source, alone=True) as sink:
        assert sink.notes == ()
        for frame in source.frames():
            sink.write(frame, frame.picture)
    with av.open(str(tmp_path / "b.mp4")) as clip:
        assert [s.type for s in clip.streams] == ["video"]
