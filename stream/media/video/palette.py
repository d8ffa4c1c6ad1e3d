"""Palette: GIF's 256 colours, made of the pictures themselves. Knows libavfilter's palettegen and paletteuse."""

from fractions import Fraction

import av
from av.filter import Graph

_MOST = 128_000_000  # bytes of pictures that share a palette


class Palette:
    """Gathers RGBA frames and gives them back with palettes: one for all, and where that would take too much memory,
    one for each stretch. For one thread."""

    def __init__(self) -> None:
        self._waiting: list[av.VideoFrame] = []

    def add(self, frame: av.VideoFrame) -> list[av.VideoFrame]:
        """frame: `rgba`. What is ready, `pal8`, in order; mostly nothing."""
        self._waiting.append(frame)
        size = 4 * frame.width * frame.height
        return self.rest() if len(self._waiting) * size >= _MOST else []

    def rest(self) -> list[av.VideoFrame]:
        """All that waits."""
        frames, self._waiting = self._waiting, []
        return _painted(frames, _made(frames)) if frames else []


def _made(frames: list[av.VideoFrame]) -> av.VideoFrame:
    graph = Graph()
    source = _source(graph, frames[0])
    maker = graph.add("palettegen", "stats_mode=full:reserve_transparent=1")
    graph.link_nodes(source, maker, graph.add("buffersink")).configure()
    for frame in frames:
        graph.push(frame)
    graph.push(None)
    palette = graph.pull()
    assert isinstance(palette, av.VideoFrame)
    return palette


def _painted(frames: list[av.VideoFrame], palette: av.VideoFrame) -> list[av.VideoFrame]:
    graph = Graph()
    pictures, colours = _source(graph, frames[0]), _source(graph, palette)
    user = graph.add("paletteuse", "dither=sierra2_4a:diff_mode=rectangle")
    sink = graph.add("buffersink")
    pictures.link_to(user, 0, 0)
    colours.link_to(user, 0, 1)
    user.link_to(sink)
    graph.configure()
    colours.push(palette)
    colours.push(None)
    out = []
    for frame in frames:
        pictures.push(frame)
        painted = sink.pull()
        assert isinstance(painted, av.VideoFrame)
        painted.pts, painted.time_base, painted.duration = frame.pts, frame.time_base, frame.duration
        out.append(painted)
    return out


def _source(graph: Graph, frame: av.VideoFrame) -> "av.filter.context.FilterContext":
    base = frame.time_base or Fraction(1, 100)
    return graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=base)
