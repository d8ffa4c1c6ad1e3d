"""Join: finished pieces and the source's own sound become one file, packet for packet; nothing is encoded again."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from engines.errors import OutputError
from stream.media.address import local_address
from stream.media.copying import Copying, TimeWindow, copied, copy_chapters
from stream.media.demux import clock_of, demuxed, jumps
from stream.media.others.containers import Container
from stream.media.others.plan import StreamPlan
from stream.media.others.wanted import Streams
from stream.media.probe import open_input
from stream.media.source import Source
from stream.media.video.boxes import add_boxes
from tools.daemon.process.segments import Segment
from tools.daemon.steps import Passed, Step, unheard

HOLD = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".ts": "mpegts"}
TAIL = Fraction(2)  # seconds read past the end for sound that lies late in the file
FAR = 10  # seconds; as in `stream.media.sink`
Timed = tuple[Fraction, "av.Packet[Any]", bool]  # seconds in the output, a packet, and whether it lies beside the video


def container_of(output: str, rotation: int = 0, mirrored: bool = False) -> str:
    """FFmpeg's name of the output's container. Raises OutputError for those that pieces cannot be joined into."""
    kind = HOLD.get(Path(output).suffix.lower())
    if kind is None:
        raise OutputError(f"{output}: the daemon writes {', '.join(HOLD)}; name such a file")
    if kind == "mpegts" and rotation:
        raise OutputError(f"{output}: .ts cannot say that a picture is turned, and the input's is; write .mp4 or .mkv")
    if mirrored and kind not in ("mp4", "mov"):
        raise OutputError(f"{output}: {kind} cannot say that a picture is mirrored, and the input's is; write .mp4")
    return kind


def check_streams(source: Source, output: str, encoder: str, streams: Streams) -> None:
    """Whether sound and all else beside the pictures can be kept as the job wants it. source: no frame of it read.
    encoder: FFmpeg's name. Raises OutputError: before any picture is made."""
    target, others = Container(container_of(output), Path(output).suffix.lower()), source.others()
    first = {stream.index: source.read_so_far(stream.index) for stream in others}
    StreamPlan(others, target, source.container.format.name, first).check(output, source.path, encoder, streams)


def join(
    segments: Sequence[Segment],
    source: Source,
    output: str,
    finishing: Callable[[Path], object],
    passed: Passed = unheard,
    streams: Streams = Streams.ALL,
) -> tuple[str, ...]:
    """Writes the file beside its name, and gives it the name when it is whole. source: opened as the job says.
    finishing: gets the whole file before that. streams: as a sink has it. Returns what became of streams that were
    not kept as they are, one sentence each. Raises OutputError."""
    if not segments:
        raise OutputError(f"not one frame came to be written, so there is no {output}; look at the input")
    with copied(source, output) as partial:
        kind = container_of(output, source.info.rotation, source.info.mirrored)
        notes = _write(segments, source, partial, output, kind, passed, streams)
        if kind in ("mp4", "mov"):  # what the pieces' own boxes say and a muxer does not pass on
            add_boxes(partial, source.info.immersive.boxes)
        passed(Step.JOINED)
        finishing(partial)
    return notes


def _write(
    segments: Sequence[Segment],
    source: Source,
    partial: Path,
    output: str,
    kind: str,
    passed: Passed,
    streams: Streams,
) -> tuple[str, ...]:
    path = local_address(partial)
    options = {"avoid_negative_ts": "disabled"} if kind == "matroska" else {}
    with av.open(path, "w", format=kind, container_options=options) as out, av.open(str(segments[0].path)) as first:
        piece, metadata = first.streams.video[0], source.video.metadata
        video = out.add_stream_from_template(piece, opaque=True)
        video.metadata.update({k: metadata[k] for k in ("language", "title", "handler_name") if k in metadata})
        video.metadata.update({k: piece.metadata[k] for k in ("alpha_mode",) if k in piece.metadata})
        copying = Copying(source, out, output, streams=streams)
        window = _window(source, segments[0].first * source.info.time_base, kind)
        copy_chapters(source, out, window)
        out.start_encoding()
        passed(Step.JOIN_OPENED)
        for _, packet, beside in heapq.merge(
            _pictures(segments, source.info.time_base, window.origin),
            _others(source, window, copying.wanted),
            key=lambda item: item[0],
        ):
            if beside:
                copying.mux(packet, window)
            else:
                packet.stream = video
                out.mux_one(packet)
            passed(Step.PACKET_JOINED)
    return copying.notes


def _window(source: Source, first: Fraction, kind: str) -> TimeWindow:
    start = Fraction(source.container.start_time or 0, av.time_base)
    if source.trimmed:
        return TimeWindow(first, first, source.end)
    far = start > FAR and kind != "mpegts"
    return TimeWindow(start if far else min(Fraction(0), first), None, source.end)


def _pictures(segments: Sequence[Segment], base: Fraction, origin: Fraction) -> Iterator[Timed]:
    """The pieces' packets at the times of the source, decoding times rising over the seams."""
    last: int | None = None
    for segment in segments:
        with av.open(str(segment.path)) as piece:
            stream = piece.streams.video[0]
            assert stream.time_base is not None
            shift = round((segment.first * base - origin) / stream.time_base)
            for packet in piece.demux(stream):
                if packet.pts is None or packet.dts is None:
                    continue
                packet.pts += shift
                packet.dts = packet.dts + shift if last is None else max(packet.dts + shift, last + 1)
                last = packet.dts
                yield last * stream.time_base, packet, False


def _others(source: Source, window: TimeWindow, wanted: frozenset[int]) -> Iterator[Timed]:
    """The packets of the source's wanted other streams, by index, read anew."""
    if not wanted:
        return
    with closing(open_input(source.path, source.demuxer)) as again:
        video = again.streams[source.video.index]
        assert isinstance(video, av.VideoStream), "the file is the same"
        if window.lower is not None and not jumps(again):
            again.seek(int((window.lower) * av.time_base), any_frame=False)
        for packet in demuxed(again, clock_of(again, video)):
            if packet.stream.index not in wanted:
                continue
            at = packet.dts if packet.dts is not None else packet.pts
            if at is None or not packet.size:
                continue
            if window.upper is not None and at * packet.time_base > window.upper + TAIL:
                return
            yield at * packet.time_base - window.origin, packet, True
