"""Planes: a decoded frame in its own pixel format, read and pasted by region.

Knows: how a rectangle of a frame becomes RGB and how a patch gets back into the planes, rotation included. Knows
nothing of files or time. A decoder's memory is shared and never written to: `pasted` works on a copy of the frame.
"""

from dataclasses import dataclass
from typing import Any, Self

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

from engines.values import F32, U8, Patch, Rect
from stream.media.clone import Cloner
from stream.pixels.colour import FULL, ColourMaps, Siting, maps, matrix_of
from stream.pixels.layout import Layout, Samples, channel_view, layout_of, nearest_native

Levels = npt.NDArray[Any]
"""Samples as colours are computed with: uint8, or uint16 with a fraction."""
_FRACTION = 6  # bits below one of 256 levels that colours are computed with
_TINY = 9  # times smaller both ways, from which on `small` looks at a part of the samples only


@dataclass(frozen=True, slots=True)
class _Area:
    """A non-empty rectangle of the stored picture, inside it."""

    x: int
    y: int
    w: int
    h: int


class Planes:
    """Implements `stream.picture.Picture` over a PyAV frame.

    rotation: degrees clockwise that the stored picture is turned for display (0, 90, 180, 270).
    """

    __slots__ = ("_cloner", "_frame", "_layout", "_maps", "_matrix", "_owned", "_siting", "rotation")

    def __init__(self, frame: av.VideoFrame, layout: Layout, rotation: int, cloner: Cloner) -> None:
        full = frame.color_range == FULL or frame.format.name.startswith("yuvj") or layout.model == "rgb"
        if layout.model == "gray" and frame.color_range == 0:
            full = True  # swscale's rule too: an untagged grey picture is a full-range one
        self._frame, self._layout, self.rotation, self._cloner = frame, layout, rotation, cloner
        self._matrix = matrix_of(frame.colorspace, frame.width, frame.height)
        self._maps: ColourMaps = maps(layout.model, layout.bits, full, self._matrix)
        # Full-range 4:2:0 comes from JPEG-like sources, whose chroma sits midway.
        self._siting = Siting(layout.sub_x, layout.sub_y, left=not full)
        self._owned = False  # whether the memory is this picture's alone

    @classmethod
    def of(cls, frame: av.VideoFrame, rotation: int = 0, cloner: Cloner | None = None) -> Self:
        """Wraps a decoded frame without copying it. A pixel format that is not taken apart here goes through swscale to
        the nearest that is. cloner: shared by the frames of one stream, so that copies reuse memory."""
        layout = layout_of(frame.format.name)
        if layout is None:
            frame = frame.reformat(format=nearest_native(frame.format.name))
            layout = layout_of(frame.format.name)
            assert layout is not None
        frame.pict_type = 0  # the decoder's I, P, B would force the encoder's choice
        return cls(frame, layout, rotation % 360, cloner or Cloner())

    @property
    def width(self) -> int:
        return self._frame.height if self.rotation % 180 else self._frame.width

    @property
    def height(self) -> int:
        return self._frame.width if self.rotation % 180 else self._frame.height

    @property
    def pix_fmt(self) -> str:
        return self._layout.name

    def to_av(self) -> av.VideoFrame:
        """The PyAV frame itself: shared memory, colour tags and field flags as decoded, no picture type."""
        return self._frame

    def rgb(self, rect: Rect) -> U8:
        """uint8 (h, w, 3) RGB, full range, in display orientation. What lies outside repeats the border pixel."""
        stored = self._stored(rect)
        width, height = self._frame.width, self._frame.height
        x0, y0 = min(max(stored.x, 0), width - 1), min(max(stored.y, 0), height - 1)
        x1 = max(x0 + 1, min(stored.x + stored.w, width))
        y1 = max(y0 + 1, min(stored.y + stored.h, height))
        area = _Area(x0, y0, x1 - x0, y1 - y0)
        region = self._converted(self._samples(area))
        if (area.x, area.y, area.w, area.h) != (stored.x, stored.y, stored.w, stored.h):
            columns = np.clip(np.arange(stored.x, stored.x + stored.w), x0, x1 - 1) - x0
            rows = np.clip(np.arange(stored.y, stored.y + stored.h), y0, y1 - 1) - y0
            region = region[rows[:, None], columns]
        return self._shown(region)

    def small(self, width: int, height: int) -> U8:
        """uint8 (height, width, 3) RGB of the whole picture, averaged where it shrinks."""
        if self.rotation % 180:
            width, height = height, width
        frame = self._frame
        if width * _TINY <= frame.width and height * _TINY <= frame.height:
            return self._tiny(width, height)
        shrinks = width < frame.width and height < frame.height
        scaled = VideoReformatter().reformat(  # one of its own: a frame's shared reformatter is not for two threads
            frame,
            width,
            height,
            "rgb24",
            src_colorspace=5 if self._layout.model != "yuv" else self._matrix,
            dst_colorspace=5,
            src_color_range=2 if self._full else 1,
            dst_color_range=2,
            interpolation="AREA" if shrinks else "BILINEAR",
            threads=1,
        )
        return self._shown(np.asarray(scaled.to_ndarray(), np.uint8))

    def _tiny(self, width: int, height: int) -> U8:
        """The whole picture much smaller, averaged over some samples of every pixel's area instead of all."""
        cells = []
        for index in range(len(self._layout.channels)):
            plane = self._channel(index)
            # an odd step, since even ones alias with interlaced lines
            rows, columns = (max(1, n // (3 * m) - 1) | 1 for n, m in zip(plane.shape, (height, width), strict=True))
            some = self._raised(plane[rows // 2 :: rows, columns // 2 :: columns])
            cells.append(cv2.resize(some, (width, height), interpolation=cv2.INTER_AREA))
        return self._shown(self._converted(_merged(cells)))

    def pasted(self, patches: tuple[Patch, ...]) -> Self:
        """A copy with the patches laid over it, in order. Samples under alpha 0 keep their bits; a chroma sample is
        touched only where a luma sample of its own block is."""
        copy = type(self)(self._cloner.copy(self._frame), self._layout, self.rotation, self._cloner)
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

    def _shown(self, rgb: U8) -> U8:
        return np.ascontiguousarray(np.rot90(rgb, -(self.rotation // 90))) if self.rotation else rgb

    def _stored(self, rect: Rect) -> Rect:
        """The rectangle in the stored picture that shows as `rect`."""
        x, y, w, h = rect.x, rect.y, rect.w, rect.h
        width, height = self._frame.width, self._frame.height
        match self.rotation:
            case 90:
                return Rect(y, height - x - w, h, w)
            case 180:
                return Rect(width - x - w, height - y - h, w, h)
            case 270:
                return Rect(width - y - h, x, h, w)
            case _:
                return rect

    def _channel(self, index: int) -> Samples:
        return channel_view(self._frame, self._layout, index)

    def _converted(self, samples: Levels) -> U8:
        """Samples (h, w, n) as `_samples` gives them, as uint8 (h, w, 3) RGB."""
        if self._plain:
            return np.asarray(cv2.transform(samples, self._maps.to_rgb), np.uint8)  # rounds, and saturates
        unit = 1 << _FRACTION
        scale = np.full(self._maps.to_rgb.shape[1], unit / (1 << (self._layout.shift + self._up)), np.float32)
        scale[-1] = unit
        fine = cv2.transform(samples, self._maps.to_rgb * scale)  # saturates at 0
        return np.asarray(cv2.convertScaleAbs(fine, alpha=1 / unit), np.uint8)  # rounds, and saturates at 255

    @property
    def _up(self) -> int:
        """Bits by which samples are moved up in 16 bits to make room for fractions of a level."""
        return max(0, 8 + _FRACTION - self._layout.bits - self._layout.shift)

    def _raised(self, samples: Samples) -> Levels:
        """In 16 bits with a fraction, but for bytes, which stay as they are."""
        if self._plain:
            return samples
        out = samples.astype(np.uint16)
        out <<= np.uint16(self._up)
        return out

    def _samples(self, area: _Area) -> Levels:
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
        turns = self.rotation // 90
        alpha, rgb = np.rot90(patch.alpha, turns), np.rot90(patch.rgb, turns)
        at = self._stored(Rect(patch.x, patch.y, patch.rgb.shape[1], patch.rgb.shape[0]))
        # Only the part that is inside the picture and has any opacity.
        x0, y0 = max(0, -at.x), max(0, -at.y)
        x1, y1 = min(at.w, self._frame.width - at.x), min(at.h, self._frame.height - at.y)
        if x1 <= x0 or y1 <= y0:
            return
        bx, by, bw, bh = cv2.boundingRect((alpha[y0:y1, x0:x1] > 0).astype(np.uint8))
        if not bw:
            return
        cut = np.s_[y0 + by : y0 + by + bh, x0 + bx : x0 + bx + bw]
        area = _Area(at.x + x0 + bx, at.y + y0 + by, bw, bh)
        opacity = np.ascontiguousarray(alpha[cut], np.float32)
        # bytes where samples are bytes: nothing is lost, in a fifth of the time
        colours: npt.NDArray[Any] = np.ascontiguousarray(rgb[cut], np.uint8 if self._plain else np.float32)
        wanted = _split(cv2.transform(colours, self._maps.from_rgb))
        halved = self._layout.sub_x or self._layout.sub_y
        for index, plane in enumerate(wanted[: 1 if halved else 3]):
            self._blend(index, area, plane, opacity)
        if halved:
            self._lay_chroma(area, wanted[1:], opacity)

    def _lay_chroma(self, area: _Area, wanted: list[Any], opacity: F32) -> None:
        """Blends U and V, float32 (h, w) at luma resolution, into the subsampled planes. Each chroma sample takes the
        mean around it weighted by opacity, so colours under alpha 0 do not bleed in."""
        weight = self._on_grid(area, opacity)
        amount = self._siting.down(weight)
        safe = np.maximum(amount, np.float32(1e-6))
        amount *= self._siting.blocks(weight) > 0
        at = _Area(area.x >> self._layout.sub_x, area.y >> self._layout.sub_y, amount.shape[1], amount.shape[0])
        for index, plane in enumerate(wanted, 1):
            colour = cv2.divide(self._siting.down(self._on_grid(area, plane * opacity)), safe)
            self._blend(index, at, colour, amount)

    def _on_grid(self, area: _Area, plane: F32) -> F32:
        """The plane of an area grown to whole chroma samples: by zeros, and beyond an odd frame's edge, where there is
        no luma, by what is at the edge."""
        wide, high = 1 << self._layout.sub_x, 1 << self._layout.sub_y
        left, right = area.x % wide, -(area.x + area.w) % wide
        top, bottom = area.y % high, -(area.y + area.h) % high
        edge_x = right if area.x + area.w == self._frame.width else 0
        edge_y = bottom if area.y + area.h == self._frame.height else 0
        if edge_x or edge_y:
            plane = np.asarray(cv2.copyMakeBorder(plane, 0, edge_y, 0, edge_x, cv2.BORDER_REPLICATE), np.float32)
        if left or top or right > edge_x or bottom > edge_y:
            zeros = (top, bottom - edge_y, left, right - edge_x)
            plane = np.asarray(cv2.copyMakeBorder(plane, *zeros, cv2.BORDER_CONSTANT), np.float32)
        return plane

    @property
    def _plain(self) -> bool:
        """Whether samples are bytes of 8 bits."""
        return self._layout.bits == 8 and self._layout.shift == 0

    def _blend(self, index: int, area: _Area, wanted: Any, opacity: F32) -> None:
        """v' = v + a (s - v) on one channel, rounded to the nearest. wanted: float32, or uint8 where samples are bytes;
        (h, w) as opacity."""
        shift = self._layout.shift
        plane = self._channel(index)[area.y : area.y + area.h, area.x : area.x + area.w]
        if self._plain and plane.strides[-1] == 1:
            levels = cv2.convertScaleAbs(wanted)  # rounds, and saturates
            plane[...] = cv2.blendLinear(levels, np.asarray(plane, np.uint8), opacity, np.float32(1) - opacity)
            return
        old = (plane >> shift if shift else plane).astype(np.float32)  # type: ignore[operator]
        new = np.rint(old + opacity * (wanted - old)).clip(0, (1 << self._layout.bits) - 1).astype(plane.dtype)
        plane[...] = new << shift if shift else new


def _merged(channels: list[Any]) -> Levels:
    return np.asarray(cv2.merge(channels), channels[0].dtype)


def _split(image: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """An array's channels; one of two dimensions is its own."""
    return [np.asarray(plane) for plane in cv2.split(image)]
