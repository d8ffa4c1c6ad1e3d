"""Covers: byte for byte, attachments in Matroska, covers in MP4, in spans too."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import pytest

from stream.media.others.covers import attaches, is_cover, stores
from stream.media.sink import open_sink
from stream.media.source import open_source
from tests.stream.bundles import bundle
from tests.stream.clips import picture, seconds

JPEG = cv2.imencode(".jpg", picture(0, 48, 32))[1].tobytes()


def through(path: Path, out: Path, **span: Any) -> Path:
    with open_source(str(path), **span) as source, open_sink(str(out), source) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
    return out


def cover(path: Path) -> tuple[bytes, dict[str, str]]:
    with av.open(str(path)) as clip:
        (stream,) = [s for s in clip.streams if is_cover(s)]
        told = {k.lower(): v for k, v in stream.metadata.items()}
        return next(bytes(p) for p in clip.demux(stream) if p.size), told


@pytest.mark.parametrize("span", [{}, {"start": Fraction(1, 2), "end": Fraction(1)}], ids=["whole", "span"])
@pytest.mark.parametrize("first", ["mp4", "mkv"])
@pytest.mark.parametrize("second", ["mp4", "mkv"])
def test_a_cover_stays_one(tmp_path: Path, first: str, second: str, span: dict[str, Fraction]) -> None:
    streams: dict[str, Any] = (
        {"covers": ["mjpeg"]} if first == "mp4" else {"files": [("cover.jpg", "image/jpeg", JPEG)]}
    )
    path = bundle(tmp_path / f"a.{first}", sounds=["aac"], **streams)
    out = through(path, tmp_path / f"b.{second}", **span)
    assert cover(out)[0] == cover(path)[0]
    if second == "mkv":
        assert cover(out)[1].items() >= {"filename": "cover.jpg", "mimetype": "image/jpeg"}.items()
    with av.open(str(out)) as clip:
        (video,) = [s for s in clip.streams.video if not is_cover(s)]
        assert len([p for p in clip.demux(video) if p.size]) == (12 if span else 25)


def test_a_cover_of_another_name_keeps_it(tmp_path: Path) -> None:
    blob = cv2.imencode(".png", picture(0, 48, 32))[1].tobytes()
    path = bundle(tmp_path / "a.mkv", files=[("cover_land.png", "image/png", blob)])
    told = cover(through(path, tmp_path / "b.mkv"))
    assert told[0] == blob
    assert told[1].items() >= {"filename": "cover_land.png", "mimetype": "image/png"}.items()


def test_other_videos_are_no_covers(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mp4", sounds=["aac"], covers=["png"])
    with av.open(str(path)) as clip:
        assert [is_cover(s) for s in clip.streams] == [False, False, True]
        assert [attaches(n, clip.streams[2]) for n in ("matroska", "webm", "mp4")] == [True, False, False]
        assert not attaches("matroska", clip.streams[1])
    assert [stores(n) for n in ("mp4", "mov", "matroska")] == [True, False, False]
    assert len(seconds(path)) == 25
