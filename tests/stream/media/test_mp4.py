"""MP4's boxes: what is cut short is told from what has something behind its end."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import InputError
from stream.media.mp4 import Boxes, all_there, read_boxes
from stream.media.source import open_source
from tests.stream.clips import make, seconds

LAYOUTS = {
    "index last": {},
    "index first": {"movflags": "faststart"},
    "fragments": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
}
BEHIND = {
    "Samsung": b"SEFHj\0\0\0\1\0\0\0\0\0\x30\x0a" + b"SlowMotion_Data\0" * 4 + b"SEFT",
    "zeros": bytes(4096),
    "ones": b"\xff" * 64,
    "noise": np.random.default_rng(5).bytes(3000),
    "three bytes": b"end",
    "a box of a camera's own, whole": (20).to_bytes(4, "big") + b"cami" + bytes(12),
    "a box of a camera's own, cut": (9000).to_bytes(4, "big") + b"cami" + bytes(12),
    "metadata, cut": (9000).to_bytes(4, "big") + b"uuid" + bytes(500),
}


@pytest.fixture(params=LAYOUTS)
def clip(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    options = {"g": "10", "preset": "ultrafast"}
    return make(tmp_path / "a.mp4", frames=30, audio="aac", container=LAYOUTS[request.param], options=options)


@pytest.mark.parametrize("kind", BEHIND)
@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_bytes_behind_the_last_box_are_no_damage(clip: Path, kind: str, ending: str) -> None:
    path = clip.with_name(f"b.{ending}")
    path.write_bytes(clip.read_bytes() + BEHIND[kind])
    assert read_boxes(path).there == 1
    with open_source(str(path)) as source:
        assert [f.pts * f.time_base for f in source.frames()] == seconds(clip)
        assert source.info.notes == ()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_what_is_cut_short_is_told(clip: Path, share: float) -> None:
    whole = clip.read_bytes()
    clip.write_bytes(whole[: int(len(whole) * share)])
    assert read_boxes(clip).there < 1
    with pytest.raises(InputError, match=r"cut short"), open_source(str(clip)) as source:
        list(source.frames())


def test_a_quicktime_file_without_a_type_is_looked_at_too(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mov", frames=10)
    whole = path.read_bytes()
    bare = whole[int.from_bytes(whole[:4], "big") :]  # as old cameras write it: no `ftyp`
    path.write_bytes(bare)
    assert read_boxes(path) == Boxes()
    path.write_bytes(bare[: len(bare) // 2])
    assert read_boxes(path).there < 1


def test_room_that_was_reserved_and_not_filled_is_no_damage(tmp_path: Path) -> None:
    """Of a file with its index first, the box of samples is said to be longer than the file."""
    path = make(tmp_path / "a.mp4", frames=20, container=LAYOUTS["index first"])
    data = bytearray(path.read_bytes())
    at = data.rfind(b"mdat") - 4
    data[at : at + 4] = (int.from_bytes(data[at : at + 4], "big") + 100_000).to_bytes(4, "big")
    path.write_bytes(data)
    boxes = read_boxes(path)
    assert boxes.there < 1
    with av.open(str(path)) as container:
        assert all_there(container, boxes, path.stat().st_size)
        assert not all_there(container, boxes, path.stat().st_size - 1000)
    with open_source(str(path)) as source:
        assert len(list(source.frames())) == 20


def test_a_second_recording_behind_the_first_is_noted(tmp_path: Path) -> None:
    one = make(tmp_path / "a.mp4", frames=10, audio="aac")
    path = tmp_path / "both.mp4"
    path.write_bytes(one.read_bytes() * 2)
    with open_source(str(path)) as source:
        assert len(list(source.frames())) == 10
        (note,) = source.info.notes
    assert note.startswith(f"another recording begins at byte {one.stat().st_size} of {path}; it is not read")


def test_64_bit_sizes_and_boxes_to_the_end_of_the_file(tmp_path: Path) -> None:
    head = (16).to_bytes(4, "big") + b"ftypisom" + bytes(4)
    path = tmp_path / "a.mp4"
    path.write_bytes(head + (1).to_bytes(4, "big") + b"mdat" + (1000).to_bytes(8, "big") + bytes(400))
    assert read_boxes(path).there == pytest.approx(432 / 1016)
    path.write_bytes(head + bytes(4) + b"mdat" + bytes(400))
    assert read_boxes(path) == Boxes()


def test_the_share_is_less_than_all_where_a_byte_is_missing() -> None:
    assert [Boxes(there).share for there in (1.0, 0.9999, 0.5, 0.004)] == ["100 %", "99 %", "50 %", "0 %"]


def test_other_files_and_pipes_are_not_judged(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", frames=3)
    assert read_boxes(path) == read_boxes(tmp_path / "none") == Boxes()


@pytest.mark.parametrize(
    ("ending", "codec", "sound"),
    [
        ("mkv", "libx264", "aac"),
        ("webm", "libvpx-vp9", "libopus"),
        ("avi", "mpeg4", "mp2"),
        ("ts", "libx264", "aac"),
        ("flv", "libx264", "aac"),
        ("mpg", "mpeg2video", "mp2"),
    ],
)
@pytest.mark.parametrize("kind", ["Samsung", "zeros", "ones", "noise", "three bytes"])
def test_other_containers_end_where_they_end(tmp_path: Path, ending: str, codec: str, sound: str, kind: str) -> None:
    path = make(tmp_path / f"a.{ending}", frames=10, codec=codec, audio=sound, options={})
    times = seconds(path)
    path.write_bytes(path.read_bytes() + BEHIND[kind])
    with open_source(str(path)) as source:
        read = [f.pts * f.time_base for f in source.frames()]
    assert len(read) == len(times) and all(abs(a - b) <= Fraction(1, 25) for a, b in zip(read, times, strict=True))
