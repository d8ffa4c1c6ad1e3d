"""What an upload is, by its bytes; and what is not taken."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.untrusted.sniff import HEAD, sniff
from tests.stream.marks.clips import clip, pictures


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp"])
def test_pictures(ending: str) -> None:
    _, data = cv2.imencode(ending, np.zeros((16, 16, 3), np.uint8))
    kind = sniff(data.tobytes()[:HEAD])
    assert kind is not None and kind.media == "image"
    assert kind.name == {".jpg": "jpeg"}.get(ending, ending[1:])


@pytest.mark.parametrize(
    ("ending", "demuxer"),
    [("mp4", "mov"), ("mov", "mov"), ("mkv", "matroska"), ("webm", "matroska"), ("avi", "avi"), ("ts", "mpegts")],
)
def test_videos(tmp_path: Path, ending: str, demuxer: str) -> None:
    path = clip(tmp_path / f"o.{ending}", pictures(mark=False, count=2))
    kind = sniff(path.read_bytes()[:HEAD])
    assert kind is not None and (kind.media, kind.demuxer) == ("video", demuxer)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"<?xml version='1.0'?><MPD></MPD>",
        b"<svg xmlns='http://www.w3.org/2000/svg'></svg>",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7",
        b"PK\x03\x04" + bytes(100),
        b"\x80\x04\x95" + bytes(100),
        b"\x00\x00\x00\x18ftypheic" + bytes(100),
        b"RIFF\x00\x00\x00\x00WAVE" + bytes(100),
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        b"G" + bytes(1000),
    ],
)
def test_all_else_is_refused(data: bytes) -> None:
    assert sniff(data) is None


@given(st.binary(max_size=2000))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    kind = sniff(data)
    assert kind is None or kind.media in ("image", "video")
