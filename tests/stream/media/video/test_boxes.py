"""Boxes added to a finished file: in their place, sizes right, and the file still plays."""

import struct
from pathlib import Path

import av
import pytest

from stream.media.video.boxes import add_boxes, children
from tests.stream.clips import images, make, packets

FREE = struct.pack(">I4s", 12, b"free") + b"\1\2\3\4"


def tree(path: Path) -> list[bytes]:
    return [kind for kind, _ in children(path.read_bytes(), 0, path.stat().st_size)]


@pytest.mark.parametrize("ending", ["mp4", "mov"])
@pytest.mark.parametrize("faststart", [False, True])
def test_a_file_with_more_boxes_plays_as_before(tmp_path: Path, ending: str, faststart: bool) -> None:
    options = {"movflags": "+faststart"} if faststart else None
    path = make(tmp_path / f"a.{ending}", audio="aac", container=options)
    before, sound, kinds = images(path), packets(path, "audio"), tree(path)
    size = path.stat().st_size
    assert add_boxes(path, FREE)
    assert path.stat().st_size == size + len(FREE)
    assert tree(path) == kinds
    assert (kinds.index(b"moov") < kinds.index(b"mdat")) is faststart
    assert (images(path) == before).all()
    assert packets(path, "audio") == sound
    data = path.read_bytes()
    assert data.count(FREE) == 1
    assert data.index(b"avcC") < data.index(FREE) < data.index(b"stts"), "at the end of the format"


def test_the_sound_may_come_first(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    first = make(tmp_path / "b.mp4", audio="aac")
    with av.open(str(first)) as given, av.open(str(path), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in (given.streams.audio[0], given.streams.video[0])}
        for packet in given.demux():
            if packet.size:
                packet.stream = streams[packet.stream_index]
                out.mux(packet)
    assert add_boxes(path, FREE)
    data = path.read_bytes()
    assert data.index(b"mp4a") < data.rindex(b"avc1") < data.index(FREE)
    assert len(images(path)) == 12


def test_nothing_is_done_to_what_is_no_mp4(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", frames=3)
    before = path.read_bytes()
    assert not add_boxes(path, FREE)
    assert path.read_bytes() == before


def test_nothing_is_done_where_there_is_nothing_to_add(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=3)
    before = path.read_bytes()
    assert not add_boxes(path, b"")
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", [b"trak", b"stsd", b"hdlr", b"moov"])
def test_a_broken_index_is_left_alone(tmp_path: Path, kind: bytes) -> None:
    path = make(tmp_path / "a.mp4", frames=3)
    broken = path.read_bytes().replace(kind, b"skip")
    path.write_bytes(broken)
    assert not add_boxes(path, FREE)
    assert path.read_bytes() == broken
