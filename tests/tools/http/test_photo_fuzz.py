"""Damaged pictures and videos as uploads: refused in a sentence or decoded, within the limits; no crash, no growth.

The decoders run in a child as they do in a server. That child is warm here only in what it imports: each case starts
a fresh one, so that a crash, a hang or a leak of one case is that case's.
"""

import time

import cv2
import numpy as np
import pytest
from hypothesis import strategies as st

from engines.errors import UnderstudyError
from stream.untrusted.sniff import HEAD, sniff
from stream.untrusted.worker import Bounds, UploadError, decode_image
from tests.stream.marks.clips import clip, pictures
from tests.tools.http.fuzzing import damaged, fuzz, resident
from tools.http import photo

BOUNDS = Bounds(memory=512 << 20, seconds=5, pixels=4_000_000)
PICTURES = [
    cv2.imencode(ending, np.random.default_rng(1).integers(0, 256, (48, 64, 3)).astype(np.uint8))[1].tobytes()
    for ending in (".jpg", ".png", ".webp")
]


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("videos")
    kinds = ("mp4", "mkv", "webm", "avi", "ts")
    return [clip(folder / f"o.{kind}", pictures(mark=False, count=3)).read_bytes() for kind in kinds]


def test_pictures_in_the_decoding_process() -> None:
    def check(data: bytes) -> None:
        began = time.monotonic()
        try:
            shown = decode_image(data, BOUNDS)
        except UploadError as error:
            assert "send" in str(error) or "decoded within the limits" in str(error) or "pixels" in str(error)
        else:
            assert shown.dtype == np.uint8 and shown.shape[2] == 3 and max(shown.shape) <= BOUNDS.side
        assert time.monotonic() - began < BOUNDS.seconds + 10, "it has to end"

    before = resident()
    assert fuzz(check, damaged(PICTURES) | st.binary(max_size=300), 12) >= 12
    assert resident() - before < 64


def test_photos_of_the_live_server() -> None:
    def check(data: bytes) -> None:
        try:
            shown = photo.decode(data)
        except UnderstudyError as error:
            assert any(word in str(error) for word in ("send", "megapixels", "limits"))
        else:
            assert shown.dtype == np.uint8 and shown.shape[2] == 3 and max(shown.shape) <= photo.SIDE

    before = resident()
    assert fuzz(check, damaged(PICTURES) | st.binary(max_size=300), 12) >= 12
    assert resident() - before < 64


def test_sniffing_never_fails(videos: list[bytes]) -> None:
    def check(data: bytes) -> None:
        kind = sniff(data[:HEAD])
        assert kind is None or (kind.media == "video") == bool(kind.demuxer)

    assert fuzz(check, damaged(PICTURES + videos) | st.binary(max_size=HEAD), 200) >= 200
