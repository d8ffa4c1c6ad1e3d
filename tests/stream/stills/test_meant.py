"""What a file says of its colours, by format."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stream.stills.meant import meant
from tests.stream.stills.profiles import display_p3, inks


def file_of(image: Image.Image, form: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "AVIF", "PNG", "WEBP"])
def test_its_profile(form: str) -> None:
    image = Image.new("RGB", (16, 16), (10, 20, 30))
    assert meant(file_of(image, form, icc_profile=display_p3())).profile == display_p3()
    assert meant(file_of(image, form)).inks is None


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_inks_as_they_are_stored(form: str) -> None:
    told = meant(file_of(Image.new("CMYK", (16, 8), (200, 20, 60, 10)), form, icc_profile=inks()))
    assert told.profile == inks() and told.inks is not None and told.inks.shape == (8, 16, 4)
    assert np.abs(told.inks.astype(int) - (200, 20, 60, 10)).max() <= 3


def test_another_format_and_a_damaged_file_tell_nothing() -> None:
    image = Image.new("RGB", (16, 16))
    for data in (file_of(image, "BMP"), b"", b"\xff\xd8", b"II*\0\x08\0\0\0\xff\xff", file_of(image, "JPEG")[:40]):
        assert meant(data).profile == b"" and meant(data).inks is None
