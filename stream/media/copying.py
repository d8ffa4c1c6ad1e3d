"""Stream copy: sound, subtitles, data, covers and attachments go from the source to the output, as `StreamPlan`
decides.

Knows: the ways that packets go, and their times. Knows nothing of video frames.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer

from engines.errors import OutputError
from stream.media.atomicfile import AtomicFile
from stream.media.others.containers import Container
from stream.media.others.covers import attach, is_cover
from stream.media.others.plan import Planned, StreamFate, StreamPlan
from stream.media.others.sound import SoundConverted
from stream.media.others.text import TextConverted
from stream.media.others.wanted import Streams
from stream.media.others.way import Copied, Way
from stream.media.source import Source

# What the MOV family's demuxer reports of the file itself, and its muxer writes anew.
_OWN_TAGS = {"major_brand", "minor_version", "compatible_brands", "encoder"}
_NOT_STRICT = 0x20000  # AVFMT_TS_NONSTRICT: two packets may have one decoding time


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The part of the source's time that is kept. origin: seconds that become 0. lower, upper: packets that begin
    before, or at and after these are left out; None: no bound."""

    origin: Fraction = Fraction(0)
    lower: Fraction | None = None
    upper: Fraction | None = None


@contextmanager
def copied(source: Source, output: str) -> Iterator[Path]:
    """The file beside `output` into which packets of `source` are written; it takes its name at the end. Raises
    OutputError, also for what FFmpeg and disks raise; nothing is then left under the final name."""
    try:
        with AtomicFile(Path(output), Path(source.path)) as partial:
            yield partial
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise OutputError(f"cannot write {output}: {getattr(error, 'strerror', None) or error}") from error


class Copying:
    """The other streams of one output. notes: what was left out or changed, one sentence each. wanted: indexes of the
    source's streams whose packets go into the output."""

    def __init__(
        self,
        source: Source,
        container: OutputContainer,
        name: str,
        alone: bool = False,
        streams: Streams = Streams.ALL,
    ) -> None:
        """Adds a stream for each of the source's that the container holds; none where the pictures go alone. The
        container has its video stream already. Raises OutputError, see `StreamPlan.check`."""
        self._source, self._container, self._name = source, container, name
        self._ways: dict[int, Way] = {}
        self._last: dict[int, int] = {}
        self._written: dict[int, int] = {}
        self._strict = not container.format.flags & _NOT_STRICT
        others = () if alone else source.others()
        first = {stream.index: source.read_so_far(stream.index) for stream in others}
        plan = StreamPlan(others, Container.of(container, name), source.container.format.name, first)
        video = container.streams.video[0].codec_context.name if others else ""
        plan.check(name, source.path, video, streams)
        for one in plan.all:
            self._add(one, first[one.stream.index])
        self.wanted = frozenset(i for i, way in self._ways.items() if way.target.type != "attachment")
        source.copy(self.wanted)
        container.metadata.update({k: v for k, v in source.container.metadata.items() if k not in _OWN_TAGS})
        self.notes = plan.notes(name, source.path, video)

    def _add(self, one: Planned, first: "list[av.Packet[Any]]") -> None:
        stream, container = one.stream, self._container
        if one.fate is StreamFate.COPIED:
            self._ways[stream.index] = Copied(container, stream)
        elif one.fate is StreamFate.CONVERTED:
            kind = TextConverted if stream.type == "subtitle" else SoundConverted
            self._ways[stream.index] = kind(container, stream, one.codec)
        elif one.fate is StreamFate.ATTACHED:
            attach(container, stream, bytes(first[0]))

    def pass_on(self, window: TimeWindow) -> None:
        """Muxes the packets read so far; the muxer interleaves them with the video by dts."""
        for packet in self._source.take():
            self.mux(packet, window)

    def mux(self, packet: "av.Packet[Any]", window: TimeWindow) -> None:
        """One packet of a wanted stream, moved and cut as the window says. Raises OutputError where the stream is not
        what it seemed, and what PyAV raises for the file."""
        index, way = packet.stream.index, self._ways[packet.stream.index]
        what = f"{packet.stream.type} stream {index}"
        try:
            if is_cover(packet.stream):
                packet.pts = packet.dts = 0
            elif not self._moved(packet, window):
                return
            for made in way.pass_on(packet):
                self._rising(index, made, way)
                self._container.mux_one(made)
        except (av.error.InvalidDataError, av.error.ArgumentError, OverflowError) as error:
            raise OutputError(
                f"cannot write {self._name}: the {what} of the input is damaged, or no {self._container.format.name}"
                f" holds it ({getattr(error, 'strerror', error)}); write a .mkv, or repair the input first"
            ) from error

    def _moved(self, packet: "av.Packet[Any]", window: TimeWindow) -> bool:
        """Gives a packet its time in the output. False where it lies outside the window."""
        index, base = packet.stream.index, packet.time_base
        at = packet.pts if packet.pts is not None else packet.dts
        if at is None:
            at = self._last.get(index, 0)
        self._last[index] = at + (packet.duration or 0)
        if window.lower is not None and at * base < window.lower:
            return False
        if window.upper is not None and at * base >= window.upper:
            return False
        shift = round(window.origin / base)
        packet.dts = (at if packet.dts is None else packet.dts) - shift
        packet.pts = at - shift
        return True

    def _rising(self, index: int, packet: "av.Packet[Any]", way: Way) -> None:
        """Muxers refuse sound whose time does not rise; one tick later is soon enough for what overlaps a little."""
        base = way.target.time_base
        if way.target.type != "audio" or base is None or packet.dts is None or packet.pts is None:
            return
        last, now = self._written.get(index), round(packet.dts * packet.time_base / base)
        if last is not None and (now < last or (now == last and self._strict)):
            scale = packet.time_base / base
            now, delay = last + self._strict, round((packet.pts - packet.dts) * scale)
            packet.duration = round((packet.duration or 0) * scale)
            packet.dts, packet.pts, packet.time_base = now, now + delay, base
        self._written[index] = now


def copy_chapters(source: Source, container: OutputContainer, window: TimeWindow) -> None:
    """Chapters, moved as the frames are and cut to the window."""
    kept: list[Any] = []
    for chapter in source.container.chapters():
        base = chapter["time_base"] or Fraction(1, av.time_base)
        start, end = (Fraction(chapter[edge]) * base for edge in ("start", "end"))
        if window.lower is not None:
            start = max(start, window.lower)
        if window.upper is not None:
            end = min(end, window.upper)
        if start < end:
            moved = (round((edge - window.origin) / base) for edge in (start, end))
            kept.append({**chapter, "start": next(moved), "end": next(moved)})
    if kept:
        container.set_chapters(kept)
