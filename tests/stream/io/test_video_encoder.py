"""The encoder for all outputs: no picture waits for the next, sizes change, the bit rate is what was asked for."""

from fractions import Fraction

import av
import numpy as np
import pytest

from stream.io.video_encoder import CLOCK, GOP, EncodedPacket, VideoEncoder


def frame(i: int, fps: float = 30, size: tuple[int, int] = (160, 120), format: str = "yuv420p") -> av.VideoFrame:
    """Noise, so that there is something to spend bits on."""
    rng = np.random.default_rng(i)
    made = av.VideoFrame.from_ndarray(
        rng.integers(0, 255, (size[1] // 2 * 3, size[0] // 2 * 2), np.uint8), format="yuv420p"
    ).reformat(*size, format=format)
    made.pts, made.time_base = round(i / fps / CLOCK), CLOCK
    return made


def pictures(packets: list[EncodedPacket]) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create("h264", "r")
    out: list[av.VideoFrame] = []
    for packet in packets:
        out += decoder.decode(av.Packet(packet.data))
    return out + list(decoder.decode(None))


def test_every_picture_leaves_at_once_with_its_time() -> None:
    encoder = VideoEncoder(preset="ultrafast")
    times = [0, 3000, 6100, 9000, 60_000, 60_100, 400_000]
    for t in times:
        image = frame(t)
        image.pts = t
        assert [p.pts for p in encoder.encode(image)] == [t]
    encoder.close()


def test_key_frames_come_in_time_and_on_request() -> None:
    encoder = VideoEncoder(preset="ultrafast")
    keys = []
    for i in range(100):
        if i == 20:
            encoder.want_key()
        keys += [i for p in encoder.encode(frame(i)) if p.key]
    assert keys == [0, 20, 20 + GOP * 30]
    encoder.close()


@pytest.mark.parametrize("format", ["yuv420p", "yuvj444p", "rgb24", "yuv420p10le"])
@pytest.mark.parametrize("size", [(160, 120), (161, 121)])
def test_any_format_and_odd_sizes(format: str, size: tuple[int, int]) -> None:
    encoder = VideoEncoder(preset="ultrafast")
    packets = [packet for i in range(3) for packet in encoder.encode(frame(i, size=size, format=format))]
    seen = pictures(packets)
    assert len(seen) == 3 and {(f.width, f.height) for f in seen} == {(160, 120)}
    assert encoder.made == 1
    encoder.close()


def test_another_size_is_another_encoder_and_begins_with_a_key_frame() -> None:
    encoder = VideoEncoder(preset="ultrafast")
    encoder.encode(frame(0))
    encoder.encode(frame(1))
    (packet,) = encoder.encode(frame(2, size=(240, 180)))
    assert packet.key and encoder.made == 2 and encoder.template.width == 240
    encoder.close()


def test_colours_are_told() -> None:
    encoder = VideoEncoder(preset="ultrafast")
    image = frame(0)
    image.colorspace, image.color_primaries, image.color_trc = 1, 1, 1
    seen = pictures(encoder.encode(image))[0]
    assert (seen.colorspace, seen.color_primaries, seen.color_trc) == (1, 1, 1)
    encoder.close()


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_the_bit_rate_is_what_was_asked_for_at_any_pace(fps: int) -> None:
    encoder, wanted, seconds = VideoEncoder(300_000, preset="ultrafast"), 300_000, 8
    packets = [packet for i in range(fps * seconds) for packet in encoder.encode(frame(i, fps))]
    late = [p for p in packets if p.pts * CLOCK > Fraction(seconds, 2)]
    rate = 8 * sum(len(p.data) for p in late) / (seconds / 2)
    assert rate == pytest.approx(wanted, rel=0.5 if fps == 15 else 0.3)
    encoder.close()
