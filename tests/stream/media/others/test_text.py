"""Subtitles from one text format to another: words, times and languages stay."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from stream.media.others.containers import Container
from stream.media.others.text import keeps_all, text_for
from stream.media.sink import open_sink
from stream.media.source import open_source
from tests.stream.bundles import bundle, said


def through(path: Path, out: Path) -> Path:
    with open_source(str(path)) as source, open_sink(str(out), source) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
    return out


def plain(path: Path) -> list[tuple[Fraction, Fraction, str]]:
    """As `said`, without the marks of italics, whose end some formats leave to the end of the line."""
    return [(a, n, text.replace("{\\i1}", "").replace("{\\i0}", "")) for a, n, text in said(path)]


WORDS = [
    (Fraction(0), Fraction(2, 5), "first line"),
    (Fraction(1, 2), Fraction(3, 10), "two\nlines & slanted"),
]


@pytest.mark.parametrize(
    ("first", "codec", "second"),
    [
        ("mp4", "mov_text", "mkv"),
        ("mov", "mov_text", "mkv"),
        ("mkv", "subrip", "mp4"),
        ("mkv", "subrip", "mov"),
        ("mkv", "ass", "mp4"),
        ("mkv", "webvtt", "mp4"),
        ("mp4", "mov_text", "webm"),
    ],
)
def test_words_and_times_stay(tmp_path: Path, first: str, codec: str, second: str) -> None:
    path = bundle(tmp_path / f"a.{first}", words=[codec])
    out = through(path, tmp_path / f"b.{second}")
    assert plain(path) == plain(out) == WORDS
    with av.open(str(out)) as clip:
        assert clip.streams.subtitles[0].language == "fra"


@pytest.mark.parametrize(("first", "codec", "second"), [("mp4", "mov_text", "mkv"), ("mkv", "subrip", "mp4")])
def test_there_and_back_again_is_the_same(tmp_path: Path, first: str, codec: str, second: str) -> None:
    path = bundle(tmp_path / f"a.{first}", words=[codec])
    back = through(through(path, tmp_path / f"b.{second}"), tmp_path / f"c.{first}")

    def packets(clip: Path) -> list[bytes]:
        with av.open(str(clip)) as opened:
            return [bytes(p) for p in opened.demux(opened.streams.subtitles[0]) if p.size > 2]

    assert said(path) == said(back)
    assert [p.rstrip() for p in packets(path)] == [p.rstrip() for p in packets(back)]


def test_which_format_a_container_holds_and_what_it_keeps(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mkv", sounds=["aac"], words=["subrip", "ass", "webvtt"], frames=3)
    with av.open(str(path)) as clip:
        subrip, ass, webvtt = clip.streams.subtitles
        assert [text_for(Container(n), subrip) for n in ("mp4", "mov", "webm", "matroska", "mpegts", "avi")] == [
            *["mov_text"] * 2,
            "webvtt",
            "subrip",
            None,
            None,
        ]
        assert text_for(Container("mp4"), clip.streams.audio[0]) is None
        assert [keeps_all(s, "mov_text") for s in (subrip, ass, webvtt)] == [True, False, False]
        assert keeps_all(webvtt, "webvtt")
