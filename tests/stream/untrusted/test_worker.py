"""Uploads decoded in a process of their own: good ones, damaged ones, bombs, and files that name other files."""

import io
import random
import sys
from itertools import repeat

import cv2
import numpy as np
import pytest
from PIL import Image

from engines.values import U8
from stream.untrusted.worker import Bounds, UploadError, decode_image
from tests.stream.stills.profiles import display_p3
from tests.stream.untrusted.png import zeros

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's limits")


def picture(width: int = 64, height: int = 48) -> U8:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3)).astype(np.uint8)


def encoded(ending: str, pixels: U8) -> bytes:
    return cv2.imencode(ending, pixels)[1].tobytes()


def png_bomb(width: int, height: int) -> bytes:
    """A valid picture of zeros: a thousandth of its size."""
    return zeros(width, height, 8, 2, 1, repeat(bytes(1 + width * 3), height))


def test_a_picture_comes_through() -> None:
    pixels = picture()
    assert np.array_equal(decode_image(encoded(".png", pixels)), pixels[..., ::-1])


def test_a_large_picture_is_brought_down() -> None:
    shown = decode_image(encoded(".jpg", np.full((300, 600, 3), 90, np.uint8)), Bounds(side=200))
    assert shown.shape == (100, 200, 3) and abs(int(shown.mean()) - 90) <= 1


def test_a_declared_giant_is_refused_unopened() -> None:
    with pytest.raises(UploadError, match="declares 9000x5000 pixels; at most 40 megapixels"):
        decode_image(png_bomb(9000, 5000))


def test_a_bomb_within_the_pixels_is_only_a_picture() -> None:
    assert decode_image(png_bomb(3000, 2000), Bounds(side=64)).max() == 0


@linux
def test_memory_has_an_end() -> None:
    with pytest.raises(UploadError):
        decode_image(png_bomb(6000, 6000), Bounds(memory=40 << 20))


@pytest.mark.parametrize("cut", [3, 20, 100, 0.5])
def test_damaged_pictures(cut: float) -> None:
    for ending in (".jpg", ".png", ".webp"):
        data = encoded(ending, picture())
        data = data[: int(len(data) * cut) if cut < 1 else int(cut)]
        try:
            assert decode_image(data).shape == (48, 64, 3)  # half a JPEG is still a picture
        except UploadError as error:
            assert "send" in str(error)


def test_random_damage_never_reaches_the_caller() -> None:
    rng = random.Random(7)
    whole = encoded(".jpg", picture())
    for _ in range(8):
        data = bytearray(whole)
        for _ in range(20):
            data[rng.randrange(20, len(data))] = rng.randrange(256)
        try:
            assert decode_image(bytes(data)).ndim == 3
        except UploadError as error:
            assert "send" in str(error)


def test_what_is_no_picture() -> None:
    for data in (b"", b"hello", b"#EXTM3U\n", b"<svg/>"):
        with pytest.raises(UploadError, match="no JPEG, PNG or WebP"):
            decode_image(data)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_a_phone_comes_through_in_srgb(form: str) -> None:
    p3 = np.full((16, 16, 3), (234, 51, 35), np.uint8)
    file = io.BytesIO()
    Image.fromarray(p3).save(file, form, icc_profile=display_p3(), quality=98)
    assert np.abs(decode_image(file.getvalue()).astype(int) - (255, 0, 0)).max() <= 8
