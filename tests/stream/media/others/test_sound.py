"""Sound stored as PCM, sample for sample, in time, cut and all."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from stream.media.others.containers import Container
from stream.media.others.sound import SoundConverted, sound_for
from stream.media.sink import open_sink
from stream.media.source import open_source
from tests.stream.bundles import bundle, samples
from tests.stream.parts import times


def through(path: Path, out: Path, **span: Any) -> None:
    with open_source(str(path), **span) as source, open_sink(str(out), source) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)


CASES = {
    "AVCHD to mp4": ("m2ts", "pcm_bluray", "stereo", "", "mp4"),
    "AVCHD to mkv": ("m2ts", "pcm_bluray", "stereo", "", "mkv"),
    "AVCHD to mov": ("m2ts", "pcm_bluray", "mono", "", "mov"),
    "AVCHD, six channels": ("m2ts", "pcm_bluray", "5.1(side)", "", "mkv"),
    "AVCHD, 24 bits": ("m2ts", "pcm_bluray", "stereo", "s32", "mov"),
    "A-law": ("mov", "pcm_alaw", "stereo", "", "mkv"),
    "mu-law": ("mov", "pcm_mulaw", "stereo", "", "mp4"),
    "8 bits": ("mov", "pcm_u8", "stereo", "", "mkv"),
    "ADPCM": ("avi", "adpcm_ms", "stereo", "", "mp4"),
    "FLAC": ("mkv", "flac", "stereo", "s16", "mov"),
    "FLAC, 24 bits": ("mkv", "flac", "stereo", "s32", "mov"),
    "ALAC": ("mov", "alac", "stereo", "s16p", "avi"),
    "WavPack": ("mkv", "wavpack", "stereo", "s16p", "mp4"),
    "floating point": ("mov", "pcm_f32be", "stereo", "", "mkv"),
}


@pytest.mark.parametrize("case", CASES)
def test_no_sample_is_changed_and_none_is_lost(tmp_path: Path, case: str) -> None:
    ending, codec, layout, bits, into = CASES[case]
    path = bundle(tmp_path / f"a.{ending}", sounds=[codec], layout=layout, bits=bits)
    through(path, tmp_path / f"b.{into}")
    before, after = samples(path), samples(tmp_path / f"b.{into}")
    if before.dtype == np.uint8 and after.dtype == np.int16:
        before = (before.astype(np.int16) - 128) << 8
    assert np.array_equal(before, after)
    first = times(path, "audio")[0] - times(path, "video")[0]
    moved = times(tmp_path / f"b.{into}", "audio")[0] - times(tmp_path / f"b.{into}", "video")[0]
    assert abs(moved - first) <= (Fraction(1, 25) if into == "avi" else Fraction(1, 1000))  # AVI counts whole frames


def test_a_span_is_cut_as_other_sound_is(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.m2ts", sounds=["pcm_bluray"], frames=50)
    through(path, tmp_path / "b.mov", start=Fraction(1, 2), end=Fraction(3, 2))
    whole, kept = samples(path), samples(tmp_path / "b.mov")
    assert abs(kept.shape[1] - 48_000) <= 2 * 960
    place = next(i for i in range(0, whole.shape[1], 240) if np.array_equal(whole[:, i : i + 99], kept[:, :99]))
    assert np.array_equal(kept, whole[:, place : place + kept.shape[1]])


@pytest.mark.parametrize(
    ("ending", "codec", "target", "wanted"),
    [
        ("m2ts", "pcm_bluray", "mp4", "pcm_s16le"),
        ("m2ts", "pcm_bluray", "mpegts", None),
        ("m2ts", "pcm_bluray", "webm", None),
        ("mov", "pcm_u8", "mov", "pcm_u8"),
        ("mov", "pcm_u8", "mp4", "pcm_s16le"),
        ("mkv", "ac3", "mov", None),
        ("mkv", "aac", "avi", None),
    ],
)
def test_only_what_decodes_exactly_is_converted(
    tmp_path: Path, ending: str, codec: str, target: str, wanted: str | None
) -> None:
    path = bundle(tmp_path / f"a.{ending}", sounds=[codec], frames=3)
    with av.open(str(path)) as clip:
        assert sound_for(Container(target, f".{target}"), clip.streams.audio[0]) == wanted


def test_channels_of_no_layout_get_the_usual_one(tmp_path: Path) -> None:
    """MP4's muxer refuses PCM of channels that are not named, and only when it ends."""
    path = bundle(tmp_path / "a.avi", sounds=["pcm_s16le"])
    with av.open(str(path)) as clip:
        assert clip.streams.audio[0].codec_context.layout.name == "2 channels"
    through(path, tmp_path / "b.mp4")
    assert np.array_equal(samples(path), samples(tmp_path / "b.mp4"))
    with av.open(str(tmp_path / "b.mp4")) as clip:
        assert clip.streams.audio[0].codec_context.layout.name == "stereo"


def test_language_and_role_go_along(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mov", sounds=["pcm_alaw"], frames=3)
    with av.open(str(path)) as clip, av.open(str(tmp_path / "b.mkv"), "w") as out:
        stream = clip.streams.audio[0]
        way = SoundConverted(out, stream, "pcm_s16le")
        assert way.target.disposition == stream.disposition
        assert way.target.metadata == stream.metadata
        out.start_encoding()
        (made,) = way.silence()
        assert made.stream is way.target and made.size == 64 * 2 * 2
