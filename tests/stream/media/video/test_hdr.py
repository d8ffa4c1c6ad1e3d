"""HDR's metadata by value, from frames to encoders and boxes and back."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engines.errors import InputError
from stream.media.sink import Encoding, open_sink
from stream.media.source import open_source
from stream.media.video.hdr import PLAIN, Light, Mastering, boxes, encoder_options, light_of

P3 = tuple(Fraction(v, 50_000) for v in (34_000, 16_000, 13_250, 34_500, 7500, 3000, 15_635, 16_450))
LIGHT = Light(Mastering(P3, Fraction(1, 10_000), Fraction(1000)), 1000, 400)
SAID = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"


def hdr_clip(path: Path, params: str = f"hdr10=1:repeat-headers=1:{SAID}:max-cll=1000,400", transfer: int = 16) -> Path:
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "crf": "18", "x265-params": f"log-level=error:{params}"}
        stream: Any = out.add_stream("libx265", 25, options=options)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p10le"
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 9, transfer, 9, 1
        for i in range(4):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 100 + i, np.uint8), format="rgb24")
            frame = frame.reformat(format="yuv420p10le", dst_colorspace=9, dst_color_range=1)
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def through(path: Path, out: Path, codec: str | None = None) -> tuple[str, ...]:
    with open_source(str(path)) as source, open_sink(str(out), source, Encoding(codec)) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
        return sink.notes


def test_metadata_are_read(tmp_path: Path) -> None:
    with open_source(str(hdr_clip(tmp_path / "a.mp4"))) as source:
        assert source.info.light == LIGHT
        assert source.info.hdr


def test_ordinary_video_says_nothing() -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((8, 8, 3), np.uint8), format="rgb24")
    assert light_of(frame, "a.mp4") == PLAIN
    assert encoder_options(PLAIN, "libx265") is None
    assert boxes(PLAIN) == b""


@pytest.mark.parametrize("space", [14, 15])
def test_colours_that_only_dolby_reads_are_refused(space: int) -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((8, 8, 3), np.uint8), format="rgb24")
    frame.colorspace = space
    with pytest.raises(InputError, match=r"film\.mp4: its colours are Dolby Vision's own"):
        light_of(frame, "film.mp4")


def test_encoders_are_told_in_their_own_words() -> None:
    assert encoder_options(LIGHT, "libx265") == ("x265-params", f"hdr10=1:repeat-headers=1:{SAID}:max-cll=1000,400")
    assert encoder_options(LIGHT, "libx264") == ("x264-params", f"mastering-display={SAID[15:]}:cll=1000,400")
    av1 = encoder_options(LIGHT, "libsvtav1")
    assert av1 is not None and "L(1000.00000,0.00010)" in av1[1] and "content-light=1000,400" in av1[1]
    assert encoder_options(LIGHT, "prores_ks") is None
    assert encoder_options(Light(None, 800, 200), "libx265") == (
        "x265-params",
        "hdr10=1:repeat-headers=1:max-cll=800,200",
    )


def test_boxes_by_the_byte() -> None:
    both = boxes(LIGHT)
    assert both[:8] == struct.pack(">I", 32) + b"mdcv"
    assert struct.unpack(">8H2I", both[8:32]) == (
        13_250, 34_500, 7500, 3000, 34_000, 16_000, 15_635, 16_450, 10_000_000, 1
    )  # fmt: skip
    assert both[32:] == struct.pack(">I", 12) + b"clli" + struct.pack(">2H", 1000, 400)


@pytest.mark.parametrize(("into", "codec", "name"), [
    ("b.mp4", None, "hevc"), ("b.mov", None, "hevc"), ("b.mkv", None, "hevc"), ("b.webm", None, "av1"),
    ("b.mp4", "h264", "h264"), ("b.ts", None, "hevc"), ("b.mov", "prores", "prores"),
])  # fmt: skip
def test_metadata_and_colours_come_out_again(tmp_path: Path, into: str, codec: str | None, name: str) -> None:
    path = hdr_clip(tmp_path / "a.mp4")
    assert through(path, tmp_path / into, codec) == (
        () if codec != "prores" else ("prores_ks stores yuv422p10le for the input's yuv420p10le: it has none nearer",)
    )
    with open_source(str(tmp_path / into)) as again:
        info = again.info
        assert (info.codec, info.colour.primaries, info.colour.transfer, info.colour.space) == (name, 9, 16, 9)
        assert (info.light.brightest, info.light.average) == (1000, 400)
        mastering = info.light.mastering
        assert mastering is not None
        assert [float(v) for v in mastering.chromaticities] == pytest.approx([float(v) for v in P3], abs=1e-4)
        assert float(mastering.highest) == 1000
        assert float(mastering.lowest) == pytest.approx(0.0001, abs=0.00003), "AV1 counts in 16384ths"
        if name == "hevc" and into.endswith(("mp4", "mov")):
            assert again.video.codec_context.codec_tag == "hvc1", "or Apple's players show nothing"


def test_hlg_without_metadata(tmp_path: Path) -> None:
    path = hdr_clip(tmp_path / "a.mp4", "log-level=error", 18)
    assert through(path, tmp_path / "b.mp4") == ()
    with open_source(str(tmp_path / "b.mp4")) as again:
        assert (again.info.codec, again.info.colour.transfer, again.info.light) == ("hevc", 18, PLAIN)
