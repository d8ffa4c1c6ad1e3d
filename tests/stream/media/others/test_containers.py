"""What containers really hold: by what readers find again."""

from pathlib import Path
from typing import Any

import av
import pytest

from stream.media.others.containers import PRIVATE, Container, add_copy, codec_of, takes
from tests.stream.bundles import bundle, unknown


def verdict(path: Path, target: Container, kind: str = "audio") -> bool:
    with av.open(str(path)) as clip:
        stream = next(s for s in clip.streams if s.type == kind)
        packets: list[Any] = [p for p in clip.demux(stream) if p.size][:2]
        return takes(target, stream, packets)


@pytest.mark.parametrize(
    ("ending", "sound", "held"),
    [
        ("mp4", "aac", {"mp4", "mov", "matroska", "avi", "mpegts", "flv"}),
        ("mkv", "ac3", {"mp4", "mov", "matroska", "avi", "mpegts", "flv", "mpeg"}),
        ("mkv", "libopus", {"mp4", "matroska", "webm", "mpegts", "flv"}),
        ("mkv", "flac", {"mp4", "matroska", "avi", "flv"}),
        ("mov", "pcm_s16le", {"mp4", "mov", "matroska", "avi"}),
        ("mov", "pcm_alaw", {"mov", "avi"}),
    ],
)
def test_sound(tmp_path: Path, ending: str, sound: str, held: set[str]) -> None:
    path = bundle(tmp_path / f"a.{ending}", sounds=[sound], frames=10)
    names = ("mp4", "mov", "matroska", "webm", "avi", "mpegts", "flv", "mpeg")
    assert {n for n in names if verdict(path, Container(n))} == held


@pytest.mark.parametrize("name", sorted(PRIVATE))
def test_what_a_muxer_takes_and_no_reader_finds_again_is_not_held(tmp_path: Path, name: str) -> None:
    path = bundle(tmp_path / "a.mkv", sounds=["flac"], words=["subrip"], frames=5)
    assert not verdict(path, Container(name)) and not verdict(path, Container(name), "subtitle")


def test_blu_rays_own_sound_is_held_by_its_own_transport_stream_only(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.m2ts", sounds=["pcm_bluray"], frames=5)
    assert verdict(path, Container("mpegts", ".m2ts"))
    assert not verdict(path, Container("mpegts", ".ts"))


def test_a_muxer_that_refuses_at_its_end_is_asked_to_the_end(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.avi", sounds=["pcm_s16le"], frames=5)  # two channels of no name
    assert verdict(path, Container("matroska"))
    assert not verdict(path, Container("mp4"))


def test_names_of_codecs(tmp_path: Path) -> None:
    path = unknown(bundle(tmp_path / "a.mov", sounds=["aac", "aac"], frames=3))
    with av.open(str(path)) as clip:
        assert [codec_of(s) for s in clip.streams] == ["h264", "aac", None]


def test_targets_know_their_kind(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.m2ts"), "w") as out:
        assert Container.of(out, str(tmp_path / "a.M2TS")) == Container("mpegts", ".m2ts")
        assert Container.of(out, "-") == Container("mpegts")
    assert [Container(n).holds_sound for n in ("gif", "apng", "mp4", "matroska")] == [False, False, True, True]


def test_a_copy_has_the_languages_and_roles_of_its_model(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mkv", words=["subrip"], frames=3)
    with av.open(str(path)) as clip, av.open(str(tmp_path / "b.mkv"), "w") as out:
        added = add_copy(out, clip.streams.subtitles[0])
        assert added.metadata["language"] == "fra"
        assert added.disposition == clip.streams.subtitles[0].disposition
