"""Pieces and their joining, with real files: whatever breaks off and goes on, each frame is there once, at its time."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from engines.errors import OutputError
from engines.watermark.payload import Payload
from stream.frame import Frame
from stream.media.codecs import Encoding
from stream.media.marking import Marker
from stream.media.source import Source, open_source
from tests.stream.clips import make
from tests.stream.parts import joined as recordings
from tests.stream.parts import part
from tools.daemon.process.join import container_of, join
from tools.daemon.process.segments import OPEN, Segment, Segments, finished

FAST = Encoding("libx264", preset="ultrafast", threads=1)


@contextmanager
def cutting(
    folder: Path,
    clip: Path,
    length: float,
    start: Fraction = Fraction(0),
    end: Fraction | None = None,
    encoding: Encoding = FAST,
    marker: Marker | None = None,
) -> Iterator[tuple[Segments, Iterator[Frame]]]:
    """The pieces of a clip, and its frames from `start`."""
    folder.mkdir(exist_ok=True)
    with open_source(str(clip), start=start, end=end, threads=1) as source:
        made = Segments(folder, source, encoding, marker, lambda _: None, Fraction(length))
        yield made, source.frames()


def cut(folder: Path, clip: Path, length: float, stop: int | None = None, **more: Any) -> list[Segment]:
    """Works through a clip; breaks off, as a crash does, after so many frames."""
    with cutting(folder, clip, length, **more) as (made, frames):
        for count, frame in enumerate(frames):
            if count == stop:
                return made.done
            made.write(frame, frame.picture)
        made.close()
        return made.done


def joined(folder: Path, clip: Path, output: Path, **span: Any) -> Path:
    with open_source(str(clip), threads=1, **span) as source:
        join(finished(folder), source, str(output), lambda _: None)
    return output


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as clip:
        return [f.pts * f.time_base for f in clip.decode(video=0) if f.pts is not None and f.time_base is not None]


def sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as clip:
        return [bytes(p) for p in clip.demux(audio=0) if p.size]


def rising(path: Path) -> bool:
    """Decoding times rise and no picture is shown before it is decoded."""
    with av.open(str(path)) as clip:
        packets = [(p.dts, p.pts) for p in clip.demux(video=0) if p.dts is not None and p.pts is not None]
    return all(a[0] < b[0] for a, b in pairwise(packets)) and all(d <= p for d, p in packets)


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".ts"])
def test_cut_and_joined_every_frame_is_there_once_at_its_time(tmp_path: Path, ending: str) -> None:
    clip = make(tmp_path / f"in{ending}", frames=60, audio="aac", options={"bf": "2"})
    done = cut(tmp_path / "work", clip, 0.5, encoding=Encoding("libx264", preset="veryfast", threads=1))
    assert len(done) == 5 and sum(s.frames for s in done) == 60
    out = joined(tmp_path / "work", clip, tmp_path / f"out{ending}")
    assert times(out) == times(clip) and len(times(out)) == 60
    assert sound(out) == sound(clip) and rising(out)


@pytest.mark.parametrize("second", [0, 10, 1810])
def test_a_joined_recording_is_cut_and_joined_on_one_clock(tmp_path: Path, second: int) -> None:
    pieces = [part(tmp_path / f"{i}.ts", at, first=25 * i) for i, at in enumerate((10, second))]
    clip = recordings(tmp_path / "in.ts", *pieces)
    cut(tmp_path / "work", clip, 0.5)
    out = joined(tmp_path / "work", clip, tmp_path / "out.mp4")
    assert {b - a for a, b in pairwise(times(out))} == {Fraction(1, 25)} and len(times(out)) == 50
    assert len(sound(out)) == sum(len(sound(p)) for p in pieces) and rising(out)


def test_broken_off_and_gone_on_no_frame_is_lost_and_none_is_there_twice(tmp_path: Path) -> None:
    clip, work = make(tmp_path / "in.mp4", frames=60, audio="aac"), tmp_path / "work"
    first = cut(work, clip, 0.5, stop=31)
    assert [s.frames for s in first] == [13, 13] and len(list(work.glob("open.*.part.mp4"))) == 1
    before = {s.path.name: s.path.stat().st_mtime_ns for s in first}
    start = (first[-1].last * Fraction(1, 12800)) - Fraction(1, 2)
    second = cut(work, clip, 0.5, stop=40, start=start)  # what was finished is seen again, and not written
    assert len(second) == 4
    cut(work, clip, 0.5, start=Fraction(0))
    assert sorted(p.suffix for p in work.iterdir()) == [".mp4"] * 5 and not list(work.glob("*.part.*"))
    assert {n: (work / n).stat().st_mtime_ns for n in before} == before, "what was finished was left alone"
    out = joined(work, clip, tmp_path / "out.mp4")
    assert times(out) == times(clip) and sound(out) == sound(clip) and rising(out)


def test_frames_that_come_when_they_like_keep_their_times(tmp_path: Path) -> None:
    odd = [0, 40, 90, 100, 260, 300, 301, 500, 990, 1000, 1700, 1710, 1720, 2500]
    clip = make(tmp_path / "in.mp4", frames=len(odd), times=odd, time_base=Fraction(1, 1000), options={"bf": "2"})
    cut(tmp_path / "work", clip, 0.4, encoding=Encoding("libx264", preset="veryfast", threads=1))
    out = joined(tmp_path / "work", clip, tmp_path / "out.mp4")
    assert times(out) == times(clip) == [Fraction(t, 1000) for t in odd] and rising(out)


def test_a_clock_of_thousand_and_ones(tmp_path: Path) -> None:
    clip = make(tmp_path / "in.mp4", frames=50, rate=Fraction(30000, 1001))
    cut(tmp_path / "work", clip, 0.3)
    assert times(joined(tmp_path / "work", clip, tmp_path / "out.mp4")) == times(clip)


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


def test_an_early_end_lands_what_there_is(tmp_path: Path) -> None:
    clip = make(tmp_path / "in.mp4", frames=30)
    with cutting(tmp_path / "work", clip, 9) as (made, frames):
        for _ in range(7):
            frame = next(frames)
            made.write(frame, frame.picture)
        made.finish_early()
    assert [s.frames for s in finished(tmp_path / "work")] == [7]
    with cutting(tmp_path / "work", clip, 9) as (made, frames):
        frame = next(frames)
        made.write(frame, frame.picture)  # is there already
        made.finish_early()
        made.abandon()
    assert [s.frames for s in finished(tmp_path / "work")] == [7]


def test_half_a_piece_is_no_piece(tmp_path: Path) -> None:
    for name in (OPEN, "open.part.mp4", "000000_0_9_10.mp4", "request.json", "000001_10_x.mp4"):
        (tmp_path / name).touch()
    assert [s.number for s in finished(tmp_path)] == [0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000_0_9_10.mp4", "000001_10_x.mp4", "request.json"]
    (tmp_path / "000001_-5_-1_2.mp4").touch()
    assert finished(tmp_path)[1] == Segment(tmp_path / "000001_-5_-1_2.mp4", 1, -5, -1, 2)


def test_the_mark_is_one_and_counts_on_over_pieces(tmp_path: Path) -> None:
    """The same frames marked in one go, and with a break, are the same."""
    clip = make(tmp_path / "in.mp4", frames=24, size=(256, 192))
    lossless = Encoding("libx264", crf=0, preset="ultrafast", threads=1)
    payload = Payload(1, 2)
    for name, stops in (("whole", [None]), ("broken", [15, None])):
        for stop in stops:
            cut(tmp_path / name, clip, 0.4, stop=stop, encoding=lossless, marker=Marker(payload))
    one, two = (joined(tmp_path / n, clip, tmp_path / f"{n}.mkv") for n in ("whole", "broken"))

    def pixels(path: Path) -> list[bytes]:
        with av.open(str(path)) as file:
            return [f.to_ndarray().tobytes() for f in file.decode(video=0)]

    assert pixels(one) == pixels(two) != pixels(clip)


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
