"""Cloner: writable copies of decoded frames, with all that a frame carries: time, colour tags, field flags.

Knows only libavfilter's `copy`: PyAV has no other way to copy a frame's flags, and the filter's pool spares the page
faults of fresh memory (0.2 ms instead of 1.5 ms for 1080p).
"""

import threading
from fractions import Fraction

import av
from av.filter import Graph


class Cloner:
    """Copies frames of one stream. May be shared between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kind: tuple[int, int, str] | None = None
        self._graph: Graph | None = None

    def copy(self, frame: av.VideoFrame) -> av.VideoFrame:
        """A copy in memory of its own."""
        with self._lock:
            kind = (frame.width, frame.height, frame.format.name)
            if self._graph is None or kind != self._kind:
                self._graph, self._kind = _graph(frame), kind
            self._graph.push(frame)
            twin = self._graph.pull()
        assert isinstance(twin, av.VideoFrame)
        return twin


def _graph(frame: av.VideoFrame) -> Graph:
    graph = Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 1000)
    )
    copy, sink = graph.add("copy"), graph.add("buffersink")
    source.link_to(copy)
    copy.link_to(sink)
    graph.configure()
    return graph
