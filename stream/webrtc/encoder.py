"""Encoders and decoders for live RTP: no look-ahead, no B-frames, bit rate and key frames under our own control.

Knows one stream's pictures; packets are cut by aiortc's own packetiser. Installed in aiortc by `install`.
"""

from collections.abc import Iterator
from fractions import Fraction
from time import perf_counter
from typing import Any, Protocol

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


class Observer(Protocol):
    """Who wants to know what codecs and buffers do. Called from their threads."""

    def coded(self, stage: str, began: float, ended: float, timestamp: int) -> object:
        """`encode` or `decode` of one picture, by `perf_counter`; timestamp: its RTP time."""
        ...

    def lost(self) -> object:
        """A frame was given up: packets of it never came, or it needs one of which they did not."""
        ...


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
        packets = []
        for one in split(encoded_frame):
            packet = av.Packet(one.data)
            packet.pts, packet.time_base = one.timestamp, AUDIO_BASE
            packets.append(packet)
        return packets


class Plain:
    """Any other codec of aiortc's, for packets that come several at once."""

    def __init__(self, codec: RTCRtpCodecParameters) -> None:
        self._decoder: Any = usual_decoder(codec)

    def decode(self, encoded_frame: JitterFrame) -> list[Any]:
        return [frame for one in split(encoded_frame) for frame in self._decoder.decode(one)]


class Timed:
    """A video codec whose work is told to an observer; everything else is the codec's own."""

    def __init__(self, codec: Any, observer: Observer) -> None:
        self.__dict__.update(_codec=codec, _observer=observer)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codec, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._codec, name, value)

    def encode(self, frame: Any, force_keyframe: bool = False) -> Any:
        began = perf_counter()
        packets, timestamp = self._codec.encode(frame, force_keyframe)
        self._observer.coded("encode", began, perf_counter(), timestamp)
        return packets, timestamp

    def decode(self, encoded_frame: JitterFrame) -> list[Any]:
        began = perf_counter()
        frames: list[Any] = self._codec.decode(encoded_frame)
        self._observer.coded("decode", began, perf_counter(), encoded_frame.timestamp)
        return frames


def make_encoder(codec: RTCRtpCodecParameters, observer: Observer | None = None) -> Any:
    """In place of aiortc's get_encoder."""
    made = LiveH264Encoder() if codec.mimeType.lower() == "video/h264" else usual_encoder(codec)
    return Timed(made, observer) if observer is not None and codec.mimeType.startswith("video/") else made


def make_decoder(codec: RTCRtpCodecParameters, observer: Observer | None = None) -> Any:
    """In place of aiortc's get_decoder."""
    made: Any
    match codec.mimeType.lower():
        case "video/h264":
            made = LiveH264Decoder()
        case "video/vp8":
            made = LiveVp8Decoder()
        case "audio/opus":
            made = OpusPass()
        case _:
            made = Plain(codec)
    return Timed(made, observer) if observer is not None and codec.mimeType.startswith("video/") else made
