"""Stream copy: audio, subtitle, data and attachment packets go from the source to the output as they are.

Knows: which streams a container can hold, time shifts of packets. Knows nothing of video frames.
"""

import io
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.container import OutputContainer
from av.stream import Disposition, Stream

from engines.errors import OutputError
from stream.media.source import Source

# What the MOV family's demuxer reports of the file itself, and its muxer writes anew.
_OWN_TAGS = {"major_brand", "minor_version", "compatible_brands", "encoder"}


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The part of the source's time that is kept. origin: seconds that become 0. lower, upper: packets that begin
    before, or at and after these are left out; None: no bound."""

    origin: Fraction = Fraction(0)
    lower: Fraction | None = None
    upper: Fraction | None = None


class Copying:
    """The copied streams of one output. notes: what was left out, one sentence each."""

    def __init__(self, source: Source, container: OutputContainer, name: str, alone: bool = False) -> None:
        """Adds a stream for each of the source's; none where the pictures go alone. Raises OutputError where the
        container cannot hold an audio or subtitle stream; data streams that it cannot hold are left out and noted."""
        self._source, self._container = source, container
        self._targets: dict[int, Stream] = {}
        self._last: dict[int, int] = {}
        notes = []
        for stream in () if alone else source.others():
            try:
                _check(source, container, stream)
                self._targets[stream.index] = _add(container, stream)
            except (ValueError, av.error.FFmpegError) as error:
                what = f"{stream.type} stream {stream.index} ({_codec_name(stream)})"
                if stream.type in ("audio", "subtitle"):
                    raise OutputError(
                        f"{container.format.name} cannot hold the {what} of the input; write to {_instead(name)}"
                    ) from error
                notes.append(f"the {what} is left out: {container.format.name} cannot hold it")
        source.copy(frozenset(i for i, t in self._targets.items() if t.type != "attachment"))
        container.metadata.update({k: v for k, v in source.container.metadata.items() if k not in _OWN_TAGS})
        self.notes = tuple(notes)

    def pass_on(self, window: TimeWindow) -> None:
        """Muxes the packets read so far; the muxer interleaves them with the video by dts."""
        for packet in self._source.take():
            self.mux(packet, window)

    def mux(self, packet: "av.Packet[Any]", window: TimeWindow) -> None:
        """One packet of a copied stream, moved and cut as the window says."""
        index = packet.stream.index
        at = packet.pts if packet.pts is not None else packet.dts
        if at is None:
            at = self._last.get(index, 0)
        self._last[index] = at + (packet.duration or 0)
        base = packet.time_base
        if window.lower is not None and at * base < window.lower:
            return
        if window.upper is not None and at * base >= window.upper:
            return
        shift = round(window.origin / base)
        packet.dts = (at if packet.dts is None else packet.dts) - shift
        packet.pts = at - shift
        packet.stream = self._targets[index]
        self._container.mux_one(packet)


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


def _check(source: Source, container: OutputContainer, stream: Stream) -> None:
    """Raises where the container cannot hold the stream: some muxers say so only when they write their header, so one
    is written in memory for this stream alone."""
    if stream.type == "video" and not stream.disposition & Disposition.attached_pic:
        raise ValueError("only the main video stream is kept")
    if stream.type == "data" and container.format.name not in source.container.format.name.split(","):
        raise ValueError("data mean something in their own container only")
    with av.open(io.BytesIO(), "w", format=container.format.name) as trial:
        _add(trial, stream)
        trial.start_encoding()


def _add(container: OutputContainer, stream: Stream) -> Stream:
    added = container.add_stream_from_template(stream, opaque=True)
    added.metadata.update(stream.metadata)
    added.disposition = stream.disposition
    return added


def _codec_name(stream: Stream) -> str:
    return stream.codec_context.name if stream.codec_context is not None else "unknown"


def _instead(name: str) -> str:
    return f"{name.rsplit('.', 1)[0]}.mkv, which holds nearly any" if "." in name else "a .mkv file"
