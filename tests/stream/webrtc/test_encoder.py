"""The live encoder and decoder: what goes in comes out at once, key frames and bit rate as asked."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from stream.webrtc.encoder import LEAST, MOST, LiveH264Decoder, LiveH264Encoder, OpusPass, make_decoder, make_encoder
from stream.webrtc.jitter import Frames, is_key


def picture(index: int, width: int = 320, height: int = 240, noise: int = 8) -> av.VideoFrame:
    rng = np.random.default_rng(index)
    plane = np.full((height * 3 // 2, width), 128, np.uint8)
    plane[:height] = (np.arange(width) + 3 * index) % 200 + rng.integers(0, noise, (height, width))
    frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
    frame.pts, frame.time_base = index * 3000, Fraction(1, 90_000)
    return frame


def pictures(decoder: LiveH264Decoder, data: bytes, timestamp: int) -> list[Any]:
    return decoder.decode(JitterFrame(data, timestamp))


class Seen:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, float, int]] = []
        self.gone = 0

    def coded(self, stage: str, began: float, ended: float, timestamp: int) -> None:
        self.stages.append((stage, ended - began, timestamp))

    def lost(self) -> None:
        self.gone += 1


def joined(payloads: list[bytes]) -> bytes:
    from aiortc.codecs.h264 import h264_depayload

    return b"".join(h264_depayload(p) for p in payloads)


def test_each_picture_comes_out_of_the_decoder_at_once() -> None:
    encoder, decoder = LiveH264Encoder(), LiveH264Decoder()
    for i in range(8):
        payloads, timestamp = encoder.encode(picture(i))
        assert timestamp == i * 3000 and all(len(p) <= 1300 for p in payloads)
        frames = pictures(decoder, joined(payloads), timestamp)
        assert [f.pts for f in frames] == [i * 3000]
        sent = picture(i).to_ndarray(format="gray").astype(float)
        assert np.abs(frames[0].to_ndarray(format="gray") - sent).mean() < 6


def test_frames_that_piled_up_are_decoded_one_by_one() -> None:
    encoder, decoder = LiveH264Encoder(), LiveH264Decoder()
    data = [joined(encoder.encode(picture(i))[0]) for i in range(3)]
    found = decoder.decode(Frames(data[0], 9000, [(data[1], 3000), (data[2], 6000)]))
    assert [f.pts for f in found] == [9000, 12_000, 15_000]


def test_a_key_frame_comes_when_asked_for_and_not_else() -> None:
    encoder = LiveH264Encoder()
    keys = [is_key(joined(encoder.encode(picture(i), i == 5)[0])) for i in range(9)]
    assert keys == [True, False, False, False, False, True, False, False, False]


def test_a_new_rate_goes_to_the_running_encoder() -> None:
    encoder = LiveH264Encoder()
    encoder.target_bitrate = 4_000_000
    rich = [len(joined(encoder.encode(picture(i, 640, 480, 60))[0])) for i in range(40)]
    context = encoder.codec
    encoder.target_bitrate = 400_000
    poor = [len(joined(encoder.encode(picture(i, 640, 480, 60))[0])) for i in range(40, 120)]
    assert encoder.codec is context
    assert np.mean(poor[-30:]) < 0.4 * np.mean(rich[-30:])
    assert not any(is_key(joined(encoder.encode(picture(i, 640, 480))[0])) for i in range(120, 123))


def test_the_rate_stays_within_bounds() -> None:
    encoder = LiveH264Encoder()
    for wanted, got in ((1, LEAST), (10**9, MOST), (2_000_000, 2_000_000)):
        encoder.target_bitrate = wanted
        assert encoder.target_bitrate == got


def test_a_new_size_begins_with_a_key_frame() -> None:
    encoder, decoder = LiveH264Encoder(), LiveH264Decoder()
    encoder.encode(picture(0))
    data = joined(encoder.encode(picture(1, 240, 320))[0])
    assert is_key(data)
    assert [(f.width, f.height) for f in pictures(decoder, data, 3000)] == [(240, 320)]


def test_opus_that_piled_up_leaves_packet_by_packet() -> None:
    packets = OpusPass().decode(Frames(b"one", 960, [(b"two", 960), (b"three", 1920)]))
    assert [(bytes(p), p.pts) for p in packets] == [(b"one", 960), (b"two", 1920), (b"three", 2880)]


def test_opus_is_handed_on_as_it_came() -> None:
    (packet,) = OpusPass().decode(JitterFrame(b"\x78opus", 960))
    assert bytes(packet) == b"\x78opus" and packet.pts == 960 and packet.time_base == Fraction(1, 48_000)


@pytest.mark.parametrize(
    ("mime", "encoder", "decoder"),
    [
        ("video/H264", "LiveH264Encoder", "LiveH264Decoder"),
        ("video/VP8", "Vp8Encoder", "LiveVp8Decoder"),
        ("audio/opus", "OpusEncoder", "OpusPass"),
        ("audio/PCMU", "PcmuEncoder", "Plain"),
    ],
)
def test_ours_are_taken_where_they_matter(mime: str, encoder: str, decoder: str) -> None:
    codec = RTCRtpCodecParameters(mimeType=mime, clockRate=90_000, payloadType=96)
    assert type(make_encoder(codec)).__name__ == encoder
    assert type(make_decoder(codec)).__name__ == decoder
