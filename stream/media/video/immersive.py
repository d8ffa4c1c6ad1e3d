"""Immersive: what a video says of being seen all around (360 degrees) or with two eyes, read from frames and written as
boxes of MP4 (Google's Spherical Video V2). Knows FFmpeg's side data; nothing of the pictures.
"""

import struct
from dataclasses import dataclass

import av
from av.sidedata.sidedata import Type

from stream.media.video.display import side_data

_EQUIRECTANGULAR, _CUBEMAP, _TILE, _HALF = 0, 1, 2, 3  # AVSphericalProjection
_QUARTER = 1 << 30  # of a side, as a share of 2^32
_STEREO = {1: (2, "left_right"), 2: (1, "top_bottom")}  # AVStereo3DType: st3d's number, Matroska's word
_INVERTED = 1


@dataclass(frozen=True, slots=True)
class Immersive:
    """stereo: how two views share the picture, by FFmpeg's number, 0 where there is one. inverted: the right eye's
    comes first. projection: FFmpeg's number, None for a flat picture. pose: yaw, pitch and roll, degrees times 65536.
    bounds: left, top, right and bottom share of the sphere left out, times 2^32. padding: pixels between a cube's
    faces."""

    stereo: int = 0
    inverted: bool = False
    projection: int | None = None
    pose: tuple[int, int, int] = (0, 0, 0)
    bounds: tuple[int, int, int, int] = (0, 0, 0, 0)
    padding: int = 0

    def __bool__(self) -> bool:
        return self.stereo != 0 or self.projection is not None

    @property
    def word(self) -> str | None:
        """The stereo layout as Matroska's tag names it; None where there is none, or no word for it."""
        if self.stereo not in _STEREO:
            return None
        first, second = _STEREO[self.stereo][1].split("_")
        return f"{second}_{first}" if self.inverted and first == "left" else _STEREO[self.stereo][1]

    @property
    def boxes(self) -> bytes:
        """`st3d` and `sv3d` of an MP4's video track; what they have no number for is left out."""
        out = b""
        if self.stereo in _STEREO and not self.inverted:
            out += _box(b"st3d", struct.pack(">IB", 0, _STEREO[self.stereo][0]))
        if self.projection in (_EQUIRECTANGULAR, _CUBEMAP, _TILE, _HALF):
            head = _box(b"svhd", struct.pack(">I", 0) + b"Understudy\0")
            pose = _box(b"prhd", struct.pack(">I3i", 0, *self.pose))
            out += _box(b"sv3d", head + _box(b"proj", pose + self._projected()))
        return out

    @property
    def whole(self) -> bool:
        """Whether `boxes` say all of it."""
        flat = self.projection is None or self.projection in (_EQUIRECTANGULAR, _CUBEMAP, _TILE, _HALF)
        return flat and (not self.stereo or (self.stereo in _STEREO and not self.inverted))

    def _projected(self) -> bytes:
        if self.projection == _CUBEMAP:
            return _box(b"cbmp", struct.pack(">3I", 0, 0, self.padding))
        left, top, right, bottom = (_QUARTER, 0, _QUARTER, 0) if self.projection == _HALF else self.bounds
        return _box(b"equi", struct.pack(">5I", 0, top, bottom, left, right))


FLAT = Immersive()


def immersive_of(frame: av.VideoFrame) -> Immersive:
    """What the first frame says; false where it is an ordinary picture."""
    stereo, inverted = 0, False
    if (said := side_data(frame, Type.STEREO3D)) is not None:
        stereo, flags = struct.unpack("=2i", said[:8])
        inverted = bool(flags & _INVERTED)
    data = side_data(frame, Type.SPHERICAL)
    if data is None:
        return Immersive(stereo, inverted)
    kind, yaw, pitch, roll, left, top, right, bottom, padding = struct.unpack("=i3i5I", data[:36])
    return Immersive(stereo, inverted, kind, (yaw, pitch, roll), (left, top, right, bottom), padding)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body
