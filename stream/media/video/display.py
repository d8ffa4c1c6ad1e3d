"""Display: how each decoded frame of a stream is meant to be seen. Knows display matrices and sample aspect ratios."""

import struct
from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import av
from av.sidedata.sidedata import SideData, Type

from stream.pixels.geometry import SQUARE, Geometry, orientation


def display_matrix(frame: av.VideoFrame) -> tuple[int, ...] | None:
    """The nine numbers of the frame's display matrix, None where it has none."""
    data = side_data(frame, Type.DISPLAYMATRIX)
    return None if data is None else struct.unpack("=9i", data[:36])


def side_data(frame: av.VideoFrame, kind: Type) -> bytes | None:
    """The frame's first piece of side data of a kind, None where it has none."""
    for data in cast(Iterable[object], frame.side_data):  # it yields the entries themselves, whatever its stub says
        if isinstance(data, SideData) and data.type == kind:
            return bytes(data)
    return None


class Display:
    """The geometry of one stream's frames. Ask with each frame as it is decoded, in order."""

    def __init__(self, stream: av.VideoStream) -> None:
        self._stream = stream
        self._container = stream.sample_aspect_ratio
        self._first = stream.codec_context.sample_aspect_ratio

    def __call__(self, frame: av.VideoFrame) -> Geometry:
        """A matrix that turns by anything but quarters is passed over."""
        matrix = display_matrix(frame)
        rotation, mirrored = (orientation(matrix) if matrix else None) or (0, False)
        return Geometry(frame.width, frame.height, rotation, mirrored, self._aspect() or SQUARE)

    def _aspect(self) -> Fraction | None:
        """The container's, until the stream itself changes its own."""
        now = self._stream.codec_context.sample_aspect_ratio
        return self._container if now == self._first else now
