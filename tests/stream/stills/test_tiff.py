"""A profile that is laid behind a TIFF."""

import io
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from stream.stills.tiff import with_profile


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_it_is_there_and_the_samples_are_what_they_were(dtype: type) -> None:
    pixels: Any = (np.random.default_rng(1).random((9, 7, 3)) * 200).astype(dtype)
    data = cv2.imencode(".tif", pixels)[1].tobytes()
    whole = with_profile(with_profile(data, b"another"), b"a profile of odd length")
    read = cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_UNCHANGED)
    assert read is not None and np.array_equal(read, pixels)
    if dtype is np.uint8:
        assert Image.open(io.BytesIO(whole)).info["icc_profile"] == b"a profile of odd length"


def test_big_endian_files_too() -> None:
    out = io.BytesIO()
    Image.new("I;16B", (4, 4), 9).save(out, "TIFF")
    assert out.getvalue()[:2] == b"MM"
    whole = with_profile(out.getvalue(), b"profile.")
    assert Image.open(io.BytesIO(whole)).info["icc_profile"] == b"profile."


@pytest.mark.parametrize("data", [b"", b"II", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II+\0\x08\0\0\0", b"\x89PNG"])
def test_what_is_no_tiff_comes_back(data: bytes) -> None:
    assert with_profile(data, b"profile") == data
