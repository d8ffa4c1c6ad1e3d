"""Marked and unmarked clips for the trust tests, a second and a half long."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from engines.values import U8
from tests.engines.watermark.scenes import PAYLOAD, marked, scene

__all__ = ["PAYLOAD", "clip", "pictures", "remuxed"]


def pictures(mark: bool = True, count: int = 40) -> list[U8]:
    plain = scene(count)
    return marked(plain) if mark else plain


def clip(path: Path, lumas: list[U8], crf: int = 18, movflags: str = "") -> Path:
    """Grey pictures as H.264 (VP9 in webm), 25 a second. movflags: of FFmpeg's MP4 muxer."""
    height, width = lumas[0].shape
    with av.open(str(path), "w", container_options={"movflags": movflags} if movflags else {}) as container:
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


def remuxed(source: Path, target: Path) -> Path:
    """The pictures' packets in another file: what an upload keeps of it."""
    with av.open(str(source)) as inside, av.open(str(target), "w") as outside:
        stream = outside.add_stream_from_template(inside.streams.video[0])
        for packet in inside.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                outside.mux(packet)
    return target
