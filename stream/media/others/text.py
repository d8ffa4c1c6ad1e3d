"""Subtitles of text stored in the format that the output's container holds: mov_text as SubRip and back, and so on.

Knows: FFmpeg's text formats, decoders and encoders. Knows nothing of pictures of text, which cannot be converted so.
"""

from fractions import Fraction
from typing import Any, cast

import av
from av.container import OutputContainer
from av.stream import Stream
from av.subtitles.codeccontext import SubtitleCodecContext
from av.subtitles.stream import SubtitleStream

from stream.media.others.containers import Container, codec_of, described

_HELD = {"matroska": "subrip", "webm": "webvtt"} | dict.fromkeys(
    ("mp4", "mov", "ipod", "3gp", "3g2", "f4v"), "mov_text"
)
_PLAIN = {"mov_text", "subrip", "text"}  # words, line breaks, bold and italics, which all formats hold


class TextConverted:
    """A way (see `stream.media.others.way`). codec: the format that is written."""

    def __init__(self, container: OutputContainer, stream: Stream, codec: str) -> None:
        self._decoder = cast(SubtitleCodecContext, stream.codec_context)
        self._decoder.open(strict=False)
        self.target = cast(SubtitleStream, container.add_stream(codec))
        self._encoder = self.target.codec_context
        self._encoder.subtitle_header = self._decoder.subtitle_header
        self._encoder.time_base = Fraction(1, 1000)
        described(self.target, stream)

    def pass_on(self, packet: "av.Packet[Any]") -> "list[av.Packet[Any]]":
        said = self._decoder.decode2(packet)
        if said is None:  # an empty line, as MP4 has between two
            return []
        made: av.Packet[Any] = self._encoder.encode_subtitle(said)
        made.stream, made.time_base = self.target, packet.time_base
        made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
        return [made]


def text_for(target: Container, stream: Stream) -> str | None:
    """The format that a container holds instead of a stream's own; None where there is none."""
    context: Any = stream.codec_context
    return _HELD.get(target.name) if context is not None and context.codec.text_sub else None


def keeps_all(stream: Stream, codec: str) -> bool:
    """Whether a format holds all that the stream's own says: words only, no styles, places or moves."""
    return codec_of(stream) in {*_PLAIN, codec}
