"""Pieces and their joining, with real files: whatever breaks off and goes on, each frame is there once, at its time."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from engines.watermark.payload import Payload
from stream.media.codecs import Encoding
from stream.media.marking import Marker
from tests.stream.clips import make
from tests.stream.clips import seconds as times
from tests.tools.daemon.process.pieces import cut, cutting, joined, rising, sound
from tools.daemon.process.segments import OPEN, Segment, finished


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".ts"])
def test_cut_and_joined_every_frame_is_there_once_at_its_time(tmp_path: Path, ending: str) -> None:
    clip = make(tmp_path / f"in{ending}", frames=60, audio="aac", options={"bf": "2"})
    done = cut(tmp_path / "work", clip, 0.5, encoding=Encoding("libx264", preset="veryfast", threads=1))
    assert len(done) == 5 and sum(s.frames for s in done) == 60
    out = joined(tmp_path / "work", clip, tmp_path / f"out{ending}")
    assert times(out) == times(clip) and len(times(out)) == 60
    assert sound(out) == sound(clip) and rising(out)


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
    rest = (f"{OPEN}.mp4", f"{OPEN}.mkv", "open.1f.part.mov", ".open.mkv.lock")
    for name in (*rest, "000000_0_9_10.mp4", "request.json", "000001_10_x.mp4"):
        (tmp_path / name).touch()
    assert [s.number for s in finished(tmp_path)] == [0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000_0_9_10.mp4", "000001_10_x.mp4", "request.json"]
    (tmp_path / "000001_-5_-1_2.mp4").touch()
    (tmp_path / "000002_0_4_2.mkv").touch()
    assert finished(tmp_path)[1:] == [
        Segment(tmp_path / "000001_-5_-1_2.mp4", 1, -5, -1, 2),
        Segment(tmp_path / "000002_0_4_2.mkv", 2, 0, 4, 2),
    ]


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
