"""Small videos for the tests of identity sets, and observations that are made up for their frames."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from calib.identity.buckets import Signs
from calib.identity.gates import FaceMeasures
from engines.values import U8, Box, Rect
from stream.frame import Frame
from stream.identity.observing import Observation
from tests.calib.identity.candidates import CLEAR, look, who
from tests.stream.portraits import Placed, paint

SIDE = 16


def film(path: Path, pictures: Sequence[U8], rate: int = 5) -> Path:
    """A lossless video of the pictures, all of one size."""
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for i, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="bgr0")
            frame.pts, frame.time_base = i, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def grey(path: Path, frames: int, rate: int = 5) -> Path:
    """A video without anybody."""
    return film(path, [np.full((SIDE, SIDE, 3), 90, np.uint8)] * frames, rate)


def couple(path: Path, seconds: float = 3.0) -> Path:
    """Two people who sway beside one another, each at sizes and places of their own."""
    pictures = []
    for i in range(int(seconds * 5)):
        sway = 8 * np.sin(i)
        left = Placed("hopper", 170 + sway, 170, 120 + (i % 5) * 4, turn=2 * np.sin(i))
        pictures.append(paint([left, Placed("astronaut", 450 - sway, 180, 110, mirrored=i % 2 == 1)], (600, 340)))
    return film(path, pictures)


def observed(
    frame: Frame,
    track: int = 0,
    *,
    person: float = 0.0,
    seen: float = 0.0,
    yaw: float = 0.0,
    pitch: float = 0.0,
    signs: Signs = CLEAR,
    occlusion: float = 0.0,
    blur: float = 300.0,
    x: float = 0.0,
) -> Observation:
    """A face of a frame. person, seen: degrees of the vectors of identity and of looks. x: where its box begins."""
    return Observation(
        frame=frame.index,
        seconds=frame.seconds,
        track=track,
        measures=FaceMeasures(0.95, blur, 0.1, 120, occlusion, yaw, pitch),
        signs=signs,
        centre=0.8,
        face_box=Box(x, 0, x + 4, 4),
        crop_box=Rect(int(x), 0, 8, 8),
        id=who(person),
        face=look(seen),
        body=look(seen / 2),
        picture=np.full((8, 8, 3), int(40 + 50 * track + frame.index) % 256, np.uint8),
    )
