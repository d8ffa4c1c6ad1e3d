"""Planes: a decoded frame in its own pixel format, read and pasted by region.

Knows: how a rectangle of a frame becomes RGB and how a patch gets back into the planes, as the frame is displayed.
Knows nothing of files or time. A decoder's memory is shared and never written to: `pasted` works on a copy.
"""

from fractions import Fraction
from typing import Any, Self

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

from engines.values import U8, Patch, Rect
from stream.media.clone import Cloner
from stream.pixels.blend import Area, Blend
from stream.pixels.colour import FULL, ColourMaps, Siting, maps, matrix_of
from stream.pixels.geometry import SQUARE, Geometry
from stream.pixels.layout import Layout, Samples, channel_view, layout_of, nearest_native
from stream.pixels.stretch import Stretch
from stream.pixels.transfer import FRACTION, Transfer, transfer_of

Levels = npt.NDArray[Any]
"""Samples as colours are computed with: uint8, or uint16 with `FRACTION` bits below one of 256 levels."""
_TINY = 9  # times smaller both ways, from which on `small` looks at a part of the samples only


class Planes:
    """Implements `stream.picture.Picture` over a PyAV frame. geometry: how it lies and is meant to be seen. origin: the
    same before the frame was fitted into another size."""

    __slots__ = (
        *("_blend", "_cloner", "_frame", "_layout", "_maps", "_matrix", "_owned", "_siting", "_stretch", "_transfer"),
        *("geometry", "origin"),
    )

    def __init__(
        self, frame: av.VideoFrame, layout: Layout, geometry: Geometry, cloner: Cloner, origin: Geometry
    ) -> None:
        full = frame.color_range == FULL or frame.format.name.startswith("yuvj") or layout.model == "rgb"
        if layout.model == "gray" and frame.color_range == 0:
            full = True  # swscale's rule too: an untagged grey picture is a full-range one
        self._frame, self._layout, self.geometry, self._cloner = frame, layout, geometry, cloner
        self.origin = origin
        self._matrix = matrix_of(frame.colorspace, frame.width, frame.height)
        self._maps: ColourMaps = maps(layout.model, layout.bits, full, self._matrix)
        # Full-range 4:2:0 comes from JPEG-like sources, whose chroma sits midway.
        self._siting = Siting(layout.sub_x, layout.sub_y, left=not full)
        self._blend = Blend(frame, layout, self._siting)
        self._transfer: Transfer | None = transfer_of(frame.color_trc, frame.color_primaries)
        (width, height), (across, down) = geometry.shown, geometry.upright
        self._stretch = Stretch(width / across, height / down) if (width, height) != (across, down) else None
        self._owned = False  # whether the memory is this picture's alone

    @classmethod
    def of(
        cls,
        frame: av.VideoFrame,
        rotation: int = 0,
        cloner: Cloner | None = None,
        *,
        mirrored: bool = False,
        aspect: Fraction = SQUARE,
        origin: Geometry | None = None,
    ) -> Self:
        """Wraps a decoded frame without copying it. A pixel format that is not taken apart here goes through swscale to
        the nearest that is. rotation, mirrored, aspect: as in `Geometry`. cloner: shared by the frames of one stream,
        so that copies reuse memory. origin: where the frame was fitted into this size, how it lay before."""
        layout = layout_of(frame.format.name)
        if layout is None:
            frame = frame.reformat(format=nearest_native(frame.format.name))
            layout = layout_of(frame.format.name)
            assert layout is not None
        frame.pict_type = 0  # the decoder's I, P, B would force the encoder's choice
        geometry = Geometry(frame.width, frame.height, rotation % 360, mirrored, aspect)
        return cls(frame, layout, geometry, cloner or Cloner(), origin or geometry)

    @property
    def width(self) -> int:
        return self.geometry.shown[0]

    @property
    def height(self) -> int:
        return self.geometry.shown[1]

    @property
    def rotation(self) -> int:
        """Degrees clockwise that the stored picture is turned for display (0, 90, 180, 270)."""
        return self.geometry.rotation

    @property
    def pix_fmt(self) -> str:
        return self._layout.name

    def to_av(self) -> av.VideoFrame:
        """The PyAV frame itself: shared memory, colour tags and field flags as decoded, no picture type."""
        return self._frame

    def rgb(self, rect: Rect) -> U8:
        """uint8 (h, w, 3) RGB, full range, as displayed. What lies outside repeats the border pixel."""
        return self._upright(rect) if self._stretch is None else self._stretch.read(rect, self._upright)

    def _upright(self, rect: Rect) -> U8:
        """`rgb`, in samples instead of square pixels."""
        stored = self.geometry.stored(rect)
        width, height = self._frame.width, self._frame.height
        x0, y0 = min(max(stored.x, 0), width - 1), min(max(stored.y, 0), height - 1)
        x1 = max(x0 + 1, min(stored.x + stored.w, width))
        y1 = max(y0 + 1, min(stored.y + stored.h, height))
        area = Area(x0, y0, x1 - x0, y1 - y0)
        region = self._converted(self._samples(area))
        if (area.x, area.y, area.w, area.h) != (stored.x, stored.y, stored.w, stored.h):
            columns = np.clip(np.arange(stored.x, stored.x + stored.w), x0, x1 - 1) - x0
            rows = np.clip(np.arange(stored.y, stored.y + stored.h), y0, y1 - 1) - y0
            region = region[rows[:, None], columns]
        return np.ascontiguousarray(self.geometry.turned(region))

    def alpha(self) -> U8:
        """uint8 (height, width) of the whole picture's transparency as displayed: 255 is opaque, and so is a picture
        whose format has no place for any."""
        rgba = np.asarray(self._frame.reformat(format="rgba").to_ndarray(), np.uint8)
        upright = np.ascontiguousarray(self.geometry.turned(rgba[..., 3]))
        size = self.geometry.shown
        return upright if self._stretch is None else np.asarray(cv2.resize(upright, size), np.uint8)

    def small(self, width: int, height: int) -> U8:
        """uint8 (height, width, 3) RGB of the whole picture, averaged where it shrinks."""
        if self.rotation % 180:
            width, height = height, width
        frame = self._frame
        if width * _TINY <= frame.width and height * _TINY <= frame.height:
            return self._tiny(width, height)
        shrinks = width < frame.width and height < frame.height
        scaled = (
            VideoReformatter()
            .reformat(  # one of its own: a frame's shared reformatter is not for two threads
                frame,
                width,
                height,
                "rgb24" if self._transfer is None else "rgb48le",
                src_colorspace=5 if self._layout.model != "yuv" else self._matrix,
                dst_colorspace=5,
                src_color_range=2 if self._full else 1,
                dst_color_range=2,
                interpolation="AREA" if shrinks else "BILINEAR",
                threads=1,
            )
            .to_ndarray()
        )
        if self._transfer is not None:
            unit = np.float32((255 << FRACTION) / 65535)
            scaled = self._transfer.shown(np.rint(scaled.astype(np.float32) * unit).astype(np.uint16))
        return np.ascontiguousarray(self.geometry.turned(np.asarray(scaled, np.uint8)))

    def _tiny(self, width: int, height: int) -> U8:
        """The whole picture much smaller, averaged over some samples of every pixel's area instead of all."""
        cells = []
        for index in range(len(self._layout.channels)):
            plane = self._channel(index)
            # an odd step, since even ones alias with interlaced lines
            rows, columns = (max(1, n // (3 * m) - 1) | 1 for n, m in zip(plane.shape, (height, width), strict=True))
            some = self._raised(plane[rows // 2 :: rows, columns // 2 :: columns])
            cells.append(cv2.resize(some, (width, height), interpolation=cv2.INTER_AREA))
        return np.ascontiguousarray(self.geometry.turned(self._converted(_merged(cells))))

    def pasted(self, patches: tuple[Patch, ...]) -> Self:
        """A copy with the patches laid over it, in order. Samples under alpha 0 keep their bits; a chroma sample is
        touched only where a luma sample of its own block is. An alpha plane keeps its bits."""
        copy = type(self)(self._cloner.copy(self._frame), self._layout, self.geometry, self._cloner, self.origin)
        copy._owned = True
        for patch in patches:
            copy._lay(patch)
        return copy

    def own(self) -> Self:
        """This very picture where it came from `pasted` and its memory is nobody else's, else a copy."""
        return self if self._owned else self.pasted(())

    @property
    def _full(self) -> bool:
        return self._maps.to_rgb[0, -1] == 0 if self._layout.model != "yuv" else not self._siting.left

    def _channel(self, index: int) -> Samples:
        return channel_view(self._frame, self._layout, index)

    def _converted(self, samples: Levels) -> U8:
        """Samples (h, w, n) as `_samples` gives them, as uint8 (h, w, 3) sRGB."""
        if self._plain:
            return np.asarray(cv2.transform(samples, self._maps.to_rgb), np.uint8)  # rounds, and saturates
        fine = self._fine(samples)
        if self._transfer is not None:
            return self._transfer.shown(fine)
        return np.asarray(cv2.convertScaleAbs(fine, alpha=1 / (1 << FRACTION)), np.uint8)  # rounds, saturates at 255

    def _fine(self, samples: Levels) -> npt.NDArray[np.uint16]:
        """Raised samples (h, w, n) as the frame's own R'G'B' (h, w, 3), with a fraction."""
        unit = 1 << FRACTION
        scale = np.full(self._maps.to_rgb.shape[1], unit / (1 << (self._layout.shift + self._up)), np.float32)
        scale[-1] = unit
        return np.asarray(cv2.transform(samples, self._maps.to_rgb * scale), np.uint16)  # saturates at 0

    @property
    def _plain(self) -> bool:
        """Whether colours are bytes from beginning to end."""
        return self._layout.whole_bytes and self._transfer is None

    @property
    def _up(self) -> int:
        """Bits by which samples are moved up in 16 bits to make room for fractions of a level."""
        return max(0, 8 + FRACTION - self._layout.bits - self._layout.shift)

    def _raised(self, samples: Samples) -> Levels:
        """In 16 bits with a fraction, but for bytes, which stay as they are."""
        if self._plain:
            return samples
        out = samples.astype(np.uint16)
        out <<= np.uint16(self._up)
        return out

    def _samples(self, area: Area) -> Levels:
        """(h, w, n) samples of the area, raised, chroma brought to luma resolution. n: 3, or 1 for grey.

        Bytes lose up to half a level of chroma between its samples; they are a third of the memory to go through. 16
        bits with a fraction are as exact as float32 after rounding to 8 bits.
        """
        layout = self._layout
        inside = np.s_[area.y : area.y + area.h, area.x : area.x + area.w]
        halved = layout.sub_x or layout.sub_y
        flat = [self._raised(self._channel(i)[inside]) for i in range(1 if halved else len(layout.channels))]
        if halved:
            for plane in (self._channel(1), self._channel(2)):
                x0, y0, x1, y1 = self._siting.span(area.x, area.y, area.w, area.h, plane.shape[1], plane.shape[0])
                dx, dy = area.x - (x0 << layout.sub_x), area.y - (y0 << layout.sub_y)
                up = self._siting.up(self._raised(plane[y0:y1, x0:x1]), dx, dy, area.w, area.h)
                flat.append(up)
        return _merged(flat)

    def _lay(self, patch: Patch) -> None:
        """Blends one patch into this picture's own (copied) planes."""
        if self._stretch is not None:
            patch = self._stretch.shrunk(patch)
        alpha, rgb = self.geometry.unturned(patch.alpha), self.geometry.unturned(patch.rgb)
        at = self.geometry.stored(Rect(patch.x, patch.y, patch.rgb.shape[1], patch.rgb.shape[0]))
        # Only the part that is inside the picture and has any opacity.
        x0, y0 = max(0, -at.x), max(0, -at.y)
        x1, y1 = min(at.w, self._frame.width - at.x), min(at.h, self._frame.height - at.y)
        if x1 <= x0 or y1 <= y0:
            return
        bx, by, bw, bh = cv2.boundingRect((alpha[y0:y1, x0:x1] > 0).astype(np.uint8))
        if not bw:
            return
        cut = np.s_[y0 + by : y0 + by + bh, x0 + bx : x0 + bx + bw]
        area = Area(at.x + x0 + bx, at.y + y0 + by, bw, bh)
        opacity = np.ascontiguousarray(alpha[cut], np.float32)
        colours: npt.NDArray[Any]
        if self._transfer is not None:
            colours = self._transfer.coded(np.ascontiguousarray(rgb[cut], np.uint8), self._fine(self._samples(area)))
        else:
            # bytes where samples are bytes: nothing is lost, in a fifth of the time
            colours = np.ascontiguousarray(rgb[cut], np.uint8 if self._plain else np.float32)
        self._blend(area, [np.asarray(p) for p in cv2.split(cv2.transform(colours, self._maps.from_rgb))], opacity)


def _merged(channels: list[Any]) -> Levels:
    return np.asarray(cv2.merge(channels), channels[0].dtype)
