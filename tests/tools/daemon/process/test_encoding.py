"""Pieces are MP4 files that are encoded for the file they become."""

import pytest

from engines.errors import OutputError
from stream.media.codecs import Encoding
from tools.daemon.process.encoding import encoding_of


@pytest.mark.parametrize(
    ("wanted", "output", "codec"),
    [
        (Encoding(), "o.mp4", "libx264"),
        (Encoding("h265", crf=20), "o.mkv", "libx265"),
        (Encoding(bitrate=4_000_000), "o.ts", "libx264"),
    ],
)
def test_the_codec_is_the_output_s(wanted: Encoding, output: str, codec: str) -> None:
    found = encoding_of(wanted, output, "yuv420p")
    assert (found.codec, found.crf, found.bitrate) == (codec, wanted.crf, wanted.bitrate)


def test_wide_colours_want_ten_bits() -> None:
    assert encoding_of(Encoding(), "o.mp4", "yuv420p10le", hdr=True).codec == "libx265"


@pytest.mark.parametrize(
    ("wanted", "output", "words"),
    [
        (Encoding("vp8"), "o.mkv", r"MP4 pieces.* cannot hold libvpx"),
        (Encoding(), "o.avi", r"\.mp4, "),
        (Encoding("nonsense"), "o.mp4", "no encoder nonsense"),
        (Encoding(preset="quick"), "o.mp4", "no preset quick"),
        (Encoding(crf=99), "o.mp4", "out of range"),
        (Encoding(crf=20, bitrate="4M"), "o.mp4", "exclude each other"),
    ],
)
def test_what_cannot_be_is_said(wanted: Encoding, output: str, words: str) -> None:
    with pytest.raises(OutputError, match=words):
        encoding_of(wanted, output, "yuv420p")
