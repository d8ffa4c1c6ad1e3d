"""What is said of a source before any work: by value on made files."""

from fractions import Fraction
from pathlib import Path

import pytest

from engines.errors import InputError
from stream.media.probe import best_video, check_size, declared_end, is_text, open_input
from stream.media.source import open_source
from tests.stream.clips import make


def test_text_is_told_from_bytes(tmp_path: Path) -> None:
    text, data = tmp_path / "a", tmp_path / "b"
    text.write_text("Grüße,\n\tund so weiter\r\n")
    data.write_bytes(b"RIFF\x00\x01\x02")
    assert is_text(text)
    assert not is_text(data)


def test_sizes_up_to_the_limit_pass() -> None:
    check_size("a", 12_000, 12_000)
    for size in ((12_001, 2), (2, 16_384)):
        with pytest.raises(InputError, match="scale it down first"):
            check_size("a", *size)


@pytest.mark.parametrize(("ending", "seconds"), [("mkv", Fraction(2)), ("mp4", Fraction(0)), ("ts", Fraction(0))])
def test_only_matroska_declares_its_end(tmp_path: Path, ending: str, seconds: Fraction) -> None:
    path = make(tmp_path / f"a.{ending}", frames=50)
    with open_input(str(path)) as container:
        assert declared_end(container, best_video(container, str(path))) == seconds


def test_a_tag_left_from_before_a_cut_is_not_believed(tmp_path: Path) -> None:
    """A minute by the tag, two seconds by the container, as tools leave it that cut and keep all tags."""
    whole = make(tmp_path / "a.mkv", frames=50, audio="aac").read_bytes()
    assert whole.count(b"00:00:02.000000000") == 1
    path = tmp_path / "stale.mkv"
    path.write_bytes(whole.replace(b"00:00:02.000000000", b"00:01:00.000000000"))
    with open_source(str(path)) as source:
        assert len(list(source.frames())) == 50
    with open_input(str(path)) as container:
        assert declared_end(container, best_video(container, str(path))) < Fraction(21, 10)


def test_a_tag_in_another_container_means_nothing(tmp_path: Path) -> None:
    """MP4 keeps tags of that name too, where someone wrote them."""
    path = make(tmp_path / "a.mp4", frames=25, metadata={"DURATION": "00:09:00.000000000"})
    with open_source(str(path)) as source:
        assert len(list(source.frames())) == 25


def test_tags_aspect_and_fields_are_told(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=3, tags=(9, 16, 9, 1), aspect=Fraction(16, 11), interlaced=True)
    with open_source(str(path)) as source:
        info = source.info
    tags = info.colour
    assert (tags.primaries, tags.transfer, tags.space, tags.range) == (9, 16, 9, 1)
    assert info.aspect == Fraction(16, 11)
    assert info.interlaced and info.field_order in (2, 3, 4, 5)
    assert info.matrix is None


def test_square_pixels_have_no_aspect_and_a_matrix_is_kept_verbatim(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=3, rotation=90)
    with open_source(str(path)) as source:
        info = source.info
    assert info.aspect is None and not info.interlaced
    assert info.matrix is not None
    assert info.matrix[8] == 1 << 30
    assert info.matrix[:2] == (0, 65536)


@pytest.mark.parametrize(("angle", "taken"), [(90.4, 90), (179.6, 180), (359.5, 0)])
def test_nearly_a_quarter_turn_is_one(tmp_path: Path, angle: float, taken: int) -> None:
    path = make(tmp_path / "a.mp4", frames=3, rotation=angle)
    with open_source(str(path)) as source:
        assert (source.info.rotation, source.info.notes) == (taken, ())


def test_an_odd_angle_is_noted_and_not_applied(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=3, rotation=30)
    with open_source(str(path)) as source:
        assert source.info.rotation == 0
        assert "turned by 30 degrees" in source.info.notes[0]


def test_a_format_that_must_be_converted_is_noted(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", frames=3, codec="ffv1", pix_fmt="yuv410p")
    with open_source(str(path)) as source:
        assert source.info.pix_fmt == "yuv410p"
        assert "yuv410p is converted to" in source.info.notes[0]
        assert next(source.frames()).picture.width == 96


def test_audio_and_subtitles_are_counted(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", audio="aac", subtitles=True)
    with open_source(str(path)) as source:
        assert (source.info.audio, source.info.subtitles) == (1, 1)
        assert [s.type for s in source.others()] == ["audio", "subtitle"]


def test_a_demuxer_that_is_forced_reads_the_file_or_nothing(tmp_path: Path) -> None:
    """A playlist's name does not make it one, and it opens no other file."""
    clip = make(tmp_path / "clip.ts", frames=30)
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{clip}\n#EXT-X-ENDLIST\n")
    with open_input(str(playlist)) as chosen:
        assert chosen.format.name == "hls" and len(chosen.streams.video) == 1
    for demuxer in ("mov", "matroska", "mpegts"):
        with pytest.raises(InputError, match="cannot read"):
            open_source(str(playlist), demuxer=demuxer)
    clip.rename(tmp_path / "clip.m3u8")
    with open_source(str(tmp_path / "clip.m3u8"), demuxer="mpegts") as source:
        assert source.demuxer == "mpegts" and len(list(source.frames())) == 30
