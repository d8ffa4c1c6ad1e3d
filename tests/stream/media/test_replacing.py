"""Pictures of a finished clip replaced, all else passed on."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import OutputError
from engines.values import U8
from stream.media.replacing import PictureGroup, groups, replace_groups, touched
from stream.media.source import open_source
from stream.picture import Picture
from stream.pixels.planes import Planes

COUNT, GROUP = 30, 10


def clip(path: Path, codec: str = "libx264", offset: int = 0) -> Path:
    """Grey pictures, brighter with each, in groups of ten with B pictures, and a tone beside them."""
    with av.open(str(path), "w") as out:
        options = {"x264-params": f"keyint={GROUP}:scenecut=0:bframes=2", "crf": "12"} if codec == "libx264" else {}
        video = out.add_stream(codec, rate=25, options=options)
        assert isinstance(video, av.VideoStream)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream("aac", rate=8000)
        assert isinstance(sound, av.AudioStream)
        for i in range(COUNT):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 60 + 4 * i, np.uint8), "rgb24")
            frame.pts, frame.time_base = i + offset, Fraction(1, 25)
            out.mux(video.encode(frame))
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 320), np.float32), format="fltp", layout="mono")
            tone.sample_rate, tone.pts = 8000, 320 * i
            out.mux(sound.encode(tone))
        out.mux(video.encode(None))
        out.mux(sound.encode(None))
    return path


def packets(path: Path, kind: str) -> list[tuple[int | None, int | None, bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams.get(**{kind: 0})[0]
        return [(p.pts, p.dts, bytes(p)) for p in container.demux(stream) if p.size]


def pictures(path: Path) -> list[U8]:
    with open_source(str(path)) as source:
        return [frame.picture.small(64, 48) for frame in source.frames()]


def white_from(path: Path, first: int, last: int) -> object:
    def given(group: PictureGroup) -> Iterator[tuple[int, Picture]]:
        with open_source(str(path)) as source:
            for frame in source.frames():
                if first <= frame.index <= last:
                    yield frame.pts, Planes.of(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 255, np.uint8), "rgb24"))
                elif group.first <= frame.index <= group.last:
                    yield frame.pts, frame.picture

    return given


def replaced(path: Path, output: Path, first: int, last: int) -> Path:
    wanted = touched(groups(str(path)), range(first, last + 1))
    with open_source(str(path)) as source:
        replace_groups(source, str(output), wanted, white_from(path, first, last), lambda _: None)  # type: ignore[arg-type]
    return output


def test_groups_lie_between_key_pictures(tmp_path: Path) -> None:
    found = groups(str(clip(tmp_path / "a.mp4")))
    assert [(g.first, g.last) for g in found] == [(0, 9), (10, 19), (20, 29)]
    assert [len(g.dts) for g in found] == [10, 10, 10]
    assert [g.first for g in touched(found, [12, 13])] == [10]
    assert [g.first for g in touched(found, [9, 10])] == [0, 10] and touched(found, []) == []


@pytest.mark.parametrize("ending", [".mp4", ".mov"])
def test_packets_of_other_groups_and_of_sound_are_the_same_to_the_byte(tmp_path: Path, ending: str) -> None:
    before = clip(tmp_path / f"a{ending}")
    after = replaced(before, tmp_path / f"b{ending}", 13, 15)
    was, now = packets(before, "video"), packets(after, "video")
    assert len(was) == len(now) == COUNT
    assert was[:10] == now[:10] and was[20:] == now[20:]
    assert [dts for _, dts, _ in was] == [dts for _, dts, _ in now]
    assert sorted(pts or 0 for pts, _, _ in was) == sorted(pts or 0 for pts, _, _ in now)
    assert packets(before, "audio") == packets(after, "audio")


def test_the_pictures_are_the_new_ones_there_and_the_old_ones_elsewhere(tmp_path: Path) -> None:
    before = clip(tmp_path / "a.mp4")
    was, now = pictures(before), pictures(replaced(before, tmp_path / "b.mp4", 13, 15))
    assert len(now) == COUNT
    for i, (old, new) in enumerate(zip(was, now, strict=True)):
        if 13 <= i <= 15:
            assert new.min() > 250
        elif 10 <= i < 20:  # encoded a second time
            assert np.abs(old.astype(int) - new).max() <= 3
        else:
            assert np.array_equal(old, new)


def test_a_clip_is_repaired_twice(tmp_path: Path) -> None:
    before = clip(tmp_path / "a.mp4")
    once = replaced(before, tmp_path / "b.mp4", 13, 15)
    twice = pictures(replaced(once, tmp_path / "c.mp4", 22, 24))
    assert twice[14].min() > 250 and twice[23].min() > 250 and twice[5].max() < 100


def test_a_clip_that_begins_late_keeps_its_times(tmp_path: Path) -> None:
    before = clip(tmp_path / "a.mp4", offset=50)
    after = replaced(before, tmp_path / "b.mp4", 3, 4)
    assert [p[1] for p in packets(before, "video")] == [p[1] for p in packets(after, "video")]
    assert packets(before, "video")[10:] == packets(after, "video")[10:]


def test_what_cannot_be_replaced_in_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"only 8-bit H\.264"):
        groups(str(clip(tmp_path / "a.mp4", "mpeg4")))
    before = clip(tmp_path / "b.mp4")
    with pytest.raises(OutputError, match="each to its own kind"):
        replaced(before, tmp_path / "c.mkv", 3, 4)
    with pytest.raises(OutputError, match="overwrite the input"):
        replaced(before, before, 3, 4)


def test_nothing_is_left_where_it_fails(tmp_path: Path) -> None:
    before = clip(tmp_path / "a.mp4")

    def failing(_: PictureGroup) -> Iterator[tuple[int, Picture]]:
        raise OutputError("no picture")
        yield

    def short(_: PictureGroup) -> Iterator[tuple[int, Picture]]:
        yield 0, Planes.of(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24"))

    for given, told in ((failing, "no picture"), (short, "1 of 10 pictures")):
        with open_source(str(before)) as source, pytest.raises(OutputError, match=told):
            replace_groups(source, str(tmp_path / "b.mp4"), groups(str(before))[:1], given, lambda _: None)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
