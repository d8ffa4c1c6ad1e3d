"""Replacing: some pictures of a finished H.264 clip are replaced; every packet of the groups without one, and every
packet of sound and subtitles, is passed on as it is.

A group is what lies between two key pictures: within a group that has a replaced picture all are encoded anew.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from engines.errors import OutputError
from stream.media.address import local_address
from stream.media.copying import Copying, TimeWindow, copied, copy_chapters
from stream.media.demux import clock_of, demuxed
from stream.media.probe import open_input
from stream.media.source import Source
from stream.media.video.avc import AvcRecord, annex_b
from stream.media.video.boxes import add_boxes
from stream.picture import Picture
from stream.pixels.planes import Planes

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov"}  # Matroska keeps no decoding times to go on from
CRF = 16  # finer than the usual: some of the pictures are encoded a second time


@dataclass(frozen=True, slots=True)
class PictureGroup:
    """first, last: indices of its frames, in display order. dts: of its packets, in the file's order."""

    first: int
    last: int
    dts: tuple[int, ...]


def groups(clip: str) -> list[PictureGroup]:
    """The groups of a clip that decode by themselves. Raises OutputError for another codec."""
    found: list[PictureGroup] = []
    with closing(open_input(clip)) as container:
        video = container.streams.video[0]
        record = record_of(video, clip)
        first, dts = 0, list[int]()
        for packet in container.demux(video):
            if packet.dts is None or not packet.size:
                continue
            if dts and packet.is_keyframe and record.begins(bytes(packet)):
                found.append(PictureGroup(first, first + len(dts) - 1, tuple(dts)))
                first, dts = first + len(dts), []
            dts.append(packet.dts)
        if dts:
            found.append(PictureGroup(first, first + len(dts) - 1, tuple(dts)))
    return found


def record_of(video: "av.VideoStream", clip: str) -> AvcRecord:
    """Raises OutputError where pictures cannot be replaced one by one."""
    if video.codec_context.name != "h264" or video.codec_context.pix_fmt not in ("yuv420p", "yuvj420p"):
        raise OutputError(
            f"{clip} holds {video.codec_context.name} {video.codec_context.pix_fmt}; only 8-bit H.264 is repaired"
            " in part: swap it anew with --codec h264"
        )
    return AvcRecord.read(video.codec_context.extradata or b"")


def touched(all_groups: Iterable[PictureGroup], frames: Iterable[int]) -> list[PictureGroup]:
    """The groups that hold any of the frames."""
    wanted = sorted(set(frames))
    return [g for g in all_groups if any(g.first <= frame <= g.last for frame in wanted)]


Pictures = Callable[[PictureGroup], Iterator[tuple[int, Picture]]]
"""All pictures of a group, in display order, each with its pts in the clip's time base."""


def replace_groups(
    source: Source, output: str, wanted: list[PictureGroup], pictures: Pictures, finishing: Callable[[Path], object]
) -> None:
    """source: the clip, opened and not yet read. finishing: gets the whole file before it takes its name. Raises
    OutputError; nothing is then left under the final name."""
    kind = FORMATS.get(Path(output).suffix.lower())
    if kind is None or kind != FORMATS.get(Path(source.path).suffix.lower()):
        raise OutputError(f"{output}: clips of {', '.join(FORMATS)} are repaired, each to its own kind")
    with copied(source, output) as partial:
        _write(source, output, partial, kind, wanted, pictures)
        add_boxes(partial, source.info.immersive.boxes)
        finishing(partial)


def _write(
    source: Source, output: str, partial: Path, kind: str, wanted: list[PictureGroup], pictures: Pictures
) -> None:
    old = record_of(source.video, source.path)
    number = old.free_number()
    first = _encoder(source, number)
    record = old.joined(annex_b(first.extradata or b""))
    by_first = {dts: group for group in wanted for dts in group.dts[:1]}
    within = {dts for group in wanted for dts in group.dts}
    with av.open(local_address(partial), "w", format=kind) as out:
        video = out.add_stream_from_template(source.video, opaque=True)
        video.codec_context.extradata = record.written()
        video.metadata.update(source.video.metadata)
        copying = Copying(source, out, output)
        window = TimeWindow(Fraction(0), None, None)
        copy_chapters(source, out, window)
        with closing(open_input(source.path)) as again:
            own = again.streams[source.video.index]
            assert isinstance(own, av.VideoStream), "the file is the same"
            for packet in demuxed(again, clock_of(again, own)):
                if packet.stream.index != own.index:
                    if packet.size:
                        copying.mux(packet, window)
                    continue
                if packet.dts is None or not packet.size:
                    continue
                if packet.dts in by_first:
                    for made in _encoded(source, number, record, by_first[packet.dts], pictures, packet):
                        made.stream = video
                        out.mux_one(made)
                if packet.dts not in within:
                    packet.stream = video
                    out.mux_one(packet)


def _encoded(
    source: Source, number: int, record: AvcRecord, group: PictureGroup, pictures: Pictures, like: "av.Packet[Any]"
) -> Iterator["av.Packet[Any]"]:
    """A group anew: one picture a packet, in order, at the decoding times that the old packets had, which are never
    later than the pictures' own."""
    encoder = _encoder(source, number)
    place = 0
    for pts, picture in pictures(group):
        assert isinstance(picture, Planes)
        frame = picture.to_av().reformat(format=encoder.pix_fmt)
        frame.pts, frame.time_base, frame.pict_type = pts, encoder.time_base, 0
        for packet in encoder.encode(frame):
            yield _packet(packet, record, group.dts[place], like)
            place += 1
    for packet in encoder.encode(None):
        yield _packet(packet, record, group.dts[place], like)
        place += 1
    if place != len(group.dts):
        raise OutputError(f"{source.path}: {place} of {len(group.dts)} pictures of a group could be encoded")


def _packet(made: "av.Packet[Any]", record: AvcRecord, dts: int, like: "av.Packet[Any]") -> "av.Packet[Any]":
    packet = av.Packet(record.packet(annex_b(bytes(made))))
    packet.pts, packet.dts, packet.time_base = made.pts, dts, like.time_base
    packet.duration = like.duration
    packet.is_keyframe = made.is_keyframe
    return packet


def _encoder(source: Source, number: int) -> "av.VideoCodecContext":
    """libx264 with parameter sets of a number of their own, no B pictures, and one key picture."""
    old = source.video.codec_context
    made = av.CodecContext.create("libx264", "w")
    assert isinstance(made, av.VideoCodecContext)
    made.width, made.height, made.pix_fmt = old.width, old.height, old.pix_fmt
    made.time_base = source.info.time_base
    made.framerate = source.info.rate or Fraction(25)
    made.color_range, made.colorspace = old.color_range, old.colorspace
    made.color_primaries, made.color_trc = old.color_primaries, old.color_trc
    if old.sample_aspect_ratio is not None:
        made.sample_aspect_ratio = old.sample_aspect_ratio
    made.flags |= 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
    made.options = {
        "crf": str(CRF),
        "preset": "medium",
        "x264-params": f"sps-id={number}:bframes=0:keyint=infinite:scenecut=0",
    }
    made.open()
    return made
