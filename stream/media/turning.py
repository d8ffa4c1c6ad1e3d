"""Turner: turns and mirrors whole frames, for containers that cannot say how a picture is meant. Knows only
libavfilter.
"""

from fractions import Fraction

import av
from av.filter import Graph

_FILTERS = {
    0: (),
    90: (("transpose", "clock"),),
    180: (("hflip", None), ("vflip", None)),
    270: (("transpose", "cclock"),),
}


def turns(degrees: int, mirrored: bool) -> tuple[tuple[str, str | None], ...]:
    """The filters that turn clockwise by 0, 90, 180 or 270 degrees and then mirror left to right."""
    return (*_FILTERS[degrees], *((("hflip", None),) if mirrored else ()))


class Turner:
    """Turns frames of one stream clockwise by 0, 90, 180 or 270 degrees, then mirrors them left to right where
    `mirrored`. For one thread."""

    def __init__(self, degrees: int, mirrored: bool = False) -> None:
        self._steps = turns(degrees, mirrored)
        self._graph: Graph | None = None

    def turn(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The turned frame, in memory of its own."""
        if self._graph is None:
            graph = Graph()
            base = frame.time_base or Fraction(1, 1000)
            nodes = [graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base)]
            nodes += [graph.add(name, how) for name, how in self._steps]
            graph.link_nodes(*nodes, graph.add("buffersink")).configure()
            self._graph = graph
        self._graph.push(frame)
        turned = self._graph.pull()
        assert isinstance(turned, av.VideoFrame)
        turned.pict_type = 0
        return turned
