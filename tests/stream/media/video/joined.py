"""Clips whose picture changes in mid-stream, and pictures with a known thing in a known place."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from engines.values import U8

STEP = 3600  # ticks of 90 kHz between frames


def disc(width: int, height: int, aspect: float = 1.0, colour: tuple[int, int, int] = (220, 60, 40)) -> U8:
    """A grey picture with a disc in its middle that is round where its pixels have this shape; a dark bar along the
    top tells which way is up, and a light one along the left which side is left."""
    out = np.full((height, width, 3), 128, np.uint8)
    out[: max(2, height // 16)] = 30
    out[:, : max(2, width // 16)] = 230
    radius = 0.3 * min(width * aspect, height)
    centre, axes = ((width - 1) / 2, (height - 1) / 2), (2 * radius / aspect, 2 * radius)
    cv2.ellipse(out, (centre, axes, 0.0), colour, -1)
    return out


def segment(
    path: Path,
    pictures: Sequence[U8],
    start: int = 0,
    aspect: Fraction | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    tags: tuple[int, int, int, int] | None = None,
) -> bytes:
    """The pictures as a transport stream from frame `start` on."""
    with av.open(str(path), "w", format="mpegts") as out:
        options = {"preset": "ultrafast", "crf": "8"} | ({"x265-params": "log-level=error"} if "265" in codec else {})
        stream: Any = out.add_stream(codec, 25, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pix_fmt
        context = stream.codec_context
        context.time_base = Fraction(1, 90_000)
        if aspect is not None:
            context.sample_aspect_ratio = aspect
        if tags is not None:
            context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags
        for i, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
                format=pix_fmt, dst_colorspace=tags[2] if tags else None, dst_color_range=1
            )
            frame.pts, frame.time_base, frame.pict_type = (start + i) * STEP, Fraction(1, 90_000), 0
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = path.read_bytes()
    path.unlink()
    return data


def extent(rgb: U8, like: tuple[int, int, int] = (220, 60, 40)) -> tuple[int, int]:
    """Width and height in pixels of what has the disc's colour."""
    near = np.abs(rgb.astype(int) - like).max(2) < 60
    return int(near.any(0).sum()), int(near.any(1).sum())
