"""Upright: frames as they are meant to be seen, in samples of their own: turned, mirrored, in square pixels. For live
pictures, which leave without a container that could say how they are meant. Knows libavfilter.
"""

from fractions import Fraction

import av
from av.filter import Graph

from stream.media.turning import turns
from stream.pixels.geometry import Geometry


class Upright:
    """Call it with the frames of one stream, on one thread."""

    def __init__(self) -> None:
        self._kind: tuple[Geometry, str] | None = None
        self._graph: Graph | None = None

    def __call__(self, frame: av.VideoFrame, geometry: Geometry) -> av.VideoFrame:
        """The frame itself where it is upright with square pixels, else a copy that is."""
        kind = (geometry, frame.format.name)
        if kind != self._kind:
            self._kind, self._graph = kind, _built(frame, geometry)
        if self._graph is None:
            return frame
        self._graph.push(frame)
        shown = self._graph.pull()
        assert isinstance(shown, av.VideoFrame)
        shown.pict_type = 0
        return shown


def _built(frame: av.VideoFrame, geometry: Geometry) -> Graph | None:
    """None where there is nothing to be done."""
    steps = [*turns(geometry.rotation, geometry.mirrored)]
    if geometry.shown != geometry.upright:
        width, height = (n // 2 * 2 for n in geometry.shown)  # even, as live encoders want it
        steps.append(("scale", f"w={width}:h={height}:flags=bilinear"))
    if not steps:
        return None
    graph = Graph()
    graph.threads = 1
    base = frame.time_base or Fraction(1, 1000)
    nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base)]
    nodes += [graph.add(name, how) for name, how in steps]
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    return graph
