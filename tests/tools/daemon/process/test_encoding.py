"""Pieces are encoded for the file they become, in a container that keeps what that one keeps."""

from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.media.codecs import Encoding
from stream.media.source import open_source
from tests.stream.media.video.test_alpha import clear_clip
from tools.daemon.process.encoding import encoding_of, lost_in


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
    assert found.format == "mp4"


def test_wide_colours_want_ten_bits() -> None:
    assert encoding_of(Encoding(), "o.mp4", "yuv420p10le", hdr=True).codec == "libx265"


@pytest.mark.parametrize(
    ("pix_fmt", "output", "codec", "pieces"),
    [
        ("yuva444p10le", "o.mov", "prores_ks", "mov"),
        ("yuva444p10le", "o.mkv", "prores_ks", "matroska"),
        ("yuva420p", "o.mkv", "libvpx-vp9", "matroska"),
        ("yuva420p", "o.mp4", "libx264", "mp4"),
        ("yuva420p", "o.ts", "libx264", "mp4"),
    ],
)
def test_transparency_goes_into_pieces_that_keep_it(pix_fmt: str, output: str, codec: str, pieces: str) -> None:
    found = encoding_of(Encoding(), output, pix_fmt, alpha=True)
    assert (found.codec, found.format) == (codec, pieces)


def test_what_mp4_cannot_hold_goes_into_pieces_like_the_output() -> None:
    found = encoding_of(Encoding("vp8"), "o.mkv", "yuv420p")
    assert (found.codec, found.format) == ("libvpx", "matroska")


def test_what_an_output_does_not_keep_of_the_picture_is_told(tmp_path: Path) -> None:
    clear = clear_clip(tmp_path / "in.mov", "prores_ks", "yuva444p10le", 2)
    with open_source(str(clear)) as source:
        lost = lost_in("o.mp4", source.info, "libx264")
        kept = lost_in("o.mov", source.info, "prores_ks")
    assert any("transparency is left out: libx264 in mp4" in note for note in lost)
    assert not any("transparency" in note for note in kept)


@pytest.mark.parametrize(
    ("wanted", "output", "words"),
    [
        (Encoding("vp8"), "o.mp4", r"mp4 cannot hold vp8"),
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
