"""Fit: frames whose size, turn or pixel shape differs from the first one's are fitted into it, with black edges.

Knows libavfilter and geometry. The picture's proportions are kept, whatever is done to its size.
"""

from fractions import Fraction

import av
import numpy as np
from av.filter import Graph

from engines.values import U8, Patch
from stream.media.probe import SourceInfo
from stream.media.turning import turns
from stream.pixels.colour import FULL, matrix_of
from stream.pixels.geometry import Geometry
from stream.pixels.planes import Planes
from stream.pixels.transfer import transfer_of

_MATRICES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"}


class Fitter:
    """Fits frames into the geometry, pixel format and colour tags of a source's first picture. For one thread."""

    def __init__(self, info: SourceInfo) -> None:
        self._geometry, self._format, self._tags = info.geometry, info.pix_fmt, info.colour
        self._transfer = transfer_of(self._tags.transfer, self._tags.primaries)
        self._kind: tuple[object, ...] = ()
        self._graph = Graph()

    def same_colours(self, frame: av.VideoFrame) -> bool:
        """Whether a frame's transfer and primaries mean what the first one's do."""
        return transfer_of(frame.color_trc, frame.color_primaries) is self._transfer

    def fit(self, frame: av.VideoFrame, geometry: Geometry) -> av.VideoFrame:
        """The fitted frame, in memory of its own. geometry: the frame's."""
        if not self.same_colours(frame):
            return self._tagged(self._by_srgb(frame, geometry))
        kind = (geometry, frame.format.name, frame.colorspace, frame.color_range)
        if kind != self._kind:
            self._graph, self._kind = self._built(frame, geometry), kind
        self._graph.push(frame)
        fitted = self._graph.pull()
        assert isinstance(fitted, av.VideoFrame)
        return self._tagged(fitted)

    def _tagged(self, frame: av.VideoFrame) -> av.VideoFrame:
        tags = self._tags
        frame.color_primaries, frame.color_trc = tags.primaries, tags.transfer
        frame.colorspace, frame.color_range = tags.space, tags.range
        frame.pict_type = 0
        return frame

    def _built(self, frame: av.VideoFrame, geometry: Geometry) -> Graph:
        graph, target = Graph(), self._geometry
        graph.threads = 1
        base = frame.time_base or Fraction(1, 1000)
        (w, h), (left, top) = placed(geometry, target)
        steps = [*turns(geometry.rotation, geometry.mirrored)]
        steps.append(("scale", f"w={w}:h={h}:{self._colours(frame)}"))
        steps.append(("format", self._format))
        steps.append(("pad", f"w={target.upright[0]}:h={target.upright[1]}:x={left}:y={top}:color=black@0"))
        steps += [*turns(0, target.mirrored), *turns(-target.rotation % 360, False)]
        nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base)]
        nodes += [graph.add(name, how) for name, how in steps]
        graph.link_nodes(*nodes, graph.add("buffersink")).configure()
        return graph

    def _colours(self, frame: av.VideoFrame) -> str:
        """Options of `scale` that bring the frame's matrix and range into the first one's: an untagged small picture
        means another matrix than an untagged large one."""
        before = (matrix_of(frame.colorspace, frame.width, frame.height), _range(frame.color_range, frame.format.name))
        sides = (self._geometry.width, self._geometry.height)
        after = (matrix_of(self._tags.space, *sides), _range(self._tags.range, self._format))
        return (
            f"in_color_matrix={_MATRICES[before[0]]}:out_color_matrix={_MATRICES[after[0]]}"
            f":in_range={before[1]}:out_range={after[1]}:flags=bicubic+accurate_rnd"
        )

    def _by_srgb(self, frame: av.VideoFrame, geometry: Geometry) -> av.VideoFrame:
        """Between HDR and ordinary video, and between sets of primaries: in 8 bits, by way of sRGB."""
        target = self._geometry
        own = Planes.of(frame, geometry.rotation, mirrored=geometry.mirrored, aspect=geometry.aspect)
        whole = Geometry(*target.shown)
        (w, h), (left, top) = placed(geometry, whole)
        black: U8 = np.zeros((target.height, target.width, 3), np.uint8)
        empty = av.VideoFrame.from_ndarray(black, format="rgb24").reformat(
            format=self._format,
            dst_colorspace=matrix_of(self._tags.space, target.width, target.height),
            dst_color_range=FULL if _range(self._tags.range, self._format) == "full" else 1,
        )
        ground = Planes.of(self._tagged(empty), target.rotation, mirrored=target.mirrored, aspect=target.aspect)
        shown = Patch(left, top, own.small(w, h), np.ones((h, w), np.float32))
        fitted = ground.pasted((shown,)).to_av()
        fitted.pts, fitted.time_base = frame.pts, frame.time_base or Fraction(1, 1000)
        return fitted


def placed(geometry: Geometry, target: Geometry) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height, and left and top, in upright samples of the target, at which a picture of `geometry` lies in
    it: as large as fits, in the middle, its proportions kept. Even numbers, so that no chroma sample is shared with the
    edges, but where a side is filled."""
    (w, h), (wide, high), (across, down) = geometry.shown, target.shown, target.upright
    k = min(Fraction(wide, w), Fraction(high, h))
    width = _even(w * k * across / wide, across)
    height = _even(h * k * down / high, down)
    return (width, height), ((across - width) // 4 * 2, (down - height) // 4 * 2)


def _even(length: Fraction, whole: int) -> int:
    return whole if abs(length - whole) < 1 else max(2, round(length / 2) * 2)


def _range(tag: int, pixel_format: str) -> str:
    full = tag == FULL or pixel_format.startswith("yuvj") or av.VideoFormat(pixel_format).is_rgb
    return "full" if full else "limited"
