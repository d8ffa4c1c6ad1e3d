"""Sound as plain PCM, sample for sample, where a container does not hold the format it comes in: LPCM of cameras and
discs, A-law, ADPCM, and formats without loss.

Knows: FFmpeg's sample formats, decoders and encoders. Converts nothing that would lose anything.
"""

from fractions import Fraction
from typing import Any, cast

import av
from av.container import OutputContainer
from av.stream import Stream

from stream.media.others.containers import PRIVATE, Container, Errors, codec_of, described

_PCM = {
    "u8": ("pcm_u8", "pcm_s16le"),
    "s16": ("pcm_s16le",),
    "s32": ("pcm_s32le",),
    "s64": ("pcm_s64le",),
    "flt": ("pcm_f32le",),
    "dbl": ("pcm_f64le",),
}
_24_BITS = ("pcm_bluray", "pcm_dvd", "s24", "u24")  # decoded to 32 bits, of which 24 are used at most
_USUAL = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}  # what channels without a layout are


class SoundConverted:
    """A way (see `stream.media.others.way`). codec: the PCM that is written."""

    def __init__(self, container: OutputContainer, stream: Stream, codec: str) -> None:
        decoder = cast(av.AudioCodecContext, stream.codec_context)
        rate, layout = decoder.sample_rate, _layout(decoder.layout)
        self.target = cast(av.AudioStream, container.add_stream(codec, rate, layout=layout))
        self._decoder, self._encoder = decoder, self.target.codec_context
        self._encoder.time_base = Fraction(1, rate)
        self._resampler = av.AudioResampler(self._encoder.format, layout, rate)
        described(self.target, stream)

    def pass_on(self, packet: "av.Packet[Any]") -> "list[av.Packet[Any]]":
        made: list[av.Packet[Any]] = []
        at = None if packet.pts is None else packet.pts * packet.time_base
        for frame in self._decoder.decode(packet):
            frame.time_base = Fraction(1, frame.sample_rate)
            frame.pts = None if at is None else round(at * frame.sample_rate)
            at = None if at is None else at + Fraction(frame.samples, frame.sample_rate)
            for plain in self._resampler.resample(frame):
                made += self._encoder.encode(plain)
        for one in made:
            one.stream = self.target
        return made

    def silence(self) -> "list[av.Packet[Any]]":
        """A little of what would be written, to try a muxer with."""
        frame = av.AudioFrame(self._encoder.format, self._encoder.layout, 64)
        frame.sample_rate, frame.pts, frame.time_base = self._encoder.sample_rate, 0, self._encoder.time_base
        packets = self._encoder.encode(frame)
        for one in packets:
            one.stream = self.target
        return list(packets)


def sound_for(target: Container, stream: Stream) -> str | None:
    """The PCM that a container holds instead of a stream's own format; None where there is none."""
    context: Any = stream.codec_context
    name = codec_of(stream) or ""
    exact = name.startswith(("pcm_", "adpcm_")) or (name != "dts" and context is not None and context.codec.lossless)
    if not exact or context.format is None or target.name in PRIVATE:
        return None
    kind = context.format.packed.name
    known = ("pcm_s24le",) if kind == "s32" and any(part in name for part in _24_BITS) else _PCM.get(kind, ())
    return next((codec for codec in known if _holds(target, codec, stream)), None)


def _holds(target: Container, codec: str, stream: Stream) -> bool:
    """Whether a container takes the PCM, tried to the end: some muxers refuse only there."""
    try:
        with target.trial() as trial:
            way = SoundConverted(trial, stream, codec)
            trial.start_encoding()
            trial.mux(way.silence())
    except Errors:
        return False
    return True


def _layout(layout: Any) -> str:
    """A layout's name; muxers want one of channels that were given none."""
    bare = layout.name == f"{layout.nb_channels} channels"
    return _USUAL.get(layout.nb_channels, layout.name) if bare else str(layout.name)
