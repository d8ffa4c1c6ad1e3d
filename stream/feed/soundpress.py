"""SoundPress: sound for the outputs, copied packet for packet where they take its codec, else encoded anew.

Knows FFmpeg's codecs. The parameters are kept in a container of its own, as the input's end with its connection.
"""

import io
from typing import Any

import av

from stream.feed.intake import Sound
from stream.feed.press import CLOCK, Piece

COPIED = ("aac", "mp3")  # what FLV, MPEG-TS, HLS and MP4 all hold
RATE = 48_000


class SoundPress:
    """For one opening of an input. stream: its sound. codec: `aac` for containers, `libopus` for WebRTC."""

    def __init__(self, stream: Any, codec: str = "aac") -> None:
        self._container = av.open(io.BytesIO(), "w", format="matroska")
        taken = ("opus",) if codec == "libopus" else COPIED
        self.copies = stream.codec_context.name.removeprefix("lib") in taken
        self._decoder: Any = None
        self._next: int | None = None
        if self.copies:
            self.template: Any = self._container.add_stream_from_template(stream, opaque=True)
            return
        context = stream.codec_context
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

    def press(self, sound: Sound) -> list[Piece]:
        """The packets that this one gives, at its time."""
        pts = round(sound.seconds / CLOCK)
        if self.copies:
            return [Piece(False, True, sound.data, pts, round(sound.duration / CLOCK))]
        packet: Any = av.Packet(sound.data)
        frames = self._decoder.decode(packet)
        out = []
        for frame in frames:
            frame.pts, frame.time_base = None, None
            for even in self._resampler.resample(frame):
                even.pts = None
                out += [bytes(p) for p in self.template.encode(even) if p.size]
        step = round((self.template.codec_context.frame_size or 1024) / RATE / CLOCK)
        if self._next is None or abs(self._next - pts) > 0.04 / CLOCK:
            self._next = pts  # what is still in the encoder is part of its delay
        pieces = [Piece(False, True, data, self._next + i * step, step) for i, data in enumerate(out)]
        self._next += len(out) * step
        return pieces

    def close(self) -> None:
        self._container.close()
