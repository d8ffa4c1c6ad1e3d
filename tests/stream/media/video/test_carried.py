"""What an output keeps, and what is said where it cannot: by container and encoder."""

from dataclasses import replace
from fractions import Fraction

import pytest

from stream.media.probe import ColourTags, SourceInfo
from stream.media.video.carried import carried, unlike
from stream.media.video.hdr import Light
from stream.media.video.immersive import Immersive

PLAIN = SourceInfo("a.mp4", 128, 96, 0, "yuv420p", Fraction(1, 25), Fraction(25), 9, None, "h264", 0, 0, "mp4")
CLEAR = replace(PLAIN, pix_fmt="yuva420p", transparent=True)


def test_an_ordinary_video_needs_nothing() -> None:
    got = carried(PLAIN, "mp4", "libx264", "yuv420p", {"preset": "fast"})
    assert (got.options, got.tags, got.boxes, got.codec_tag, got.notes) == ({"preset": "fast"}, {}, b"", None, ())
    assert list(unlike(PLAIN, "libx264", "yuv420p")) == []


def test_options_are_added_to_the_encoders_own() -> None:
    bright = replace(PLAIN, light=Light(None, 1000, 400))
    options = {"x265-params": "log-level=error"}
    got = carried(bright, "matroska", "libx265", "yuv420p10le", options)
    assert got.options["x265-params"] == "log-level=error:hdr10=1:repeat-headers=1:max-cll=1000,400"
    assert options == {"x265-params": "log-level=error"}, "the caller's are not changed"
    assert got.boxes == b"" and got.codec_tag is None


@pytest.mark.parametrize(("container", "tag"), [("mp4", "hvc1"), ("mov", "hvc1"), ("matroska", None), ("mpegts", None)])
def test_apples_players_want_their_own_tag(container: str, tag: str | None) -> None:
    assert carried(PLAIN, container, "libx265", "yuv420p", {}).codec_tag == tag


@pytest.mark.parametrize(("codec", "container", "pix_fmt", "kept"), [
    ("libvpx-vp9", "webm", "yuva420p", True), ("prores_ks", "mov", "yuva444p10le", True),
    ("libvpx-vp9", "mp4", "yuva420p", False), ("libx264", "matroska", "yuv420p", False),
    ("prores_ks", "mov", "yuv422p10le", False),
])  # fmt: skip
def test_lost_transparency_is_said(codec: str, container: str, pix_fmt: str, kept: bool) -> None:
    notes = carried(CLEAR, container, codec, pix_fmt, {}).notes
    assert (notes == ()) is kept
    if not kept:
        assert notes[0].startswith(
            f"the picture's transparency is left out: {codec} in {container} has no place for it"
        )
    assert carried(replace(CLEAR, transparent=False), container, codec, pix_fmt, {}).notes == ()


@pytest.mark.parametrize(("transfer", "shown"), [(16, "HDR10"), (18, "HLG"), (1, "ordinary video")])
def test_dolby_visions_absence_is_said(transfer: int, shown: str) -> None:
    film = replace(PLAIN, light=Light(lost=("Dolby Vision",)), colour=ColourTags(9, transfer, 9, 1))
    (note,) = carried(film, "mp4", "libx265", "yuv420p10le", {}).notes
    assert note == f"Dolby Vision's changing metadata are left out; the picture is shown as {shown}"


def test_stereo_that_a_box_has_no_number_for_is_said() -> None:
    odd = replace(PLAIN, immersive=Immersive(stereo=3))
    assert carried(odd, "mp4", "libx264", "yuv420p", {}).notes == ("it could not be kept how two eyes see it",)


@pytest.mark.parametrize(("source", "chosen", "said"), [
    ("yuvj420p", "yuv420p", ""), ("yuva420p", "yuv420p", ""), ("yuv444p", "yuv420p", "it has none nearer"),
    ("bgra", "yuv420p", "players show hardly any other"), ("gbrp", "bgr0", "it has none nearer"),
])  # fmt: skip
def test_why_a_format_is_another(source: str, chosen: str, said: str) -> None:
    notes = list(unlike(replace(PLAIN, pix_fmt=source), "libx264", chosen))
    assert len(notes) == bool(said)
    assert all(said in note for note in notes)


def test_an_odd_size_of_rgb_is_said() -> None:
    notes = list(unlike(replace(PLAIN, pix_fmt="bgra", width=333, height=251), "libx264", "yuv420p"))
    assert notes[1] == "the odd size 333x251 is stored as 334x252, as players need it"
