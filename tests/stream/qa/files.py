"""Clips of pictures as files."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from engines.values import U8
from tests.stream.qa.talking import STEP


def written(path: Path, pictures: Sequence[U8], crf: int = 16) -> Path:
    """An mp4 of the frames at 25 a second."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=1000 // STEP, options={"crf": str(crf), "preset": "ultrafast"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(STEP, 1000)
        for i, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
            frame.pts, frame.time_base = i, Fraction(STEP, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
