"""Encoders and decoders for live RTP: no look-ahead, no B-frames, bit rate and key frames under our own control.

Knows one stream's pictures; packets are cut by aiortc's own packetiser. Installed in aiortc by `install`.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from aiortc.codecs import get_decoder as usual_decoder
from aiortc.codecs import get_encoder as usual_encoder
from aiortc.codecs.h264 import H264Decoder, H264Encoder
from aiortc.codecs.opus import OpusDecoder
from aiortc.codecs.vpx import Vp8Decoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.video.frame import PictureType

from stream.webrtc.jitter import split

START, LEAST, MOST = 3_000_000, 300_000, 8_000_000  # bits a second
STEP = 0.05  # change of REMB below which the encoder is left alone
AUDIO_BASE = Fraction(1, 48_000)
_OPTIONS = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "level": "31",
    "maxrate": str(MOST),
    "bufsize": str(MOST // 16),  # a sixteenth of a second: a picture's size decides how long it is under way
    "x264-params": "sliced-threads=0:scenecut=0:keyint=250:rc-lookahead=0:repeat-headers=1:nal-hrd=none",
}


class LiveH264Encoder(H264Encoder):
    """x264, ultrafast. A new bit rate goes to the running encoder; only a new picture size makes a new one.
    threads: 1 keeps a frame on one core, which is what a busy machine has."""

    def __init__(self, threads: int = 1) -> None:
        super().__init__()
        self._threads = threads
        self._rate = START
        self.keys = 0

    @property
    def target_bitrate(self) -> int:
        """Bits a second, from REMB."""
        return self._rate

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._rate = max(LEAST, min(bitrate, MOST))

    def _encode_frame(self, frame: av.VideoFrame, force_keyframe: bool) -> Iterator[bytes]:
        if frame.format.name != "yuv420p":
            frame = frame.reformat(format="yuv420p")
        codec = self.codec
        if codec is None or (codec.width, codec.height) != (frame.width, frame.height):
            codec = self.codec = self._open(frame)
        elif abs(self._rate - (codec.bit_rate or 1)) > STEP * (codec.bit_rate or 1):
            codec.bit_rate = self._rate
        frame.pict_type = PictureType.I if force_keyframe else PictureType.NONE
        self.keys += force_keyframe
        data = b"".join(bytes(packet) for packet in codec.encode(frame))
        if data:
            yield from self._split_bitstream(data)

    def _open(self, frame: av.VideoFrame) -> av.VideoCodecContext:
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = frame.width, frame.height, "yuv420p"
        codec.framerate, codec.time_base = Fraction(30), Fraction(1, 90_000)
        codec.options, codec.profile = dict(_OPTIONS), "Baseline"
        if frame.width * frame.height > 1280 * 720:
            codec.options = {**_OPTIONS, "level": "42"}
        codec.thread_count = self._threads
        codec.bit_rate = MOST  # x264 follows a new rate only if it began with one equal to maxrate
        codec.open()
        codec.bit_rate = self._rate
        return codec


class LiveH264Decoder(H264Decoder):
    """One thread: more of them hold frames back or take the cores that the swap needs."""

    def __init__(self) -> None:
        self.codec = av.CodecContext.create("h264", "r")
        self.codec.thread_count = 1

    def decode(self, encoded_frame: JitterFrame) -> list[Any]:
        return [frame for one in split(encoded_frame) for frame in super(LiveH264Decoder, self).decode(one)]


class LiveVp8Decoder(Vp8Decoder):
    """aiortc's, for frames that come several at once."""

    def decode(self, encoded_frame: JitterFrame) -> list[Any]:
        return [frame for one in split(encoded_frame) for frame in super(LiveVp8Decoder, self).decode(one)]


class OpusPass(OpusDecoder):
    """Hands Opus packets on as they came."""

    def __init__(self) -> None:
        """Opens no codec."""

    def decode(self, encoded_frame: JitterFrame) -> list[Any]:
        packet = av.Packet(encoded_frame.data)
        packet.pts, packet.time_base = encoded_frame.timestamp, AUDIO_BASE
        return [packet]


def make_encoder(codec: RTCRtpCodecParameters) -> Any:
    """In place of aiortc's get_encoder."""
    return LiveH264Encoder() if codec.mimeType.lower() == "video/h264" else usual_encoder(codec)


def make_decoder(codec: RTCRtpCodecParameters) -> Any:
    """In place of aiortc's get_decoder."""
    match codec.mimeType.lower():
        case "video/h264":
            return LiveH264Decoder()
        case "video/vp8":
            return LiveVp8Decoder()
        case "audio/opus":
            return OpusPass()
        case _:
            return usual_decoder(codec)
