"""Uploads made to be too much: pictures that unpack to far more than they weigh, and a picture of a thousand faces."""

import json
import time
import zlib
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import SourceError
from engines.values import U8
from stream.untrusted.worker import UploadError, decode_image
from tests.stream.untrusted.png import chunk, zeros
from tests.tools.commands import AGREED, needs_models, portrait, understudy
from tools.http import photo


def bomb(width: int, height: int) -> bytes:
    """A valid PNG of zeros, a bit a pixel: a ten-thousandth of what it unpacks to."""
    row = bytes(1 + -(-width // 8))
    return zeros(width, height, 1, 0, 9, repeat(row * 100, height // 100))


@pytest.mark.parametrize("side", [10_000, 40_000])
def test_a_decompression_bomb_is_refused_unopened(side: int) -> None:
    data = bomb(side, side)
    assert len(data) * 1000 < side * side * 3
    began = time.monotonic()
    with pytest.raises(UploadError, match=f"declares {side}x{side} pixels|damaged"):
        decode_image(data)
    with pytest.raises(SourceError, match=f"declares {side}x{side} pixels"):
        photo.decode(data)
    assert time.monotonic() - began < 20


def test_packed_text_is_unpacked_by_nobody() -> None:
    """A gigabyte of comment, packed to a megabyte, in a picture of one pixel."""
    text = zlib.compressobj(9)
    packed = b"".join(text.compress(bytes(1 << 20)) for _ in range(1024)) + text.flush()
    pixel = cv2.imencode(".png", np.full((1, 1, 3), 9, np.uint8))[1].tobytes()
    data = pixel[:33] + chunk(b"zTXt", b"Comment\0\0" + packed) + pixel[33:]
    try:
        assert decode_image(data).shape == (1, 1, 3)
    except UploadError as error:
        assert "send" in str(error) or "limits" in str(error)


def crowd(columns: int, rows: int, side: int) -> U8:
    """The same portrait again and again."""
    face = cv2.resize(portrait()[0:256, 90:346], (side, side), interpolation=cv2.INTER_AREA)
    return np.tile(np.asarray(face, np.uint8), (rows, columns, 1))


class TestWithNetworks:
    pytestmark = needs_models

    @pytest.mark.parametrize(("columns", "rows", "side", "least"), [(40, 25, 64, 0), (6, 5, 200, 30)])
    def test_a_crowd_as_the_target_costs_no_more_than_its_bound(
        self, tmp_path: Path, columns: int, rows: int, side: int, least: int
    ) -> None:
        """1,000 faces of 64 pixels, and 30 that are large enough to be seen: 64 are painted at most."""
        cv2.imwrite(str(tmp_path / "face.png"), portrait()[..., ::-1])
        cv2.imwrite(str(tmp_path / "crowd.png"), crowd(columns, rows, side)[..., ::-1])
        words = ["-s", tmp_path / "face.png", "--who", "all", tmp_path / "crowd.png", tmp_path / "out.png"]
        began = time.monotonic()
        result = understudy("swap", AGREED, "-q", *words, "--report", tmp_path / "run.json")
        assert result.returncode == 0, result.stderr
        assert time.monotonic() - began < 60
        (frame,) = json.loads((tmp_path / "run.json").read_text())["frames"]
        assert least <= len(frame["tracks"]) <= 64

    def test_a_crowd_as_the_source_is_refused_or_one_face(self, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "crowd.png"), crowd(40, 25, 64)[..., ::-1])
        cv2.imwrite(str(tmp_path / "target.png"), portrait()[..., ::-1])
        began = time.monotonic()
        result = understudy("swap", AGREED, "-s", tmp_path / "crowd.png", tmp_path / "target.png", tmp_path / "out.png")
        assert time.monotonic() - began < 60
        assert result.returncode == 0 or "face" in result.stderr
