"""Formats by their first bytes, whatever a file's name says."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from stream.untrusted.media_type import PLAIN, media_type, media_type_of
from tests.stream.marks.clips import clip, pictures


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mp4", "video/mp4"),
        ("a.mov", "video/quicktime"),
        ("a.m4v", "video/x-m4v"),
        ("a.avi", "video/avi"),
        ("a.mkv", PLAIN),
        ("a.webm", PLAIN),
        ("a.ts", PLAIN),
        ("a.jpg", "image/jpeg"),
        ("a.png", "image/png"),
        ("a.webp", "image/webp"),
        ("a.tiff", "image/tiff"),
        ("a.bmp", PLAIN),
    ],
)
def test_files_as_they_are_written(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / name
    if path.suffix in (".jpg", ".png", ".webp", ".tiff", ".bmp"):
        cv2.imwrite(str(path), np.full((16, 16, 3), 90, np.uint8))
    else:
        clip(path, pictures(count=2))
    assert media_type(path.rename(tmp_path / "x.dat")) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", PLAIN),
        (b"RIFF\0\0\0\0WAVE", "audio/wav"),
        (b"RIFF\0\0\0\0XXXX", PLAIN),
        (b"ID3\x04", "audio/mpeg"),
        (b"fLaC", "audio/flac"),
        (b"GIF89a", "image/gif"),
        (b"MM\x00*", "image/tiff"),
        (b"\0\0\0\x18ftypavif", "image/avif"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x18ftyp????", "video/mp4"),
        (b"\0\0\0\x18moovxxxx", "video/quicktime"),
        (b"plain text", PLAIN),
    ],
)
def test_heads(head: bytes, kind: str) -> None:
    assert media_type_of(head) == kind
