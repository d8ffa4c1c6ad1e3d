"""Transparency that is decoded, and where there is any."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engines.values import U8
from stream.media.source import open_source
from stream.media.video.alpha import decoder_of, transparent
from stream.pixels.planes import Planes
from tests.stream.clips import make

SHOWN = {"auto-alt-ref": "0"}
EDGE = 40  # column up to which the picture is opaque


def rgba(index: int) -> U8:
    out = np.full((64, 96, 4), 90 + index, np.uint8)
    out[..., 3] = 0
    out[:, :EDGE, 3] = 255
    return out


def clear_clip(path: Path, codec: str, pix_fmt: str, frames: int = 6, options: dict[str, str] | None = None) -> Path:
    """A clip whose left part alone is opaque."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, 25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 96, 64, pix_fmt
        stream.codec_context.time_base = Fraction(1, 25)
        if "vpx" in codec:
            stream.bit_rate = 2_000_000
        for i in range(frames):
            frame = av.VideoFrame.from_ndarray(rgba(i), format="rgba").reformat(format=pix_fmt)
            frame.pts, frame.time_base = i, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def alphas(path: Path) -> list[U8]:
    with open_source(str(path)) as source:
        out = []
        for frame in source.frames():
            assert isinstance(frame.picture, Planes)
            out.append(frame.picture.alpha())
        return out


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), [
    ("a.webm", "libvpx-vp9", "yuva420p"), ("a.webm", "libvpx", "yuva420p"), ("a.mkv", "libvpx-vp9", "yuva420p"),
    ("a.mov", "prores_ks", "yuva444p10le"), ("a.mkv", "ffv1", "yuva420p"), ("a.mov", "qtrle", "argb"),
])  # fmt: skip
def test_transparency_is_decoded(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    path = clear_clip(tmp_path / name, codec, pix_fmt, options=SHOWN if "vpx" in codec else None)
    found = alphas(path)
    assert len(found) == 6
    for alpha in found:
        assert (alpha[:, : EDGE - 4] > 250).all()
        assert (alpha[:, EDGE + 4 :] < 5).all()


def test_a_span_of_a_transparent_clip(tmp_path: Path) -> None:
    """Its decoder is not the stream's own, which seeking resets."""
    path = clear_clip(tmp_path / "a.webm", "libvpx-vp9", "yuva420p", 50, {**SHOWN, "g": "10"})
    with open_source(str(path), start=Fraction(1)) as source:
        frames = list(source.frames())
        assert source.info.pix_fmt == "yuva420p"
    assert [f.pts * f.time_base for f in frames] == [Fraction(i, 25) for i in range(25, 50)]


def test_a_copied_stream_is_as_transparent_as_it_was(tmp_path: Path) -> None:
    """FFmpeg's copy says of it in capitals."""
    path = clear_clip(tmp_path / "a.webm", "libvpx-vp9", "yuva420p", 3, SHOWN)
    with av.open(str(path)) as source, av.open(str(tmp_path / "b.mkv"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0], opaque=True)
        stream.metadata.update(source.streams.video[0].metadata)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    with av.open(str(tmp_path / "b.mkv")) as copy:
        assert copy.streams.video[0].metadata.get("ALPHA_MODE") == "1"
    assert [np.array_equal(*pair) for pair in zip(alphas(tmp_path / "b.mkv"), alphas(path), strict=True)] == [True] * 3


def test_only_what_needs_it_gets_another_decoder(tmp_path: Path) -> None:
    plain = make(tmp_path / "plain.webm", codec="libvpx-vp9", frames=3)
    clear = clear_clip(tmp_path / "clear.webm", "libvpx-vp9", "yuva420p", 3, SHOWN)
    with av.open(str(plain)) as a, av.open(str(clear)) as b:
        assert decoder_of(a.streams.video[0], 1) is None
        found = decoder_of(b.streams.video[0], 1)
        assert found is not None and found.name == "libvpx-vp9"


def test_an_alpha_channel_is_not_yet_transparency() -> None:
    opaque, clear = (
        av.VideoFrame.from_ndarray(image, format="rgba") for image in (np.full((8, 8, 4), 255, np.uint8), rgba(0))
    )
    assert not transparent(opaque, always=False)
    assert transparent(opaque, always=True)
    assert transparent(clear, always=False)
    assert not transparent(opaque.reformat(format="yuv420p"), always=True)
