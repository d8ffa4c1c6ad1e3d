"""A clip of another size, made from a given one: what the benchmark runs on."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from stream.media.source import open_source


def rescale(clip: Path, output: Path, shorter: int, frames: int) -> int:
    """Writes `frames` frames of the clip, upright, its shorter side `shorter` pixels long, as H.264 4:2:0 at its own
    rate; a clip that is too short is repeated. Returns the frames written. Raises InputError."""
    written = 0
    with av.open(str(output), "w") as sink:
        stream = None
        while written < frames:
            with open_source(str(clip)) as source:
                info = source.info
                rate = (info.rate or Fraction(25)).limit_denominator(1001)
                width, height = fitted(info.width, info.height, shorter)
                if stream is None:
                    options = {"crf": "20", "preset": "veryfast"}
                    stream = sink.add_stream("libx264", rate=rate, options=options)
                    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                for frame in source.frames():
                    if written == frames:
                        break
                    small = np.ascontiguousarray(frame.picture.small(width, height))
                    image = av.VideoFrame.from_ndarray(small, format="rgb24")
                    image.pts, image.time_base = written, 1 / rate
                    sink.mux(stream.encode(image))
                    written += 1
        if stream is not None:
            sink.mux(stream.encode(None))
    return written


def fitted(width: int, height: int, shorter: int) -> tuple[int, int]:
    """Width and height with the same proportions, both even, the shorter side `shorter`."""
    scale = shorter / min(width, height)
    return (2 * round(width * scale / 2), shorter) if width >= height else (shorter, 2 * round(height * scale / 2))
