"""A clip of another size, made from a given one: what the benchmark runs on."""

from fractions import Fraction
from pathlib import Path

import av

from engines.errors import InputError


def rescale(clip: Path, output: Path, height: int, frames: int) -> int:
    """Writes `frames` frames of the clip with its shorter side `height` pixels long, as H.264 4:2:0 at its own rate,
    from its beginning over again where it is too short. Returns the frames written. Raises InputError."""
    written = 0
    with av.open(str(output), "w") as sink:
        stream = None
        while written < frames:
            before = written
            with av.open(str(clip)) as container:
                video = container.streams.video[0]
                rate = Fraction(video.average_rate or 25).limit_denominator(1001)
                for frame in container.decode(video):
                    if written == frames:
                        break
                    width, tall = fitted(frame.width, frame.height, height)
                    if stream is None:
                        stream = sink.add_stream("libx264", rate=rate)
                        stream.width, stream.height, stream.pix_fmt = width, tall, "yuv420p"
                        stream.options = {"crf": "20", "preset": "veryfast"}
                        stream.time_base = 1 / rate
                    scaled = frame.reformat(stream.width, stream.height, "yuv420p")
                    scaled.pts, scaled.time_base, scaled.pict_type = written, 1 / rate, 0
                    sink.mux(stream.encode(scaled))
                    written += 1
            if written == before:
                raise InputError(f"{clip} has no frames to make a clip from; give another --target")
        if stream is not None:
            sink.mux(stream.encode(None))
    return written


def fitted(width: int, height: int, shorter: int) -> tuple[int, int]:
    """Width and height with the same proportions, both even, the shorter side `shorter`."""
    scale = shorter / min(width, height)
    return (2 * round(width * scale / 2), shorter) if width >= height else (shorter, 2 * round(height * scale / 2))
