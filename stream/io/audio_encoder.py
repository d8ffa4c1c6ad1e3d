"""AudioEncoder: sound for the outputs, copied packet for packet where they take its codec, else encoded anew.

Knows FFmpeg's codecs. The parameters are kept in a container of its own, as the input's end with its connection.
"""

import io
from fractions import Fraction
from typing import Any

import av

from stream.io.input import Sound
from stream.io.video_encoder import CLOCK, EncodedPacket

COPIED = ("aac", "mp3")  # what FLV, MPEG-TS, HLS and MP4 all hold
RATE = 48_000
HOLE, FOLLOW = 0.1, 0.05  # seconds off that are a hole; share of less that each packet takes away


class AudioEncoder:
    """For one opening of an input. stream: its sound. codec: `aac` for containers, `libopus` for WebRTC. kind: two
    encoders of one kind may follow one another in one container."""

    def __init__(self, stream: Any, codec: str = "aac") -> None:
        self._container = av.open(io.BytesIO(), "w", format="matroska")
        taken = ("opus",) if codec == "libopus" else COPIED
        self.copies = stream.codec_context.name.removeprefix("lib") in taken
        context = stream.codec_context
        own = (context.name, context.sample_rate, bytes(context.extradata or b""))
        self.kind = (codec, own if self.copies else None)
        self._decoder: Any = None
        self._decoded, self._zero, self._fed = Fraction(0), 0.0, 0
        if self.copies:
            self.template: Any = self._container.add_stream_from_template(stream, opaque=True)
            return
        self._decoder = av.CodecContext.create(context.name, "r")
        self._decoder.extradata = context.extradata
        if context.sample_rate:
            self._decoder.sample_rate = context.sample_rate
        if context.layout.name:
            self._decoder.layout = context.layout.name
        self.template = self._container.add_stream(codec, RATE, layout="stereo")
        self.template.bit_rate = 128_000
        self._container.start_encoding()
        own = self.template.codec_context
        self._resampler = av.AudioResampler(own.format.name, "stereo", RATE, frame_size=own.frame_size or 1024)

    def encode(self, sound: Sound) -> list[EncodedPacket]:
        """The packets that this one gives, at its time."""
        pts = round(sound.seconds / CLOCK)
        if self.copies:
            return [EncodedPacket(False, True, sound.data, pts, round(sound.duration / CLOCK))]
        packet: Any = av.Packet(sound.data)
        packets: list[EncodedPacket] = []
        for frame in self._decoder.decode(packet):
            self._settle(sound.seconds)
            self._decoded += Fraction(frame.samples, frame.sample_rate)
            for even in self._resampler.resample(frame):
                even.pts, even.time_base = self._fed, Fraction(1, RATE)
                self._fed += even.samples
                packets += [self._timed(p) for p in self.template.encode(even) if p.size]
        return packets

    def _settle(self, seconds: float) -> None:
        """Where the encoder's time lies on the common one. Samples are counted, so a slow slide (two clocks) is
        followed slowly and a hole at once."""
        off = seconds - float(self._decoded) - self._zero
        self._zero += off if abs(off) > HOLE else off * FOLLOW

    def _timed(self, packet: Any) -> EncodedPacket:
        """The encoder's own time counts what it puts before the first sample."""
        at = float(packet.pts * packet.time_base) + self._zero
        return EncodedPacket(
            False, True, bytes(packet), max(0, round(at / CLOCK)), round(packet.duration * packet.time_base / CLOCK)
        )

    def close(self) -> None:
        self._container.close()
