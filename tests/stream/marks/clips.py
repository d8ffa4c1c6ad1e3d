"""Marked and unmarked clips for the trust tests, a second and a half long."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from engines.values import U8
from tests.engines.watermark.scenes import PAYLOAD, marked, scene

__all__ = ["PAYLOAD", "clip", "pictures"]


def pictures(mark: bool = True, count: int = 40) -> list[U8]:
    plain = scene(count)
    return marked(plain) if mark else plain


def clip(path: Path, lumas: list[U8], crf: int = 18) -> Path:
    """Grey pictures as H.264 (VP9 in webm), 25 a second."""
    height, width = lumas[0].shape
    with av.open(str(path), "w") as container:
        codec = "libvpx-vp9" if path.suffix == ".webm" else "libx264"
        speed = (
            {"deadline": "realtime", "cpu-used": "8", "b": "0"} if path.suffix == ".webm" else {"preset": "ultrafast"}
        )
        if path.suffix == ".avi":
            speed["bf"] = "0"
        stream = container.add_stream(codec, rate=Fraction(25), options={"crf": str(crf), **speed})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        grey = np.full((height // 2, width), 128, np.uint8)
        for luma in lumas:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.vstack([luma, grey]), format="yuv420p")))
        container.mux(stream.encode())
    return path
