"""Marking: one job's invisible mark laid on each picture's luma. Knows pixel formats; nothing of files or of detectors.

The mark is the one declared exception to "what was not painted keeps its bits": luma moves by one 8-bit level at most,
chroma not at all.
"""

import secrets
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.values import U8
from engines.watermark.embed import Embedder
from engines.watermark.payload import Payload
from stream.frame import Frame
from stream.journey import FrameSink
from stream.picture import Picture
from stream.pixels.geometry import Geometry
from stream.pixels.layout import Samples, channel_view, layout_of
from stream.pixels.planes import Planes
from stream.pixels.transfer import shares


def new_payload(producer: int) -> Payload:
    """A payload with a session id nobody can foresee or link to another job's."""
    return Payload(producer, secrets.randbits(32))


class Marker:
    """Marks the pictures of one output, in order. Not to be shared between threads."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload
        self._count = 0
        self._kind: tuple[Geometry, int, int] | None = None
        self._embedder: Embedder | None = None

    def mark(self, picture: Planes, index: int, last: bool = False) -> Planes:
        """A marked copy, in the same pixel format. index: the frame's place in the output. last: nobody looks at the
        picture any more, so that one with memory of its own may be marked itself."""
        copy = picture.own() if last else picture.pasted(())
        frame, layout = copy.to_av(), layout_of(copy.pix_fmt)
        assert layout is not None, "Planes hold only formats that are taken apart"
        embedder = self._for(copy.geometry, layout.bits, frame.color_trc)
        luma = channel_view(frame, layout, 0)
        if layout.model == "rgb":
            self._mark_rgb(embedder, [channel_view(frame, layout, i) for i in range(3)], layout.bits, index)
        elif layout.bits == 8:
            plain = np.asarray(luma, np.uint8)
            if plain.strides[-1] == 1:
                embedder.mark8(plain, index, out=plain)
            else:  # packed with chroma
                plain[...] = embedder.mark8(np.ascontiguousarray(plain), index)
        else:
            samples = np.right_shift(luma.astype(np.uint16), layout.shift)
            luma[...] = np.left_shift(embedder.mark16(samples, index), layout.shift)
        return copy

    def next(self, picture: Planes, last: bool = False) -> Planes:
        """`mark` for whoever hands over every picture that goes out, in order: they are counted here."""
        marked = self.mark(picture, self._count, last)
        self._count += 1
        return marked

    def mark_rgb(self, rgb: U8, index: int = 0) -> U8:
        """A marked copy of a still picture, uint8 (h, w, 3) RGB."""
        copy = rgb.copy()
        embedder = self._for(Geometry(rgb.shape[1], rgb.shape[0]), 8, 0)
        self._mark_rgb(embedder, [copy[..., i] for i in range(3)], 8, index)
        return copy

    def _for(self, geometry: Geometry, depth: int, transfer: int) -> Embedder:
        kind = (geometry, depth, transfer)
        if self._embedder is None or kind != self._kind:
            width, height = geometry.width, geometry.height
            turn, mirrored, (wide, high) = geometry.rotation, geometry.mirrored, geometry.shown
            self._embedder = Embedder(self.payload, width, height, depth, turn, mirrored, high > wide, shares(transfer))
            self._kind = kind
        return self._embedder

    @staticmethod
    def _mark_rgb(embedder: Embedder, channels: list[Samples], depth: int, index: int) -> None:
        """One step up or down in all three colours is the same step in luma."""
        planes: list[npt.NDArray[Any]] = [np.ascontiguousarray(channel) for channel in channels]
        red, green, blue = planes
        luma: npt.NDArray[Any] = cv2.addWeighted(cv2.addWeighted(red, 0.299, green, 0.587, 0), 1, blue, 0.114, 0)
        marked: npt.NDArray[Any] = embedder.mark8(luma, index) if depth == 8 else embedder.mark16(luma, index)
        # At the ends of the range luma is saturated though not all of its colours are: there is little to mark there.
        up, down = cv2.subtract(marked, luma), cv2.subtract(luma, marked)
        for channel, plane in zip(channels, planes, strict=True):
            moved = cv2.subtract(cv2.add(plane, up), down)
            channel[...] = np.minimum(moved, (1 << depth) - 1) if depth > 8 else moved


class MarkingSink:
    """A sink that marks what it passes on to another."""

    def __init__(self, sink: FrameSink, marker: Marker) -> None:
        self._sink, self._marker = sink, marker
        self.close, self.finish_early, self.abandon = sink.close, sink.finish_early, sink.abandon

    def write(self, frame: Frame, picture: Picture) -> None:
        """picture: `Planes`, as the sinks of files want them too; not to be used afterwards."""
        if not isinstance(picture, Planes):
            raise TypeError(f"a mark goes on Planes, not on {type(picture).__name__}")
        self._sink.write(frame, self._marker.next(picture, last=True))
