"""Records and units of H.264, those of real encoders and made-up ones."""

from fractions import Fraction

import av
import numpy as np
import pytest

from engines.errors import OutputError
from stream.media.video.avc import IDR, PPS, SPS, AvcRecord, annex_b, kind


def encoded(params: str, frames: int = 6) -> tuple[list[bytes], list[bytes]]:
    """The parameter sets and the packets' bytes, with start codes."""
    made = av.CodecContext.create("libx264", "w")
    assert isinstance(made, av.VideoCodecContext)
    made.width, made.height, made.pix_fmt = 64, 48, "yuv420p"
    made.framerate, made.flags = Fraction(25), 1 << 22
    made.options = {"x264-params": params, "preset": "ultrafast"}
    made.open()
    grey = np.full((48, 64, 3), 90, np.uint8)
    packets = []
    for i in range(frames):
        frame = av.VideoFrame.from_ndarray(grey, "rgb24").reformat(format="yuv420p")
        frame.pts = i
        packets += [bytes(p) for p in made.encode(frame)]
    packets += [bytes(p) for p in made.encode(None)]
    return list(annex_b(made.extradata or b"")), packets


def record(params: str = "sps-id=0") -> AvcRecord:
    units, _ = encoded(params)
    sps = next(unit for unit in units if kind(unit) == SPS)
    pps = next(unit for unit in units if kind(unit) == PPS)
    return AvcRecord(bytes([1, *sps[1:4]]), 4, (sps,), (pps,))


def test_a_record_reads_back_to_the_byte() -> None:
    one = record()
    assert AvcRecord.read(one.written()) == one
    high = AvcRecord(one.head, 2, one.sps, one.pps, b"\xfd\xf8\xf8\x00")
    assert AvcRecord.read(high.written()) == high


@pytest.mark.parametrize("data", [b"", b"\0\0\0\1\x67", bytes([1, 100, 0, 31, 255, 225, 0, 90, 1]), bytes([1, 100, 0])])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(OutputError, match="parameter sets"):
        AvcRecord.read(data)


@pytest.mark.parametrize("number", [0, 1, 7, 30])
def test_the_number_that_is_taken_is_not_free(number: int) -> None:
    free = record(f"sps-id={number}").free_number()
    assert free == (1 if number == 0 else 0)


def test_parameter_sets_of_another_encoder_stand_beside_the_first() -> None:
    units, packets = encoded("sps-id=1:bframes=0")
    both = record().joined(iter(units))
    assert len(both.sps) == len(both.pps) == 2 and both.free_number() == 2
    data = both.packet(annex_b(packets[0]))
    kinds = {kind(unit) for unit in both.units(data)}
    assert IDR in kinds and not kinds & {SPS, PPS}


def test_a_key_picture_begins_anew_and_others_do_not() -> None:
    one = record()
    _, packets = encoded("keyint=3:bframes=0:scenecut=0")
    begins = [one.begins(one.packet(annex_b(data))) for data in packets]
    assert begins == [True, False, False, True, False, False]


def test_units_are_split_at_short_and_long_start_codes() -> None:
    assert list(annex_b(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65d\0\0")) == [b"\x67ab", b"\x68c", b"\x65d"]


def test_all_numbers_may_be_taken() -> None:
    sps = tuple(bytes([0x67, 100, 0, 31]) + _golomb(n) for n in range(32))
    with pytest.raises(OutputError, match="no number free"):
        AvcRecord(bytes([1, 100, 0, 31]), 4, sps, ()).free_number()


def _golomb(number: int) -> bytes:
    bits = bin(number + 1)[2:]
    text = ("0" * (len(bits) - 1) + bits).ljust(24, "1")
    return bytes(int(text[i : i + 8], 2) for i in range(0, 24, 8))
