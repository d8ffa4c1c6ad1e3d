"""Display: how each decoded frame of a stream is meant to be seen. Knows display matrices and sample aspect ratios."""

import struct
from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import av
from av.sidedata.sidedata import SideData, Type

from stream.pixels.geometry import SQUARE, Geometry, orientation

_TELL = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "asf", "mxf", "nut")
"""Containers that say what shape pixels have. Of all others FFmpeg reports what it saw last when it opened them."""


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
        self._told = stream.container.format.name in _TELL
        self._first: Fraction | None = None
        self._asked = False

    def __call__(self, frame: av.VideoFrame) -> Geometry:
        """A matrix that turns by anything but quarters is passed over."""
        matrix = display_matrix(frame)
        rotation, mirrored = (orientation(matrix) if matrix else None) or (0, False)
        return Geometry(frame.width, frame.height, rotation, mirrored, self._aspect() or SQUARE)

    def _aspect(self) -> Fraction | None:
        """The stream's own; where the container tells it too, the container's, until the stream changes its own."""
        now = self._stream.codec_context.sample_aspect_ratio
        if not self._asked:
            self._first, self._asked = now, True
        if self._told:
            return self._stream.sample_aspect_ratio if now == self._first else now
        return now or self._stream.sample_aspect_ratio
