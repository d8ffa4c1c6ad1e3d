"""Uploads are looked at before they are decoded."""

import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import SourceError
from engines.values import U8
from tools.http.photo import PIXELS, SIDE, decode, size_of

IMAGE: U8 = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)


def encoded(ending: str, image: U8 = IMAGE) -> bytes:
    return bytes(cv2.imencode(ending, image)[1].tobytes())


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp"])
def test_a_picture_tells_its_size_and_is_read(ending: str) -> None:
    data = encoded(ending)
    assert size_of(data) == (64, 48)
    assert decode(data).shape == (48, 64, 3)


def test_colours_are_rgb() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 2] = 255  # BGR
    assert decode(encoded(".png", red))[0, 0].tolist() == [255, 0, 0]


def test_a_bomb_is_refused_unopened() -> None:
    data = bytearray(encoded(".png"))
    data[16:24] = (30_000).to_bytes(4) + (30_000).to_bytes(4)
    with pytest.raises(SourceError, match="30000x30000"):
        decode(bytes(data))
    wide = bytearray(encoded(".png"))
    wide[16:24] = (10_000).to_bytes(4) + (PIXELS // 10_000 + 1).to_bytes(4)
    with pytest.raises(SourceError, match="megapixels"):
        decode(bytes(wide))


def test_a_few_bytes_that_ask_for_gigabytes_get_nothing() -> None:
    """A chunk of two gigabytes by its own word, in a picture of 44 bytes."""
    data = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000020000000200802000000fc18ed7fffffff59494441")
    began = time.monotonic()
    with pytest.raises(SourceError, match="send another"):
        decode(data + bytes(4))
    assert time.monotonic() - began < 20


def test_a_large_picture_is_made_smaller() -> None:
    assert max(decode(encoded(".jpg", np.zeros((100, 3000, 3), np.uint8))).shape) == SIDE


@pytest.mark.parametrize("data", [b"", b"GIF89a" + b"\0" * 50, b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8X"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError):
        decode(data)


def test_a_damaged_picture_is_refused() -> None:
    with pytest.raises(SourceError):
        decode(encoded(".png")[:60])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBP"]))
def test_no_bytes_break_it(tail: bytes, head: bytes) -> None:
    try:
        decode(head + tail)
    except SourceError:
        return
