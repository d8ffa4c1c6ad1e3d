"""The decoding process as who started it hears it: one line of JSON, then pixels; refusals are a line, too."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from stream.untrusted.worker import Bounds
from tests.stream import clips

ROOT = Path(__file__).resolve().parents[3]
BOOT = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from stream.untrusted.worker_child import main; main()"
PIXELS = np.random.default_rng(4).integers(0, 256, (6, 8, 3), np.uint8)


def decoded(what: str, kind: str, data: bytes, bounds: Bounds = Bounds()) -> tuple[dict[str, Any], bytes]:  # noqa: B008
    command = [sys.executable, "-I", "-c", BOOT, what, kind, json.dumps(asdict(bounds))]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=True)
    line, _, rest = done.stdout.partition(b"\n")
    return json.loads(line), rest


def test_a_picture_is_its_size_and_then_its_pixels() -> None:
    told, pixels = decoded("image", "png", cv2.imencode(".png", PIXELS[..., ::-1])[1].tobytes())
    assert told == {"height": 6, "width": 8}
    assert np.array_equal(np.frombuffer(pixels, np.uint8).reshape(PIXELS.shape), PIXELS)


def test_a_video_is_told_without_pixels(tmp_path: Path) -> None:
    data = clips.make(tmp_path / "a.mkv", frames=5, size=(96, 64)).read_bytes()
    told, pixels = decoded("video", "matroska", data)
    assert (told["codec"], told["width"], told["height"], pixels) == ("h264", 96, 64, b"")
    assert told["seconds"] == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(
    ("what", "bounds", "says"),
    [
        ("image", Bounds(pixels=40), "declares 8x6 pixels"),
        ("video", Bounds(), "the video is damaged"),
    ],
)
def test_a_refusal_is_one_line_and_an_orderly_end(what: str, bounds: Bounds, says: str) -> None:
    told, pixels = decoded(what, "matroska", cv2.imencode(".png", PIXELS)[1].tobytes(), bounds)
    assert says in told["error"] and list(told) == ["error"] and pixels == b""
