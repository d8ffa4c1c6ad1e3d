"""Decodes what strangers sent in a process of its own, held to so much memory, time and so many pixels.

A bug in a codec takes down the child and not the server, a bomb ends at the limit. The child learns the bytes alone:
no path, no environment, no network address. `_child` is what runs in it.

The limits of memory and processor time are the kernel's (Linux; macOS keeps the time only, Windows neither: there the
clock on the wall is all).
"""

import json
import logging
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from engines.errors import InputError
from engines.values import U8
from stream.untrusted.sniff import HEAD, sniff

log = logging.getLogger("understudy.uploads")

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Bounds:
    """memory: bytes of address space. seconds: of processor and of wall. pixels: of one picture. side: longer side that
    a picture is brought down to. duration: seconds of a video. streams: of a video."""

    memory: int = 2 << 30
    seconds: int = 10
    pixels: int = 40_000_000
    side: int = 2048
    duration: int = 3600
    streams: int = 16


class UploadError(InputError):
    """An upload that is not taken: too much, too slow, damaged, or none of the known formats."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What was seen of a video whose first pictures decode. seconds: None where the container does not tell."""

    kind: str
    codec: str
    width: int
    height: int
    seconds: float | None


def decode_image(data: bytes, bounds: Bounds | None = None) -> U8:
    """uint8 (h, w, 3) RGB, upright, of a JPEG, PNG or WebP. Raises UploadError."""
    bounds = bounds or Bounds()
    kind = sniff(data[:HEAD])
    if kind is None or kind.media != "image":
        raise UploadError("the upload is no JPEG, PNG or WebP picture; send one of these")
    head, pixels = _ask("image", kind.name, data, bounds)
    height, width = head["height"], head["width"]
    if len(pixels) != height * width * 3:
        raise UploadError("the picture is damaged and cannot be read; send another")
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def _ask(what: str, kind: str, data: bytes | BinaryIO, bounds: Bounds) -> tuple[dict[str, Any], bytes]:
    """Runs the child and reads its answer: one line of JSON, then bytes."""
    command = [sys.executable, "-I", "-c", _BOOT.format(root=str(_ROOT)), what, kind, json.dumps(asdict(bounds))]
    clean = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    clean |= {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    given: dict[str, Any] = {"input": data} if isinstance(data, bytes) else {"stdin": data}
    try:
        done: subprocess.CompletedProcess[bytes] = subprocess.run(
            command, env=clean, cwd=os.sep, capture_output=True, timeout=bounds.seconds + 5, check=False, **given
        )
    except subprocess.TimeoutExpired as error:
        raise UploadError(f"the upload took more than {bounds.seconds} s to decode; send a smaller one") from error
    line, _, rest = done.stdout.partition(b"\n")
    if done.returncode or not line:
        log.warning("a decoder ended with %d: %s", done.returncode, done.stderr[-500:].decode("utf-8", "replace"))
        raise UploadError("the upload could not be decoded within the limits; it is damaged or far too large")
    told = json.loads(line)
    if "error" in told:
        raise UploadError(str(told["error"]))
    return told, rest


_BOOT = "import sys; sys.path.insert(0, {root!r}); from stream.untrusted.worker_child import main; main()"
