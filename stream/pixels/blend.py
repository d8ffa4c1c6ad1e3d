"""Blend: colours laid into a frame's planes by opacity, chroma included. Knows sample layouts and chroma siting;
nothing of how a picture is turned or of what the colours mean.
"""

from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from engines.values import F32
from stream.pixels.colour import Siting
from stream.pixels.layout import Layout, Samples, channel_view


@dataclass(frozen=True, slots=True)
class Area:
    """A non-empty rectangle of the stored picture, inside it."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Blend:
    """frame: its memory is written to, so it must be the caller's own."""

    frame: av.VideoFrame
    layout: Layout
    siting: Siting

    def __call__(self, area: Area, wanted: list[npt.NDArray[Any]], opacity: F32) -> None:
        """wanted: every channel's samples, (h, w) at luma resolution: float32, or uint8 where `whole_bytes`. opacity:
        (h, w), 0 to 1; where it is 0 samples keep their bits."""
        halved = self.layout.sub_x or self.layout.sub_y
        for index, plane in enumerate(wanted[: 1 if halved else 3]):
            self._blend(index, area, plane, opacity)
        if halved:
            self._lay_chroma(area, wanted[1:], opacity)

    def _lay_chroma(self, area: Area, wanted: list[Any], opacity: F32) -> None:
        """Blends U and V, float32 (h, w) at luma resolution, into the subsampled planes. Each chroma sample takes the
        mean around it weighted by opacity, so colours under alpha 0 do not bleed in."""
        weight = self._on_grid(area, opacity)
        amount = self.siting.down(weight)
        safe = np.maximum(amount, np.float32(1e-6))
        amount *= self.siting.blocks(weight) > 0
        at = Area(area.x >> self.layout.sub_x, area.y >> self.layout.sub_y, amount.shape[1], amount.shape[0])
        for index, plane in enumerate(wanted, 1):
            colour = cv2.divide(self.siting.down(self._on_grid(area, plane * opacity)), safe)
            self._blend(index, at, colour, amount)

    def _on_grid(self, area: Area, plane: F32) -> F32:
        """The plane of an area grown to whole chroma samples: by zeros, and beyond an odd frame's edge, where there is
        no luma, by what is at the edge."""
        wide, high = 1 << self.layout.sub_x, 1 << self.layout.sub_y
        left, right = area.x % wide, -(area.x + area.w) % wide
        top, bottom = area.y % high, -(area.y + area.h) % high
        edge_x = right if area.x + area.w == self.frame.width else 0
        edge_y = bottom if area.y + area.h == self.frame.height else 0
        if edge_x or edge_y:
            plane = np.asarray(cv2.copyMakeBorder(plane, 0, edge_y, 0, edge_x, cv2.BORDER_REPLICATE), np.float32)
        if left or top or right > edge_x or bottom > edge_y:
            zeros = (top, bottom - edge_y, left, right - edge_x)
            plane = np.asarray(cv2.copyMakeBorder(plane, *zeros, cv2.BORDER_CONSTANT), np.float32)
        return plane

    def _blend(self, index: int, area: Area, wanted: Any, opacity: F32) -> None:
        """v' = v + a (s - v) on one channel, rounded to the nearest. wanted: float32, or uint8 where samples are bytes;
        (h, w) as opacity."""
        shift = self.layout.shift
        whole: Samples = channel_view(self.frame, self.layout, index)
        plane = whole[area.y : area.y + area.h, area.x : area.x + area.w]
        if self.layout.whole_bytes and plane.strides[-1] == 1:
            levels = cv2.convertScaleAbs(wanted)  # rounds, and saturates
            plane[...] = cv2.blendLinear(levels, np.asarray(plane, np.uint8), opacity, np.float32(1) - opacity)
            return
        old = (plane >> shift if shift else plane).astype(np.float32)  # type: ignore[operator]
        new = np.rint(old + opacity * (wanted - old)).clip(0, (1 << self.layout.bits) - 1).astype(plane.dtype)
        plane[...] = new << shift if shift else new
