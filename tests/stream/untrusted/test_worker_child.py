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

ROOT = Path(__file__).resolve().parents[3]
BOOT = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from stream.untrusted.worker_child import main; main()"
PIXELS = np.random.default_rng(4).integers(0, 256, (6, 8, 3), np.uint8)
PNG = cv2.imencode(".png", PIXELS[..., ::-1])[1].tobytes()


def decoded(data: bytes, bounds: Bounds = Bounds()) -> tuple[dict[str, Any], bytes]:  # noqa: B008
    command = [sys.executable, "-I", "-c", BOOT, "image", "png", json.dumps(asdict(bounds))]
    done = subprocess.run(command, input=data, capture_output=True, timeout=60, check=True)
    line, _, rest = done.stdout.partition(b"\n")
    return json.loads(line), rest


def test_a_picture_is_its_size_and_then_its_pixels() -> None:
    told, pixels = decoded(PNG)
    assert told == {"height": 6, "width": 8}
    assert np.array_equal(np.frombuffer(pixels, np.uint8).reshape(PIXELS.shape), PIXELS)


@pytest.mark.parametrize(
    ("data", "bounds", "says"),
    [(PNG, Bounds(pixels=40), "declares 8x6 pixels"), (PNG[:-30], Bounds(), "the picture is damaged")],
)
def test_a_refusal_is_one_line_and_an_orderly_end(data: bytes, bounds: Bounds, says: str) -> None:
    told, pixels = decoded(data, bounds)
    assert says in told["error"] and list(told) == ["error"] and pixels == b""


def test_a_large_picture_is_brought_down_before_it_is_passed_on() -> None:
    told, pixels = decoded(PNG, Bounds(side=4))
    assert told == {"height": 3, "width": 4} and len(pixels) == 3 * 4 * 3
